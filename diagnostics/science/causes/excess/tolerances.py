"""The gates and tolerances of static claims, in one place, so that a simulation can set them.

Set on seeds 0 to 9 of benchmarks/independent_worlds; its figures are of other seeds.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerances:
    """Shares are of the evaluation's errors (0..1), unless another unit is named.

    A claim needs its share to be above a tolerance at `level`, simultaneously over all tests.
    """

    # One-sided, over all tests of a run together.
    level: float = 0.05
    # Signs: new or badly learnt words, short questions, another domain, attention off the box.
    excess: float = 0.02
    # Errors whose picture has no effect.
    blind: float = 0.02
    # Errors at rare references: share of errors, and its difference of differences in logits.
    rare: float = 0.03
    rare_logits: float = 0.8
    # Train-test gap that is a cause by convention (points, 0..1), and the training error up to
    # which a training counts as fitted to the end.
    gap: float = 0.22
    gap_fitted: float = 0.03
    # Wrong training references among the surer half of training rows (share of those rows).
    noise: float = 0.02
    # Misreadings grow rare with sureness, wrong references do not: of the rate among the surer
    # half, so much must be left among the surest eighth.
    noise_lasting: float = 0.5
    # Training error from which the surer half says nothing of references.
    noise_fitted: float = 0.2
    # Share of question types that must show it.
    noise_types: float = 0.75
    # A text-only answer is as sure as the model's own within this many (tempered) logits.
    match: float = 0.4
    # A question of so few words is cut short.
    short: float = 2.0
    # Distance of the attention's centre from the box's centre, in picture widths or heights.
    off_box: float = 0.12
    # Entropy over its maximum from which attention is flat: it looks nowhere.
    flat: float = 0.95
    # A word is hard in training where its errors are more than so many times what its question
    # types predict, by this one-sided p; and its least training rows.
    hard_word_times: float = 2.0
    hard_word: float = 0.005
    hard_word_rows: int = 4
    # Rows with and without a sign that a stratum needs.
    stratum: int = 5


DEFAULT = Tolerances()
