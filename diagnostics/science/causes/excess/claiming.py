"""From a run's answers to its claims.

The method is that of research/causes.md, section 2. It differs in this:
- Holm's step-down replaces one level of .05/m for all: never fewer claims, the same error rate. The
  limits shown are still those of .05/m on each side, so that they hold together; a claim made at a
  later step can have a lower limit at or just below its tolerance.
- Nearness of two confidences is read in tempered logits (Guo et al. 2017), so that an overconfident
  model does not lose its matches and an underconfident one wins none.
- Of several signs of one cause the largest counts, for every cause (there: for gap, drop and rare
  answers), because their rows overlap.
- A stratum is a template only where that template has enough rows of both kinds; the rest of its
  type stays together.
"""

from collections.abc import Mapping

from diagnostics.science.causes.catalogue import NAMES
from diagnostics.science.causes.excess.answers import Answers
from diagnostics.science.causes.excess.claims import Claim, Claims, Undetermined
from diagnostics.science.causes.excess.gaps import Measured, coverage, domain_drop, train_test
from diagnostics.science.causes.excess.images import matched, without_effect
from diagnostics.science.causes.excess.near_misses import near_misses
from diagnostics.science.causes.excess.noise import wrong_references
from diagnostics.science.causes.excess.signs import signs_of, tested, unsigned
from diagnostics.science.causes.excess.simultaneous import Tested, holm
from diagnostics.science.causes.excess.tolerances import DEFAULT, Tolerances

# What would settle a cause, where a file cannot. Names, not sentences: pages have the words.
PEOPLE, PROBES, EXPERIMENT = "people", "probes", "experiment"
SETTLES: Mapping[str, str] = {
    "noise": PEOPLE,
    "generalisation": EXPERIMENT,
    "semantic": PROBES,
    "spatial": PROBES,
    "missing_modality": PROBES,
    "ambiguity": PEOPLE,
}
# Why a cause stays open.
NOT_IDENTIFIABLE, NOT_BROUGHT, NOT_ABOVE = "not_identifiable", "not_brought", "not_above"


def claims_of(answers: Answers, tolerances: Tolerances = DEFAULT) -> Claims:
    """What the run's file can carry. A run without an evaluation error has no claim."""
    tests, measured = _tests(answers, tolerances)
    adjusted = holm([test.p for test in tests])
    each = tolerances.level / max(len(tests), 1)
    best: dict[str, Claim] = {}
    for test, p in zip(tests, adjusted.tolist(), strict=True):
        held = best.get(test.cause)
        if p < tolerances.level and (held is None or test.share > held.share):
            best[test.cause] = _claim(test, p, each)
    claims = tuple(sorted(best.values(), key=lambda claim: -claim.share))
    return Claims(
        leading=claims[0] if claims else None,
        claims=claims,
        undetermined=_undetermined(set(best), {test.cause for test in tests}),
        gaps=tuple(gap.at(each) for gap in measured),
        near_misses=near_misses(answers),
    )


def _tests(answers: Answers, tolerances: Tolerances) -> tuple[list[Tested], list[Measured]]:
    """Every test that the record allows, and the gaps among them."""
    if not answers.errors:
        return [], []
    found = matched(answers, tolerances)
    signs = signs_of(answers, found, tolerances)
    tests: list[Tested] = []
    measured: list[Measured] = []
    for sign in signs:
        seen = tested(answers, sign, tolerances)
        if seen is not None:
            tests.append(seen[0])
            if sign.source == "other_domain":
                measured.append(domain_drop(seen[1]))
    plain = unsigned(signs, len(answers.samples))
    if found is not None:
        blind = without_effect(answers, found, tolerances)
        tests += [blind] if blind is not None else []
    for gap in (train_test(answers, plain, tolerances), coverage(answers, plain, tolerances)):
        if gap is not None:
            measured.append(gap)
            tests += [gap.test] if gap.test is not None else []
    noise = wrong_references(answers, plain, tolerances)
    return tests + ([noise] if noise is not None else []), measured


def _claim(test: Tested, p: float, level: float) -> Claim:
    low, high = test.limits(level)
    return Claim(test.cause, test.source, test.share, low, high, p, SETTLES[test.cause])


def _undetermined(claimed: set[str], tried: set[str]) -> tuple[Undetermined, ...]:
    found = []
    for cause in NAMES:
        if cause in claimed:
            continue
        why = NOT_ABOVE if cause in tried else NOT_BROUGHT
        why = NOT_IDENTIFIABLE if cause == "ambiguity" else why
        found.append(Undetermined(cause, why, SETTLES[cause]))
    return tuple(found)
