"""What a model wrote is read as what it answered, and what cannot be read is not guessed."""

import pytest

from triage.science.reading.choices import option_of_reference
from triage.science.reading.reading import STATES, STEPS, read

LETTER_C = [
    "C", "c", "C.", "(C)", "**C**", "C。", "（C）", "Option C", "C) a boat", "C. a boat", "C: a boat",
    "The answer is C", "The correct answer is (C).", "Answer: **C**", "Final answer: C",
    "\\boxed{C}", "We conclude $\\boxed{\\text{C}}$.", "<answer>C</answer>", "答案：C", "答案是C。",
    "因此选C", "I believe it is C", "It must be C.", "I would choose C because A is dry.",
    "<think>Perhaps A. Or B?</think>C", "A first guess was B.</think>\n\nC",
    "Option A is a car. Option B is a horse. So the final answer is (C)",
    "The correct answer is:\n\nC. a boat\n\nBoats float, cars (A) do not.",
    "The best answer to the question “What floats?” is:\nC",
]  # fmt: skip
THINGS = ("a car", "a horse", "a boat")


@pytest.mark.parametrize("written", LETTER_C)
@pytest.mark.parametrize("options", [(), THINGS])
def test_a_letter_is_read_however_it_is_written(written: str, options: tuple[str, ...]) -> None:
    found = read(written, "choice", options)
    assert (found.answer, found.state) == ("C", "answered")
    assert found.option == (2 if options else None)


@pytest.mark.parametrize(
    "written", ["a boat", "It is a boat.", "The answer is a boat", "BOAT", "A boat"]
)
def test_the_words_of_an_option_are_that_option(written: str) -> None:
    assert read(written, "choice", ("car", "horse", "boat")).option == 2


def test_the_longer_option_is_meant_where_one_stands_inside_another() -> None:
    options = ("red", "dark red", "blue")
    assert read("It looks dark red to me", "choice", options).option == 1
    assert read("red", "choice", options).option == 0


@pytest.mark.parametrize(
    "written",
    ["A car and a boat", "I cannot see it", "A. a car\nB. a horse\nC. a boat", "None of these"],
)
def test_what_names_no_option_or_several_is_not_readable(written: str) -> None:
    found = read(written, "choice", THINGS)
    assert (found.state, found.option) == ("not_readable", None)


def test_the_article_and_the_pronoun_are_no_letters() -> None:
    for written in ("A dog runs there", "I see nothing at all"):
        assert read(written, "choice", ("cat", "bird")).option is None


@pytest.mark.parametrize("written", ["", "  \n", ".", "**", "…"])
def test_nothing_written_is_no_answer(written: str) -> None:
    assert read(written).state == "no_answer"


def test_a_failed_call_is_no_answer_of_the_model() -> None:
    assert read("Failed to obtain answer via API.").state == "failed_call"
    assert read("Error code: 429 - rate limit").state == "failed_call"
    assert read("The error is in the API of the house").state == "answered"


def test_reasoning_that_never_ends_is_not_an_answer() -> None:
    found = read("<think>First I look at", "choice", THINGS)
    assert found.state == "not_readable"
    assert [step.name for step in found.steps][-1] == "unfinished"


@pytest.mark.parametrize(
    ("written", "said"),
    [("Yes, they are.", "yes"), ("No.", "no"), ("1", "yes"), ("0", "no"), ("True", "yes"),
     ("The answer is no, since yes would need two.", "no"), ("是", "yes"), ("不是", "no")],
)  # fmt: skip
def test_yes_and_no_are_read_in_words_digits_and_chinese(written: str, said: str) -> None:
    assert read(written, "yes_no").answer == said


def test_neither_yes_nor_no_is_not_readable() -> None:
    assert read("Hard to say", "yes_no").state == "not_readable"


@pytest.mark.parametrize(
    ("written", "number"),
    [("42", "42"), ("There are 3 apples and 4 pears, so the answer is 7.", "7"), ("$5", "$5"),
     ("In total: 12", "12"), ("\\boxed{-3.5}", "-3.5"), ("First 2, then 9", "9")],
)  # fmt: skip
def test_the_number_that_is_meant_is_read(written: str, number: str) -> None:
    assert read(written, "number").answer.rstrip(".") == number


def test_each_step_and_state_has_words() -> None:
    found = read("<think>x</think>The answer is: <answer>C</answer>", "choice", THINGS)
    assert [step.name for step in found.steps] == ["reasoning", "tag", "option"]
    assert {step.name for step in found.steps} <= set(STEPS)
    assert found.state in STATES


def test_a_reference_is_an_option_by_letter_text_or_number() -> None:
    for reference, base in (("B", 0), ("a horse", 0), ("1", 0), ("2", 1), ("(B)", 0)):
        assert option_of_reference(reference, THINGS, base) == 1
    assert option_of_reference("7", THINGS) is None
    # Options that are letters themselves: a letter is a place.
    assert option_of_reference("D", ("B", "C", "D", "A")) == 3
