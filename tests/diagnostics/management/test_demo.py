"""The demonstration says how far it is in a line a stage, and no more."""

from diagnostics.management.commands.demo import STAGES, Stages


def told(rewrites: bool) -> list[str]:
    """What was written, line by line as a terminal or a file would show it."""
    written: list[str] = []
    stages = Stages(lambda text, ending="\n": written.append(text + ending), rewrites)
    for number in range(101):
        stages(number / 100, f"step {number // 3}")
    lines = "".join(written).split("\n")
    return [line.rsplit("\r", 1)[-1].rstrip() for line in lines if line]


def test_each_stage_ends_in_one_line_with_or_without_a_terminal() -> None:
    for rewrites in (True, False):
        lines = told(rewrites)
        assert len(lines) == len(STAGES)
        for line, (upto, words) in zip(lines, STAGES, strict=True):
            assert line.startswith(f"{100 * upto:3.0f} %  {words}, ")


def test_a_second_run_with_nothing_to_make_ends_all_stages_at_once() -> None:
    written: list[str] = []
    stages = Stages(lambda text, ending="\n": written.append(text), False)
    stages(0.96, "Drawing audits")
    stages(1.0, "Ready")
    assert len(written) == len(STAGES)
