"""Case A and case B, planted and by chance."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import fisher_exact

from diagnostics.science.measures import consistency
from tests.diagnostics.science.measures.making import samples_of, value


def run_of(rates: dict[str, tuple[float, float]], size: int = 300, seed: int = 1, **more):
    """Kinds with an error rate in training and one in evaluation."""
    rng = np.random.default_rng(seed)
    credit, template, split = [], [], []
    for name, (train, test) in rates.items():
        for side, rate in (("train", train), ("test", test)):
            credit += (rng.random(size) >= rate).astype(float).tolist()
            template += [name] * size
            split += [side] * size
    return samples_of(credit, {"template": template, "split": split}, **more)


def test_planted_cases_are_called() -> None:
    samples = run_of({"noisy": (0.4, 0.4), "new": (0.02, 0.3), "fine": (0.03, 0.04)})

    result = consistency.compute(samples)

    calls = {row.label: row.badge for row in result.tables[0].rows}
    assert calls == {"noisy": consistency.CASE_A, "new": consistency.CASE_B, "fine": ""}
    assert value(result, "case_a").value + value(result, "case_b").value > 0.9
    assert value(result, "gap").low > 0
    behind = result.tables[0].rows[0].behind
    assert behind is not None
    assert behind.criteria == {"template": ["noisy"]}


def test_without_a_gap_hardly_ever_a_case_b_is_called() -> None:
    false = 0
    for seed in range(60):
        samples = run_of({f"t{n}": (0.1, 0.1) for n in range(8)}, size=60, seed=seed)
        rows = consistency.compute(samples).tables[0].rows
        false += any(row.badge == consistency.CASE_B for row in rows)

    assert false <= 7


def test_other_domains_are_no_evaluation_of_the_same() -> None:
    samples = samples_of([1, 1, 0, 0], {"split": ["train", "test", "ood", "ood"]})

    result = consistency.compute(samples)

    assert value(result, "evaluation_error").count == 1
    assert result.absent == consistency.KINDS


def test_small_kinds_are_left_out() -> None:
    result = consistency.compute(run_of({"big": (0.1, 0.1)}, size=20))
    assert len(result.tables[0].rows) == 1
    result = consistency.compute(run_of({"small": (0.1, 0.1)}, size=19))
    assert result.tables[0].rows == ()


@pytest.mark.parametrize("count", [0, 2])
def test_without_training_samples_nothing_is_compared(count: int) -> None:
    result = consistency.compute(samples_of([1.0] * count, {"split": ["test"] * count}))

    assert result.absent == ("split (with train rows)",)


def test_case_b_is_fishers_exact_test() -> None:
    kinds = [consistency._Kind("k", (3, 60), (errors, 50)) for errors in range(4, 16)]

    for kind in kinds:
        table = [[kind.evaluation[0], 50 - kind.evaluation[0]], [3, 57]]
        expected = fisher_exact(table, alternative="greater").pvalue <= 0.05
        assert (consistency.called([kind]) == [consistency.CASE_B]) == expected


def test_mined_templates_stand_in_for_those_that_the_file_lacks() -> None:
    rates = {"noisy …": (0.4, 0.4), "fine …": (0.03, 0.04)}
    given = run_of(rates)
    groups = dict(given.groups)
    groups["mined_template"] = groups.pop("template")
    samples = replace(given, groups={**groups, "category": groups["split"]})

    (table,) = consistency.compute(samples).tables

    assert table.of == "mined template"
    assert table.rows[0].badge == consistency.CASE_A
    behind = table.rows[0].behind
    assert behind is not None
    assert behind.criteria == {}
    kind = groups["mined_template"]
    found = given.error & (kind.codes == kind.labels.index("noisy …"))
    assert set(behind.positions or ()) <= set(given.position[found].tolist())
    assert len(behind.positions or ()) == min(int(found.sum()), 200)
