"""How good the run is: accuracy, mean credit and F1 over the answers, by question type."""

import numpy as np

from diagnostics.science.measures.results import Figure, Measure, Result, Row, Table, Value
from diagnostics.science.measures.samples import Bools, Groups, Samples
from diagnostics.science.measures.values import errors_of_evaluation, mean_of, share_of
from triage.science.words import gettext_noop

LEAST = 10
# F1 needs a closed set of answers: at most so many that hold so much of all samples.
MOST_ANSWERS = 100
HELD = 0.8
RESAMPLES = 300
MOST_RESAMPLED = 50_000


def compute(samples: Samples) -> Result:
    """Accuracy and F1 of the evaluated samples, overall and by question type."""
    chosen = samples.evaluated()
    right = chosen & ~samples.error
    figures = [
        Figure(
            "accuracy",
            gettext_noop("Accuracy"),
            share_of(int(right.sum()), int(chosen.sum())),
            behind=errors_of_evaluation(samples),
        ),
    ]
    graded = bool(((samples.credit > 0) & (samples.credit < 1)).any())
    if graded:
        figures.append(
            Figure(
                "credit",
                gettext_noop("Mean credit"),
                mean_of(samples.credit[chosen], "share"),
                gettext_noop("With several reference answers this is VQA soft accuracy."),
            )
        )
    answers, said = samples.group("answer"), samples.group("prediction")
    absent = () if answers is not None else ("answers",)
    closed = answers is not None and said is not None and is_closed(answers, chosen)
    note = ""
    if answers is not None and said is not None and closed:
        macro, weighted = _with_bootstrap(answers, said, chosen)
        figures += [
            Figure("f1_macro", gettext_noop("F1, mean over answers"), macro),
            Figure(
                "f1_weighted",
                gettext_noop("F1, weighted by how often an answer is right"),
                weighted,
            ),
        ]
    elif answers is not None and chosen.any():
        note = gettext_noop("F1 is left out: the answers are no closed set of at most 100.")
    types = samples.group("question_type")
    tables = () if types is None else (_by_type(samples, chosen, types, graded, closed),)
    return Result(tuple(figures), tables, absent=absent, note=note)


def is_closed(answers: Groups, chosen: Bools) -> bool:
    """Whether the hundred commonest reference answers hold four fifths of the samples."""
    counts = np.sort(answers.counts(chosen))[::-1]
    return bool(counts.sum() and counts[:MOST_ANSWERS].sum() >= HELD * counts.sum())


def _pairs(answers: Groups, said: Groups, chosen: Bools) -> tuple[np.ndarray, int]:
    """Reference and prediction of each sample as one number: reference · (k + 1) + prediction.

    Predictions are told by the reference answers' numbers; k is any other.
    """
    number = {label: code for code, label in enumerate(answers.labels)}
    size = len(answers.labels)
    table = np.array([number.get(label, size) for label in said.labels] + [size], dtype=np.int64)
    here = chosen & (answers.codes >= 0)
    return answers.codes[here].astype(np.int64) * (size + 1) + table[said.codes[here]], size


def _both(pairs: np.ndarray, size: int) -> tuple[float, float]:
    """Macro and weighted F1 of pairs."""
    reference, predicted = pairs // (size + 1), pairs % (size + 1)
    support = np.bincount(reference, minlength=size).astype(float)
    guessed = np.bincount(predicted, minlength=size + 1)[:size]
    hits = np.bincount(reference[reference == predicted], minlength=size)
    total = support + guessed
    scores = np.divide(2.0 * hits, total, out=np.zeros(size), where=total > 0)
    used = support > 0
    return float(scores[used].mean()), float((scores * support).sum() / support.sum())


def _with_bootstrap(answers: Groups, said: Groups, chosen: Bools) -> tuple[Value, Value]:
    """Both F1 with a percentile bootstrap over samples."""
    pairs, size = _pairs(answers, said, chosen)
    found = _both(pairs, size)
    rng = np.random.default_rng(0)
    drawn = pairs[rng.permutation(len(pairs))[:MOST_RESAMPLED]]
    made = np.array(
        [_both(drawn[rng.integers(0, len(drawn), len(drawn))], size) for _ in range(RESAMPLES)]
    )
    spread = (made - made.mean(axis=0)) * (len(drawn) / len(pairs)) ** 0.5
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    macro, weighted = (
        Value(
            value,
            "number",
            max(value + float(low[n]), 0.0),
            min(value + float(high[n]), 1.0),
            len(pairs),
            gettext_noop("bootstrap"),
        )
        for n, value in enumerate(found)
    )
    return macro, weighted


def _by_type(samples: Samples, chosen: Bools, types: Groups, graded: bool, closed: bool) -> Table:
    rows = []
    for code, label in enumerate(types.labels):
        here = chosen & (types.codes == code)
        if here.sum() < LEAST:
            continue
        values = [share_of(int((here & ~samples.error).sum()), int(here.sum()))]
        if graded:
            values.append(mean_of(samples.credit[here], "share"))
        if closed:
            macro, weighted = _with_bootstrap(
                samples.groups["answer"], samples.groups["prediction"], here
            )
            values += [macro, weighted]
        behind = errors_of_evaluation(samples, question_type=[label])
        rows.append(Row(label, tuple(values), behind=behind))
    rows.sort(key=lambda row: row.values[0].value or 0.0)
    columns = [gettext_noop("accuracy"), *([gettext_noop("mean credit")] if graded else [])]
    columns += (
        [gettext_noop("F1, mean over answers"), gettext_noop("F1, weighted")] if closed else []
    )
    return Table(
        "by_type",
        gettext_noop("By question type"),
        gettext_noop("Question type"),
        tuple(columns),
        tuple(rows),
    )


MEASURE = Measure(
    "accuracy",
    gettext_noop("Accuracy and F1"),
    gettext_noop("How good is the run, type by type?"),
    compute,
)
