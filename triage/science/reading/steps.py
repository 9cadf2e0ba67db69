"""The first steps of reading: failed calls, reasoning blocks, and where the final answer stands."""

import re
from itertools import pairwise

# What evaluation tools write in place of an answer when the call to the model failed.
_FAILED = re.compile(
    r"^\W*(?:failed to obtain answer(?: via api)?"
    r"|(?:api|request|http|server|connection|rate limit|timeout|internal server)[\w ]{0,20}error\b"
    r"|error code: ?\d{3}|traceback \(most recent call last\)"
    r"|\[?(?:error|exception)\]?:? (?:api|http|request|connection|timeout|rate)"
    r"|failed\b[^.\n]{0,60}\berror\b)",
    re.IGNORECASE,
)
_BLOCKS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel>thought", "<channel|>"),
)
_TAGS = re.compile(
    r"<(answer|final_answer|final)>(?P<inside>.*?)(?:</\1>|$)"
    r"|<\|begin_of_(?:solution|box)\|>(?P<solution>.*?)(?:<\|end_of_(?:solution|box)\|>|$)",
    re.IGNORECASE | re.DOTALL,
)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_TEXT_COMMAND = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mbox|operatorname)\s*\{([^{}]*)\}")
# "the answer is", "Answer:", "final choice:", in English and Chinese; the last one counts.
_ANNOUNCED = re.compile(
    r"(?:\b(?:final |correct |right |best |most suitable |my )*"
    r"(?:answer|choice|option|solution|conclusion)\b"
    r"(?:\s+(?:to|based on|for|from|given|here)\b[^.\n]{0,120}?)?"
    r"\s*[*_]*\s*(?:(?:is|are|should be|would be|must be|will be)\b\s*[*_]*\s*[:：]?|[:：]|=)"
    r"|(?:正确|最终|最后|最佳)*(?:的)?(?:答案|选项|结论)(?:应该|应当|应)?(?:是|为|選|选)?\s*[:：]?(?<!答案)(?<!选项)(?<!结论)"
    r"|(?:故|因此|所以|应|应该|因而)?(?:答案)?(?:选择|选|選)(?:项)?\s*[:：]?)"
    r"[\s*_]*",
    re.IGNORECASE,
)
_LINES = re.compile(r"[^\n]+")
_POINTS = re.compile(
    r"\b(?:answer|correct|best|option|choice|therefore|thus|hence|so|conclusion|will|not|is|are)\b"
    r"|答案|因此|所以",
    re.IGNORECASE,
)
# Lines that open a list of what is looked at, not of what is answered.
_LISTS = re.compile(
    r"^\W*(?:let'?s|here|now|first|options?\b|choices?\b|step|given|question|consider|analy)",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"^\W*(?:therefore|thus|hence|so\b|in conclusion|in summary|overall|finally|based on"
    r"|the correct|the best|the answer|因此|所以|综上|故)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"[*_`#]{1,3}")


def is_failed_call(text: str) -> bool:
    """Whether a tool's note of a failed call stands where the answer should."""
    return len(text) < 2_000 and _FAILED.match(text) is not None


def says_nothing(text: str) -> bool:
    """Whether there is no letter, digit or symbol of meaning in the text ('', '.', '**')."""
    return not any(mark.isalnum() or mark in "+-=<>?!%$√π∞≤≥♥❤" or mark > "\u2190" for mark in text)


def without_reasoning(text: str) -> tuple[str, bool]:
    """The text after its reasoning blocks, and whether the last block was never closed.

    A closing mark without an opening one ends a block that began before the text (templates that
    put the opening mark into the prompt).
    """
    rest, low = text, text.casefold()
    for start, end in _BLOCKS:
        closed = low.rfind(end)
        if closed >= 0:
            rest = rest[closed + len(end) :]
            low = rest.casefold()
        opened = low.find(start)
        if opened >= 0:
            return rest[:opened].strip(), True
    return rest.strip(), False


def boxed(text: str) -> str | None:
    r"""What the last \boxed{…} holds, its own braces balanced; None without one."""
    last = None
    for found in _BOXED.finditer(text):
        depth, at = 1, found.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        last = text[found.end() : at - 1 if not depth else at]
    if last is None:
        return None
    return _TEXT_COMMAND.sub(r"\1", last).replace(r"\%", "%").replace(r"\$", "$").strip("$ \n")


def tagged(text: str) -> str | None:
    """What the last <answer> tag (or its like) holds; None without one."""
    found = list(_TAGS.finditer(text))
    if not found:
        return None
    last = found[-1]
    return str(last["inside"] if last["inside"] is not None else last["solution"]).strip()


def announced(text: str) -> str | None:
    """What follows the last 'the answer is' or its like, to the end; None without one."""
    last = None
    for found in _ANNOUNCED.finditer(text):
        if text[found.end() :].strip(" .。*\n"):
            last = found
    return None if last is None else text[last.end() :].strip()


def concluded(text: str) -> tuple[int, str] | None:
    """The last conclusion of a chain of thought, and where it begins; None without one.

    A line that a colon of the line before points to ('… is:', then '(B) scissors'), or a last
    paragraph that says that it concludes.
    """
    lines = [(found.start(), found[0].strip()) for found in _LINES.finditer(text)]
    lines = [(at, line) for at, line in lines if line]
    if len(lines) > 1 and _CONCLUDES.match(lines[-1][1]) and lines[-1][1][-1] not in ":：":
        return lines[-1]
    for (_, before), (at, line) in reversed(list(pairwise(lines))):
        if before.endswith((":", "：")) and _POINTS.search(before) and not _LISTS.match(before):
            return at, line
    return None


def first_line(text: str) -> str:
    """The first line that says something, without Markdown."""
    for line in text.splitlines():
        plain = _MARKDOWN.sub("", line).strip()
        if plain:
            return plain
    return ""
