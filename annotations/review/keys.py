"""The keys that judge: what each does, which one it is, and a person's own in place of it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotations.models import Audit, ReviewKeys, VerdictKind

# Digits choose verdicts and candidates by their place; ? opens the list of shortcuts.
FIXED = frozenset("123456?")
# Keys with a name that may be chosen, and the sign they are shown by.
NAMED = {
    "Backspace": "⌫",
    "Delete": "Del",
    "Insert": "Ins",
    "Home": "Home",
    "End": "End",
    "PageUp": "PgUp",
    "PageDown": "PgDn",
}


@dataclass(frozen=True)
class Action:
    """Something a key does: the key as delivered, others that do it too, and where it is offered.

    `question` is the kind of audit that has it; empty: every review page.
    """

    name: str
    label: str | Promise
    key: str
    also: tuple[str, ...] = ()
    question: str = ""

    def meets(self, other: "Action") -> bool:
        """Whether both can stand on one page."""
        return not self.question or not other.question or self.question == other.question


@dataclass(frozen=True)
class Shortcut:
    """An action with its keys for one person: `presses` as data-key wants them, `sign` to show."""

    action: Action
    key: str
    presses: str

    @property
    def label(self) -> str:
        """What the key does."""
        return str(self.action.label)

    @property
    def sign(self) -> str:
        """The key as it is shown; empty when it has none."""
        return NAMED.get(self.key, self.key)


def _verdict(kind: VerdictKind, key: str, question: str = "") -> Action:
    return Action(kind.value, kind.label, key, question=question)


_NOISE, _TOP_FIVE = Audit.Question.NOISE.value, Audit.Question.TOP_FIVE.value
ACTIONS: tuple[Action, ...] = (
    _verdict(VerdictKind.MATCH, "m", _NOISE),
    _verdict(VerdictKind.MISMATCH, "x", _NOISE),
    _verdict(VerdictKind.WRONG_ANSWER, "w", _NOISE),
    _verdict(VerdictKind.AMBIGUOUS, "a", _NOISE),
    _verdict(VerdictKind.AMONG, "a", _TOP_FIVE),
    _verdict(VerdictKind.NOT_AMONG, "x", _TOP_FIVE),
    _verdict(VerdictKind.UNSURE, "u"),
    _verdict(VerdictKind.UNUSABLE, "n"),
    Action("undo", gettext_lazy("Undo the last verdict"), "Backspace", (",",)),
    Action("later", gettext_lazy("Put this item off"), "0"),
    Action("flag", gettext_lazy("Flag for the lead"), "f"),
    Action("comment", gettext_lazy("Comment"), "c"),
    Action("boxes", gettext_lazy("Show or hide boxes"), "b"),
    Action("attention", gettext_lazy("Show or hide attention"), "o"),
    Action("words", gettext_lazy("Attention of one word: arrow keys go on, Esc leaves"), "t"),
    Action("zoom", gettext_lazy("Twice as large, or whole"), "z"),
    Action("zoom_in", gettext_lazy("Zoom in"), "+", ("=",)),
    Action("zoom_out", gettext_lazy("Zoom out"), "-"),
    Action("grid", gettext_lazy("Judge many items in a grid"), "g"),
)
BY_NAME = {action.name: action for action in ACTIONS}


def shortcuts(chosen: Mapping[str, str] | None = None) -> dict[str, Shortcut]:
    """Every action with its keys, by name; `chosen` are the keys in place of those delivered.

    What somebody chose wins: a delivered key that they gave to another action is taken off.
    """
    own = {name: key for name, key in (chosen or {}).items() if name in BY_NAME and key}
    laid = {}
    for action in ACTIONS:
        taken = {key for name, key in own.items() if name != action.name and _meet(name, action)}
        key = own.get(action.name) or (action.key if action.key not in taken else "")
        mains = {each.key for each in ACTIONS if each.name not in own and each.meets(action)}
        also = [each for each in action.also if each not in taken | mains | {key}]
        laid[action.name] = Shortcut(action, key, " ".join(filter(None, [key, *also])))
    return laid


def _meet(name: str, action: Action) -> bool:
    return BY_NAME[name].meets(action)


def shortcuts_of(user: Any) -> dict[str, Shortcut]:
    """The keys of one person."""
    kept = ReviewKeys.objects.filter(user=user).values_list("keys", flat=True).first()
    return shortcuts(kept if isinstance(kept, dict) else None)


def keep(user: Any, chosen: Mapping[str, str]) -> None:
    """Store a person's own keys; those that are as delivered are not stored."""
    own = {name: key for name, key in chosen.items() if key and key != BY_NAME[name].key}
    if own:
        ReviewKeys.objects.update_or_create(user=user, defaults={"keys": own})
    else:
        ReviewKeys.objects.filter(user=user).delete()


def read(sent: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The keys that were typed, by action, and what is wrong with some of them, by action.

    An empty field means the key as delivered; so does one that was not sent.
    """
    typed = {action.name: normal(sent.get(action.name, "")) for action in ACTIONS}
    wanted = {name: key or BY_NAME[name].key for name, key in typed.items()}
    wrong = {name: words for name, key in wanted.items() if (words := _unusable(key))}
    for action in ACTIONS:
        for other in ACTIONS:
            same = wanted[action.name] == wanted[other.name]
            if action is other or not same or not action.meets(other) or action.name in wrong:
                continue
            # Said at the one that was moved onto the other; at both when both were.
            if wanted[action.name] != action.key or wanted[other.name] == other.key:
                words = _("“%(key)s” is the key of “%(action)s” already.")
                sign = NAMED.get(wanted[action.name], wanted[action.name])
                wrong[action.name] = words % {"key": sign, "action": other.label}
    return wanted, wrong


def normal(typed: str) -> str:
    """A key as browsers name it: one small letter or sign, or a name such as Backspace."""
    text = unicodedata.normalize("NFKC", typed).strip()
    for name, sign in NAMED.items():
        if text.casefold() in (name.casefold(), sign.casefold()):
            return name
    return text.lower() if len(text) == 1 else text


def _unusable(key: str) -> str:
    """Why nothing can be put on this key; empty when it can."""
    if key in FIXED:
        words = _("“%(key)s” is taken: digits choose by place, ? lists the shortcuts.")
        return words % {"key": key}
    if key not in NAMED and (len(key) != 1 or not key.isprintable()):
        words = _("“%(key)s” is no key to choose: type one character, or one of %(named)s.")
        return words % {"key": key[:20], "named": ", ".join(NAMED)}
    return ""


@dataclass(frozen=True)
class KeyRow:
    """One line of the keys page: an action, the key in its field, and what is wrong with it."""

    action: Action
    key: str
    wrong: str

    @property
    def delivered(self) -> str:
        """The delivered key as it is shown."""
        return NAMED.get(self.action.key, self.action.key)


def groups(
    user: Any, typed: Mapping[str, str] | None, wrong: Mapping[str, str]
) -> list[tuple[str, list[KeyRow]]]:
    """The lines of the keys page under their titles: as typed, or else as this person has them."""
    now = {name: each.key for name, each in shortcuts_of(user).items()}
    rows = [
        KeyRow(action, (typed or now)[action.name], wrong.get(action.name, ""))
        for action in ACTIONS
    ]
    titled: list[tuple[str, set[str]]] = [
        (_("Verdicts"), {"match", "mismatch", "wrong_answer", "ambiguous", "unsure", "unusable"}),
        (_("Verdicts of a top-5 check"), {VerdictKind.AMONG.value, VerdictKind.NOT_AMONG.value}),
        (_("Item"), {"undo", "later", "flag", "comment", "grid"}),
        (_("Picture"), {"boxes", "attention", "words", "zoom", "zoom_in", "zoom_out"}),
    ]
    return [(title, [row for row in rows if row.action.name in names]) for title, names in titled]
