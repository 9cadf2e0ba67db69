"""Which column of a file holds which field of the record: proposed, then changed by a person."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from triage.science.words import Refused
from triage.science.words import gettext_noop as _

# Names that files in the wild use, best first. A field's own name comes before all of them.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "sample_id": (
        "id", "uid", "question_id", "questionid", "qid", "index", "idx", "doc_id", "pid",
        "annot_id", "sampleid", "item_id", "custom_id",
    ),
    "image": (
        "image_path", "image_file", "img", "img_path", "img_fn", "file_name", "filename",
        "image_name", "filepath", "image_url",
    ),
    "question": ("text", "prompt", "query", "caption", "sentence", "input", "full_question"),
    "images": ("image_paths", "image_files", "image_list", "pictures"),
    "options": ("choices", "candidates_text", "answer_choices", "multiple_choices", "alternatives"),
    "group": ("group_id", "g_index"),
    "model": ("model_id", "model_name", "llm", "vlm"),
    "context": ("hint", "passage", "lecture"),
    "answers": (
        "answer", "reference", "references", "gold", "gold_answer", "gt", "ground_truth", "target",
        "targets", "label", "labels", "multiple_choice_answer", "clean_label", "truth",
        "true_label", "correct_answer", "gt_answer", "expected", "ideal", "y_true",
        "given_label", "given_name",
    ),
    "prediction": (
        "pred", "predicted", "predicted_answer", "response", "output", "model_answer",
        "model_output", "filtered_resps", "raw_output", "completion", "generated_text",
        "model_response", "generated", "resps",
    ),
    "confidence": ("probability", "prob", "score_prediction"),
    "correct": (
        "hit", "is_correct", "true_false", "accuracy", "exact_match", "eval_match", "eval_score",
        "judge", "judgement", "verdict", "score", "acc", "passed", "success",
    ),
    "split": ("subset", "partition"),
    "question_type": ("qtype", "type", "task", "skill"),
    "category": ("topic", "class", "l2-category"),
    "difficulty": ("level", "grade"),
    "boxes": ("bbox", "bboxes", "box"),
    "loss": ("losses", "train_loss"),
}  # fmt: skip


class MappingError(Refused):
    """A mapping that names what is not there."""


@dataclass(frozen=True)
class ColumnMapping:
    """Field of the record → the columns it is made of (several are joined with '-')."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def columns_of(self, name: str) -> tuple[str, ...]:
        """The columns that make up field `name`; empty when it is not mapped."""
        return self.columns.get(name, ())

    def used(self, *, alone: bool = False) -> frozenset[str]:
        """Every column that some field is made of; with `alone`, made of nothing else."""
        return frozenset(
            column
            for columns in self.columns.values()
            for column in columns
            if len(columns) == 1 or not alone
        )

    def constant(self, name: str) -> str | None:
        """The text that every row gets for field `name`, where one is given in quotes."""
        columns = self.columns_of(name)
        return columns[0][1:-1] if len(columns) == 1 and is_constant(columns[0]) else None

    def to_dict(self) -> dict[str, list[str]]:
        """For storing with the run."""
        return {name: list(columns) for name, columns in self.columns.items()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Iterable[str]]) -> "ColumnMapping":
        """The inverse of `to_dict`."""
        return cls({name: tuple(columns) for name, columns in stored.items() if columns})


def is_constant(part: str) -> bool:
    """Whether a part of a mapping is text in quotes rather than a column's name."""
    return len(part) > 2 and part[0] == part[-1] == '"'


def propose(columns: Sequence[str], fields: Sequence[str]) -> ColumnMapping:
    """The likeliest mapping of `columns` (paths among them) to `fields`; none is used twice."""
    free = dict.fromkeys(columns)
    chosen: dict[str, tuple[str, ...]] = {}
    for lowered in (_by_name(columns), _by_last_name(columns)):
        for exact in (True, False):
            for name in fields:
                names = (name,) if exact else SYNONYMS.get(name, ())
                match = next((lowered[n] for n in names if lowered.get(n) in free), None)
                if name not in chosen and match is not None:
                    chosen[name] = (match,)
                    del free[match]
    for name in ("prediction", "answers"):
        prefixes = ("pred",) if name == "prediction" else ("answer", "label", "gold", "gt_")
        match = next((c for c in free if _begins(c, prefixes)), None)
        if name not in chosen and match is not None:
            chosen[name] = (match,)
            del free[match]
    letters = lettered_columns(columns)
    if "options" not in chosen and letters:
        chosen["options"] = tuple(letters)
    return ColumnMapping(chosen)


def lettered_columns(columns: Sequence[str]) -> list[str]:
    """Columns A, B, C … in this order, as benchmarks keep the options of a question."""
    held = set(columns)
    count = next((n for n, letter in enumerate(_LETTERS) if letter not in held), len(_LETTERS))
    return list(_LETTERS[:count]) if count > 1 else []


_LETTERS = "ABCDEFGHIJKL"
# Endings of names that are keys, numbers or times and no answer of anybody.
_NO_ANSWERS = ("_id", "_ids", "_index", "_type", "_source", "_sources", "_iter", "_time", "_hash")


def _begins(column: str, prefixes: tuple[str, ...]) -> bool:
    low = column.lower()
    return low.startswith(prefixes) and not low.endswith(_NO_ANSWERS) and "." not in low


def _by_name(columns: Sequence[str]) -> dict[str, str]:
    return {column.strip().lower().replace(" ", "_"): column for column in reversed(columns)}


def _by_last_name(columns: Sequence[str]) -> dict[str, str]:
    """Fields inside fields by their own name: 'question' of 'doc.question'."""
    inner = [each for each in columns if "." in each and each.count(".") <= _DEEPEST_PROPOSED]
    return {column.rsplit(".", 1)[1].lower(): column for column in reversed(inner)}


_DEEPEST_PROPOSED = 2


def parse_assignments(
    assignments: Iterable[str], columns: Sequence[str], fields: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """`field=column[+column]` → {field: columns}; an empty right side un-maps the field.

    Text in double quotes (`question="Which animal is this?"`) is the same in every row.

    Raises MappingError naming the unknown field or column and the nearest known ones.
    """
    found: dict[str, tuple[str, ...]] = {}
    for assignment in assignments:
        name, equals, right = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise MappingError(
                _("'{text}' should read field=column or field=column+column"), text=assignment
            )
        if name not in fields:
            raise MappingError(
                _("'{name}' is not a field of the record{nearest}"),
                name=name,
                nearest=_nearest(name, fields),
            )
        # A column whose own name holds a '+' is taken whole.
        whole = right.strip()
        taken_whole = whole in columns or is_constant(whole)
        parts = (whole,) if taken_whole else tuple(p.strip() for p in whole.split("+") if p)
        for part in parts:
            if part not in columns and not is_constant(part) and not _inside(part, columns):
                raise MappingError(
                    _("the file has no column '{name}'{nearest}"),
                    name=part,
                    nearest=_nearest(part, columns),
                )
        found[name] = parts
    return found


def merged(proposed: ColumnMapping, changes: Mapping[str, tuple[str, ...]]) -> ColumnMapping:
    """`proposed` with a person's changes; a column they claim leaves the field it was given to."""
    claimed = {columns[0] for columns in changes.values() if len(columns) == 1}
    kept = {
        name: columns
        for name, columns in proposed.columns.items()
        if name not in changes and not claimed.intersection(columns)
    }
    return ColumnMapping({**kept, **{name: cols for name, cols in changes.items() if cols}})


def _inside(path: str, columns: Sequence[str]) -> bool:
    """Whether a path begins with a column, so that something may lie there in some row."""
    return any(path.startswith((f"{column}.", f"{column}[")) for column in columns)


def _nearest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    if close:
        return f" (did you mean {', '.join(close)}?)"
    return f" (known: {', '.join(known)})" if len(known) <= 30 else ""
