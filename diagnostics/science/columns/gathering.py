"""From a run's files to the columns that every measure reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from diagnostics.science.columns.gathering_influence import influence_numbers
from diagnostics.science.columns.metadata import metadata_groups
from diagnostics.science.columns.novelty import question_novelty
from diagnostics.science.columns.question_vectors import question_vectors
from diagnostics.science.columns.region_words import region_word_numbers
from diagnostics.science.columns.template_mining import mined_templates
from diagnostics.science.columns.token_attention import divergences
from diagnostics.science.measures.samples import Floats, Groups, Samples, Vectors
from triage.science.analysis.features import of_record
from triage.science.progress import Progress
from triage.science.record.candidate_lists import candidate_lists, probability_of
from triage.science.record.records import BY_NAME
from triage.science.record.scoring import RULES, normalise, score
from triage.science.store.store import RunFolder
from triage.science.words import gettext_noop

GROUPED = ("split", "question_type", "category", "difficulty", "template", "domain")
MODALITIES = ("image_only", "text_only")
# Embeddings are compared over a seeded draw of at most this many samples.
MOST_VECTORS = 20_000
# A reference answer's disagreement is read from the counts of its commonest answers.
MOST_ANSWERS = 10
_LIGHT = ["position", "credit", "is_error", *GROUPED, "question", "answers", "prediction", "meta"]
_MEASURED = [
    "confidence", "candidates", "answers", "image_only", "text_only", "attention", "boxes",
    "predicted_box", "token_attention", "loss", "image", "prediction",
]  # fmt: skip
ImageSize = Callable[[str], tuple[int, int] | None]


@dataclass(frozen=True)
class Sources:
    """Where a run's columns lie: its folder, its scoring rule, the clustering to read, if any."""

    folder: RunFolder
    rule: str
    clustering: str | None = None


def gather(
    sources: Sources,
    *,
    image_size: ImageSize,
    seed: int = 0,
    progress: Progress = lambda share, step: None,
) -> Samples:
    """The whole run as columns. Grids and lists are read part by part and never held at once."""
    folder = sources.folder
    progress(0.0, gettext_noop("Reading samples"))
    light = pa.concat_tables(folder.read_samples(_LIGHT))
    count = light.num_rows
    progress(0.2, gettext_noop("Measuring samples"))
    numbers = _numbers(sources, image_size, light, count)
    groups = _groups(light) | metadata_groups(light["meta"])
    groups |= _clusters(sources, light["position"])
    groups |= _mined(light["question"], groups, seed)
    numbers |= _train_frequency(groups)
    numbers["question_novelty"] = question_novelty(light["question"], light["split"])
    numbers["question_words"] = _floats(pc.count_substring_regex(light["question"], r"\w+"))
    numbers |= _stored_features(folder, light["position"], numbers)
    numbers |= region_word_numbers(folder, count, seed)
    progress(0.8, gettext_noop("Reading embeddings"))
    image, text, state = _embeddings(folder, count, seed)
    if text is None:
        text = question_vectors(light["question"], _drawn(count, seed))
    samples = Samples(
        position=light["position"].to_numpy().astype(np.int64),
        credit=light["credit"].to_numpy().astype(np.float64),
        error=np.asarray(light["is_error"].to_numpy(), dtype=bool),
        groups=groups,
        numbers=numbers,
        losses=_losses(folder),
        reference_counts=_reference_counts(light["answers"]),
        image_vectors=image,
        text_vectors=text,
        state_vectors=state,
    )
    progress(0.9, gettext_noop("Measuring influence"))
    return replace(samples, numbers={**numbers, **influence_numbers(samples, seed)})


def _numbers(
    sources: Sources, image_size: ImageSize, light: pa.Table, count: int
) -> dict[str, Floats]:
    """Every number of the record (n each, NaN where absent), part by part."""
    columns: dict[str, list[Floats]] = {}
    # A picture is asked about more than once; its header is read once.
    seen: dict[str, tuple[int, int] | None] = {}
    for part in sources.folder.read_samples(_MEASURED):
        paths = pc.if_else(_in_pixels(part), part["image"], None).to_pylist()
        for path in set(paths) - seen.keys() - {None}:
            seen[path] = image_size(path)
        found = of_record(part, [None if path is None else seen[path] for path in paths])
        found["confidence"] = _floats(part["confidence"])
        found["token_attention_divergence"] = divergences(part["token_attention"])
        found["reference_probability"] = reference_probability(part)
        for name in MODALITIES:
            found[f"{name}_credit"] = _modality_credit(part, name, sources.rule)
            found[f"{name}_same"] = _same_answer(part, name)
        for name, values in found.items():
            columns.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def _in_pixels(part: pa.Table) -> pa.Array:
    """Which samples (n) have a box with an edge beyond 1: only those ask for the picture's size."""
    beyond = np.zeros(part.num_rows, dtype=bool)
    if not part.num_rows:
        return pa.array(beyond)
    boxes, predicted = (part[name].combine_chunks() for name in ("boxes", "predicted_box"))
    each = pc.list_flatten(boxes)
    large = _floats(pc.list_flatten(each)) > 1
    owner = _parents(boxes)[_parents(each)[large]]
    beyond[owner] = True
    beyond[_parents(predicted)[_floats(pc.list_flatten(predicted)) > 1]] = True
    # Without a true box there is nothing to hold a predicted one against.
    return pc.and_(pa.array(beyond), boxes.is_valid())


def _parents(lists: pa.Array) -> np.ndarray:
    """Which list each element is from."""
    return np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False))


def _modality_credit(part: pa.Table, name: str, rule: str) -> Floats:
    """Credit (n) of the answer that one modality alone gave, by the run's rule.

    A run whose rule is 'given' says nothing of these answers: they are held to the references.
    """
    said = pc.struct_field(part[name], "prediction")
    known = pc.and_(said.is_valid(), part["answers"].is_valid())
    credits = np.full(part.num_rows, np.nan)
    rows = pa.table({"prediction": said, "answers": part["answers"]}).filter(known)
    if not rows.num_rows:
        return credits
    chosen = rule if RULES[rule].credit is not None else "exact"
    credits[known.to_numpy()] = score(rows, chosen)
    return credits


def reference_probability(part: pa.Table) -> Floats:
    """What the model gave to the reference answers together (n); 0 where it lists none of them."""
    return probability_of(candidate_lists(part["candidates"]), part["answers"])


def _same_answer(part: pa.Table, name: str) -> Floats:
    """1 where one modality alone gave the model's own answer (n), 0 where another, NaN unknown."""
    alone = pc.struct_field(part[name], "prediction")
    both = pa.chunked_array([*alone.chunks, *part["prediction"].chunks], pa.string())
    codes = group_of(both, normalise).codes
    first, second = codes[: part.num_rows], codes[part.num_rows :]
    return np.where(first >= 0, (first == second).astype(np.float64), np.nan)


def _groups(light: pa.Table) -> dict[str, Groups]:
    """The record's columns of names, and the first reference answer and prediction, normalised."""
    groups = {name: group_of(light[name]) for name in GROUPED}
    first = pc.list_element(_with_one(light["answers"]), 0)
    groups["answer"] = group_of(first, normalise)
    groups["prediction"] = group_of(light["prediction"], normalise)
    return {name: group for name, group in groups.items() if (group.codes >= 0).any()}


def _with_one(answers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Empty lists as null, so that a first element can be asked for."""
    empty = pc.equal(pc.list_value_length(answers), 0)
    return pc.if_else(pc.fill_null(empty, True), pa.scalar(None, answers.type), answers)


def group_of(column: pa.ChunkedArray, form: Callable[[str], str] | None = None) -> Groups:
    """A column of texts as codes; `form` gives each distinct text its normal form."""
    coded = pa.chunked_array(column).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        return Groups(np.zeros(0, dtype=np.int32), ())
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    texts = coded.dictionary.to_pylist()
    if form is None:
        return Groups(codes, tuple(texts))
    forms: dict[str, int] = {}
    table = np.array([forms.setdefault(form(text), len(forms)) for text in texts], dtype=np.int32)
    return Groups(np.where(codes >= 0, table[codes], -1) if len(table) else codes, tuple(forms))


def _mined(
    questions: pa.ChunkedArray, groups: Mapping[str, Groups], seed: int
) -> dict[str, Groups]:
    """Templates read off the questions, where the file names none."""
    found = None if "template" in groups else mined_templates(questions, seed)
    return {} if found is None else {"mined_template": found}


def _clusters(sources: Sources, position: pa.ChunkedArray) -> dict[str, Groups]:
    """The cluster of each error sample; unclustered ones and right answers have none."""
    if sources.clustering is None:
        return {}
    path = ("clusterings", f"{sources.clustering}.parquet")
    table = sources.folder.read_table(*path, columns=["position", "cluster"])
    place = pc.index_in(position, value_set=table["position"].combine_chunks())
    found = pc.fill_null(pc.take(table["cluster"], place), -1).to_numpy().astype(np.int32)
    return {"cluster": Groups(found, tuple(str(n) for n in range(int(found.max(initial=-1)) + 1)))}


def _train_frequency(groups: Mapping[str, Groups]) -> dict[str, Floats]:
    """How many training samples share each sample's template; NaN without training samples."""
    template, split = groups.get("template", groups.get("mined_template")), groups.get("split")
    if template is None:
        return {}
    found = np.full(len(template.codes), np.nan)
    if split is not None and "train" in split.labels:
        counts = template.counts(split.codes == split.labels.index("train"))
        found = np.where(template.codes >= 0, counts[template.codes], np.nan)
    return {"train_freq_of_template": found}


def _stored_features(
    folder: RunFolder, position: pa.ChunkedArray, known: Mapping[str, Floats]
) -> dict[str, Floats]:
    """What the analysis measured on error samples alone: distances, similarity."""
    if not folder.has("features.parquet"):
        return {}
    table = folder.read_table("features.parquet")
    place = pc.index_in(position, value_set=table["position"].combine_chunks())
    more = [n for n in table.column_names if n not in known and n not in ("position", "sample_id")]
    return {name: _floats(pc.take(table[name], place)) for name in more}


def _drawn(count: int, seed: int) -> np.ndarray:
    """Rows of the samples whose embeddings are compared, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:MOST_VECTORS])


def _embeddings(
    folder: RunFolder, count: int, seed: int
) -> tuple[Vectors | None, Vectors | None, Vectors | None]:
    """A seeded draw of the embeddings and of the hidden states that the file brought."""
    chosen = _drawn(count, seed)
    named = ("image_embedding", "text_embedding", "hidden_state")
    present = folder.sample_columns()
    names = [name for name in named if name in present]
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in named}
    first = 0
    for part in folder.read_samples(names):
        here = chosen[(chosen >= first) & (chosen < first + part.num_rows)]
        drawn = part.take(pa.array(here - first))
        for name in names:
            known = drawn[name].is_valid().to_numpy()
            flat = drawn[name].drop_null().combine_chunks().flatten().to_numpy()
            if known.any():
                parts[name].append((here[known], flat.reshape(int(known.sum()), -1)))
        first += part.num_rows
    image, text, state = (_vectors(parts[name]) for name in named)
    if image is None or text is None or image.values.shape[1] != text.values.shape[1]:
        return image, text, state
    return replace(image, one_space=True), replace(text, one_space=True), state


def _vectors(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Vectors | None:
    if not parts or len({values.shape[1] for _, values in parts}) > 1:
        return None
    rows = np.concatenate([rows for rows, _ in parts])
    return Vectors(rows, np.concatenate([values for _, values in parts]).astype(np.float32))


def _losses(folder: RunFolder) -> Floats | None:
    """Loss of every sample at every epoch: (n, epochs), NaN where not recorded."""
    parts = [part["loss"] for part in folder.read_samples(["loss"])]
    column = pa.chunked_array([c for p in parts for c in p.chunks], BY_NAME["loss"].arrow)
    counts = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    epochs = int(counts.max(initial=0))
    if not epochs:
        return None
    losses = np.full((len(counts), epochs), np.nan)
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    losses[owner, np.arange(len(owner)) - first] = _floats(pc.list_flatten(column))
    return losses


def _reference_counts(answers: pa.ChunkedArray) -> Floats | None:
    """How many people gave the commonest, second … answer: (n, k); None with one answer each."""
    counts = pc.fill_null(pc.list_value_length(answers), 0).to_numpy().astype(np.int64)
    if counts.max(initial=0) < 2:
        return None
    codes = group_of(pc.list_flatten(answers), normalise).codes.astype(np.int64)
    owner = np.repeat(np.arange(len(counts)), counts)
    span = int(codes.max(initial=0)) + 1
    pairs, given = np.unique(owner * span + codes, return_counts=True)
    who = pairs // span
    order = np.lexsort((-given, who))
    who, given = who[order], given[order]
    place = np.arange(len(who)) - np.searchsorted(who, who)
    kept = place < MOST_ANSWERS
    table = np.zeros((len(counts), MOST_ANSWERS))
    table[who[kept], place[kept]] = given[kept]
    return table


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)
