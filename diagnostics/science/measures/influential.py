"""The training samples that harm most, and those that only themselves explain, by influence.

Both numbers are in nats and come from a small head on the hidden states or embeddings
(diagnostics.influence): what training again without the sample would change.
"""

import numpy as np

from diagnostics.science.measures.results import Behind, Figure, Row, Table, Value
from diagnostics.science.measures.samples import Floats, Samples
from diagnostics.science.measures.values import named
from triage.science.words import gettext_noop as _

MOST_ROWS = 20
# The worst hundredth: what a team can look through.
WORST = 0.01
ALSO_ITSELF = _("strong on itself too")


def figures_of(samples: Samples) -> tuple[Figure, ...]:
    """How much of all harm to the errors, and of all self-influence, the worst hundredth holds."""
    figures = []
    for column, name, words, note in (
        (
            "influence_on_errors",
            "harm_of_worst",
            _("Share of all harm to the errors that the worst hundredth of training samples does"),
            _("Harm: how much higher the errors’ loss is because the sample is in training."),
        ),
        (
            "self_influence",
            "self_influence_of_worst",
            _("Share of all influence on themselves that the strongest hundredth holds"),
            _(
                "Influence on itself: how much its own loss would rise if training went without "
                "it, as "

            "that of a wrong answer does, which nothing else supports."),
        ),
    ):  # fmt: skip
        found = samples.number(column)
        if found is not None:
            figures.append(_of_worst(samples, name, words, note, found))
    return tuple(figures)


def tables_of(samples: Samples) -> tuple[Table, ...]:
    """The twenty training samples that harm the errors most, worst first, one by one."""
    harm, itself = samples.number("influence_on_errors"), samples.number("self_influence")
    if harm is None or itself is None:
        return ()
    rows = np.argsort(-np.nan_to_num(harm, nan=-np.inf), kind="stable")[:MOST_ROWS]
    rows = rows[np.nan_to_num(harm[rows]) > 0]
    strong = float(np.nanquantile(itself, 1 - WORST))
    answer = samples.group("answer")
    listed = tuple(
        Row(
            answer.labels[answer.codes[row]] if answer is not None else str(samples.position[row]),
            (Value(float(harm[row]), "number"), Value(float(itself[row]), "number")),
            ALSO_ITSELF if itself[row] >= strong else "",
            Behind(positions=(int(samples.position[row]),)),
        )
        for row in rows
    )
    return (
        Table(
            "worst_training",
            _("Training samples that harm the errors most"),
            _("Reference answer"),
            (_("loss added to the errors"), _("influence on itself")),
            listed,
            _(
                "What training again without the sample would change, foretold by a small head "
                "on the "
                "model’s hidden states or embeddings, of a draw of training samples."
            ),
        ),
    )


def absent_fields(samples: Samples) -> tuple[str, ...]:
    """What the record would need for influence to be known."""
    if samples.number("self_influence") is not None:
        return ()
    if samples.image_vectors is None and samples.state_vectors is None:
        return (_("hidden_state or image_embedding"),)
    return (_("split (with train rows)"),)


def _of_worst(samples: Samples, name: str, words: str, note: str, found: Floats) -> Figure:
    """What the worst hundredth, at least one, holds of all that is above 0."""
    order = np.argsort(-np.nan_to_num(found, nan=-np.inf), kind="stable")
    count = int(np.isfinite(found).sum())
    worst = order[: max(1, round(WORST * count))]
    worst = worst[found[worst] > 0]
    total = float(np.maximum(np.nan_to_num(found), 0.0).sum())
    share = float(found[worst].sum()) / total if total else None
    value = Value(share, "share", count=count, how="" if total else _("none is above zero"))
    behind = named(samples.position, np.isin(np.arange(len(found)), worst), found)
    return Figure(name, words, value, note, behind)
