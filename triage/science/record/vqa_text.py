"""VQA soft accuracy and its normalisation, as the official evaluation has them.

Antol et al. 2015: for each of the n answers, min(1, matches among the other n − 1 / 3), averaged.
With ten answers and k matches: 0, 0.3, 0.6, 0.9, 1. The normalisation (punctuation, articles,
number words, contractions) is always applied, as lmms-eval, VLMEvalKit and LLaVA do; the official
code skips it when all ten answers are the same, which calls "COPENHAGEN" wrong.
"""

import re
from collections.abc import Sequence

_NUMBERS = {
    name: str(value)
    for value, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
} | {"none": "0"}
_ARTICLES = {"a", "an", "the"}
_CONTRACTIONS = {
    each.replace("'", ""): each
    for each in (
        "aren't can't couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't "
        "he'd've he's how'd how'll how's I'm I've isn't it'd've it'll ma'am mightn't mightn't've "
        "might've mustn't must've needn't o'clock oughtn't shan't she'd've should've shouldn't "
        "somebody's someone's something's that'd that's there'd there're there's they'd "
        "they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're "
        "what's what've when's where'd where's where've who'd who'd've who'll who's who've why'll "
        "why're why's won't would've wouldn't wouldn't've y'all y'all'll you'd you'd've you'll "
        "you're you've"
    ).split()
}
# Spelled words that would be lost to a contraction ("shed", "well", "its") are left alone.
_PUNCTUATION = r';/[]"{}()=+\_-><@`,?!'
_PERIOD = re.compile(r"(?!<=\d)(\.)(?!\d)")
_DIGIT_COMMA = re.compile(r"(\d)(,)(\d)")


def normalise(answer: str) -> str:
    """The official VQA normalisation of an answer."""
    text = answer.replace("\n", " ").replace("\t", " ").strip()
    digit_comma = _DIGIT_COMMA.search(text) is not None
    stripped = text
    for mark in _PUNCTUATION:
        if mark in text:
            delete = f"{mark} " in text or f" {mark}" in text or digit_comma
            stripped = stripped.replace(mark, "" if delete else " ")
    stripped = _PERIOD.sub("", stripped)
    words = [_NUMBERS.get(word, word) for word in stripped.lower().split()]
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)


def vqa_credit(prediction: str, answers: Sequence[str]) -> float:
    """VQA soft accuracy; a single reference counts as unanimous."""
    wanted = normalise(prediction)
    found = [normalise(answer) for answer in answers]
    if len(found) == 1:
        return float(found[0] == wanted)
    matches = sum(answer == wanted for answer in found)
    return sum(min(1.0, (matches - (answer == wanted)) / 3) for answer in found) / len(found)
