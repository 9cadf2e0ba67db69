"""Where the rows are in a JSON document: a list, an object keyed by id, columns, a list inside.

Evaluation tools wrap their rows in many ways; each is found by its shape, not by its name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.science.record.values import SPLITS
from triage.science.words import Sentence
from triage.science.words import gettext_noop as _

# How far down rows are looked for, and how many of an object's entries are looked at for its kind.
DEEPEST = 4
_LOOKED_AT = 200
# Facts about the whole file that are worth a column of their own in each row.
_FACTS = ("model", "model_name", "model_id", "dataset", "task", "split", "data_subtype", "eval")

# Lists of a document that are one table: what was right and what was wrong of it.
_VERDICTS = ("correct", "incorrect")
# Objects {id: value} that stand side by side in a document.
_KEYED = ("results", "outputs", "predictions", "responses", "answers")


@dataclass(frozen=True)
class Table:
    """Rows found in a document, and where: `path` inside it ('' for the document itself)."""

    rows: list[dict[str, Any]]
    described: str
    path: str = ""


def table_in(document: Any) -> Table | None:
    """The rows of a document; None where it holds none."""
    found = _best(document, "", 0)
    if found is None:
        return None
    if isinstance(document, Mapping):
        found = Table(_with_facts(found.rows, document), found.described, found.path)
        found = _with_pictures(found, document)
    return found


def _best(value: Any, path: str, depth: int) -> Table | None:
    """The largest table in a value."""
    if isinstance(value, list):
        return _of_list(value, path)
    if not isinstance(value, Mapping) or not value or depth > DEEPEST:
        return None
    whole = _of_parts(value) or _of_classes(value, path) or _of_keyed(value, path)
    if whole is not None:
        return whole
    own = _of_object(value, path)
    if own is not None and all(str(key).isdigit() for key in list(value)[:_LOOKED_AT]):
        # Keys that are numbers are ids: an entry may hold a longer list, and is a row all the same.
        return own
    inner = [
        table
        for key, each in value.items()
        if isinstance(each, list | Mapping)
        and not (key == "images" and _has_annotations(value))
        and (table := _best(each, f"{path}.{key}" if path else str(key), depth + 1)) is not None
    ]
    best = max(inner, key=lambda table: len(table.rows), default=None)
    if own is not None and (best is None or len(own.rows) >= len(best.rows)):
        return own
    return best


def _has_annotations(value: Mapping[str, Any]) -> bool:
    """Whether a COCO document has rows of its own beside the list of its pictures."""
    first = value.get("annotations")
    listed = isinstance(first, list) and bool(first) and isinstance(first[0], Mapping)
    return listed and "image_id" in first[0]  # type: ignore[index]


def _of_parts(value: Mapping[str, Any]) -> Table | None:
    """A table in parts: a list a split, or one of what was right and one of what was wrong."""
    lists = {key: each for key, each in value.items() if isinstance(each, list) and each}
    objects = {k: v for k, v in lists.items() if isinstance(v[0], Mapping)}
    if all(key in value and isinstance(value[key], list) for key in _VERDICTS) and objects:
        rows = [
            {"correct": key == _VERDICTS[0], **row}
            for key in _VERDICTS
            for row in value[key]
            if isinstance(row, Mapping)
        ]
        return Table(rows, _("JSON: lists of what was right and what was wrong"))
    splits = [key for key in objects if str(key).lower() in SPLITS]
    if len(splits) > 1 and _alike([objects[key][0] for key in splits]):
        rows = [
            {"split": key, **row} for key in splits for row in objects[key] if isinstance(row, dict)
        ]
        return Table(rows, _("JSON: a list of objects for each split"))
    return None


def _of_classes(value: Mapping[str, Any], path: str) -> Table | None:
    """Classes by number and {picture: class}, as FiftyOne keeps the labels of pictures."""
    classes, labels = value.get("classes"), value.get("labels")
    if not isinstance(classes, list) or not isinstance(labels, Mapping) or not labels:
        return None
    rows = []
    for picture, label in labels.items():
        given = dict(label) if isinstance(label, Mapping) else {"label": label}
        number = given.get("label")
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(classes):
            given["label"] = classes[number]
        rows.append({"id": picture, "image": picture, **given})
    return Table(rows, _("JSON: labels of pictures by their names"), path)


def _of_keyed(value: Mapping[str, Any], path: str) -> Table | None:
    """Several objects {id: value} of the same ids side by side, each a column."""
    objects = {name: value[name] for name in _KEYED if isinstance(value.get(name), Mapping)}
    plain = {
        name: each
        for name, each in objects.items()
        if each and all(isinstance(v, str | int | float) for v in list(each.values())[:_LOOKED_AT])
    }
    if len(plain) < 2 or len({frozenset(each) for each in plain.values()}) > 1:
        return None
    keys = list(next(iter(plain.values())))
    rows = [{"id": key, **{name: each[key] for name, each in plain.items()}} for key in keys]
    return Table(rows, _("JSON: answers keyed by id"), path)


def _of_list(value: list[Any], path: str) -> Table | None:
    if not value:
        return None
    where = _("JSON: one list of objects")
    if path:
        where = Sentence(_("JSON: the list of objects under {path}"), path=path)
    objects = [each for each in value[:_LOOKED_AT] if isinstance(each, Mapping)]
    if objects and len(objects) * 2 >= min(len(value), _LOOKED_AT):
        return Table(value, where, path)
    lists = [each for each in value[:_LOOKED_AT] if isinstance(each, list)]
    if len(lists) == min(len(value), _LOOKED_AT) and len({len(each) for each in lists}) == 1:
        return Table(_of_lists(value), _("JSON: a list of lists"), path)
    return None


def _of_lists(value: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """A list of lists as rows; a first list of distinct texts unlike the second is the header."""
    first = value[0]
    rest = value[1:]
    named = all(isinstance(each, str) and each for each in first) and len(set(first)) == len(first)
    if named and rest and not any(set(map(str, row)) & set(first) for row in rest[:_LOOKED_AT]):
        return [dict(zip(first, row, strict=False)) for row in rest]
    return [{f"column {n}": cell for n, cell in enumerate(row, 1)} for row in value]


def _of_object(value: Mapping[str, Any], path: str) -> Table | None:
    """An object keyed by id, or one of columns."""
    entries = list(value.values())
    first = entries[:_LOOKED_AT]
    if all(isinstance(each, Mapping) for each in first) and _alike(first):
        if _is_by_column(value):
            return Table(_by_column(value), _("JSON: an object of columns"), path)
        key = _key_name(first)
        rows = [{key: k, **v} for k, v in value.items() if isinstance(v, Mapping)]
        return Table(rows, _("JSON: an object keyed by id"), path)
    lists = [each for each in first if isinstance(each, list)]
    if len(lists) == len(first) and len(first) > 1 and len({len(each) for each in lists}) == 1:
        plain = all(not isinstance(each[0], Mapping) for each in lists if each)
        if plain and lists[0]:
            names = list(value)
            cells = zip(*entries, strict=True)
            rows = [dict(zip(names, row, strict=True)) for row in cells]
            return Table(rows, _("JSON: an object of columns"), path)
    scalars = all(isinstance(each, str | int | float) for each in first)
    if scalars and len(value) >= 5 and not path and all(_is_key(each) for each in list(value)[:50]):
        rows = [{"id": key, "prediction": each} for key, each in value.items()]
        return Table(rows, _("JSON: answers keyed by id"), path)
    return None


def _alike(objects: Sequence[Mapping[str, Any]]) -> bool:
    """Whether objects have mostly the same keys, as rows do and parts of a report do not."""
    if len(objects) < 2:
        return len(objects) == 1 and len(objects[0]) > 2 and _holds_values(objects[0])
    shared = set(objects[0])
    for each in objects[1:20]:
        shared &= set(each)
    most = max(len(each) for each in objects[:20])
    return bool(shared) and len(shared) * 2 >= most


def _holds_values(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(each, Mapping) for each in value.values())


def _is_by_column(value: Mapping[str, Any]) -> bool:
    """{column: {row: value}}, as data frames are saved: the inner keys count rows."""
    inner = next(iter(value.values()))
    return (
        bool(inner)
        and all(str(key).isdigit() for key in list(inner)[:_LOOKED_AT])
        and not all(str(key).isdigit() for key in list(value)[:_LOOKED_AT])
    )


def _by_column(value: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    keys: dict[str, None] = {}
    for column in value.values():
        keys.update(dict.fromkeys(column))
    return [{name: column.get(key) for name, column in value.items()} for key in keys]


def _key_name(objects: Iterable[Mapping[str, Any]]) -> str:
    taken = {key for each in objects for key in each}
    return next(name for name in ("id", "key", "item_key", "\x00key") if name not in taken)


def _is_key(text: Any) -> bool:
    return isinstance(text, str) and any(mark.isdigit() for mark in text) and len(text) < 100


def _with_facts(rows: list[dict[str, Any]], document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows with what the document says of all of them."""
    facts: dict[str, Any] = {}
    for name in _FACTS:
        each = document.get(name)
        if isinstance(each, str | int | float):
            facts[name] = each
        elif name == "eval" and isinstance(each, Mapping):
            facts |= {k: each[k] for k in ("model", "task") if isinstance(each.get(k), str)}
    if not facts:
        return rows
    return [{**facts, **row} if isinstance(row, Mapping) else row for row in rows]


def _with_pictures(found: Table, document: Mapping[str, Any]) -> Table:
    """COCO keeps pictures in a list beside the annotations: what it says of a picture is joined."""
    pictures = document.get("images")
    if not isinstance(pictures, list) or not pictures or not isinstance(pictures[0], Mapping):
        return found
    if found.path in ("", "images") or "id" not in pictures[0]:
        return found
    first = next((row for row in found.rows if isinstance(row, Mapping)), {})
    if "image_id" not in first:
        return found
    by_id = {each.get("id"): each for each in pictures if isinstance(each, Mapping)}
    rows = [
        {**row, "file_name": by_id.get(row.get("image_id"), {}).get("file_name")}
        if isinstance(row, Mapping)
        else row
        for row in found.rows
    ]
    return Table(rows, found.described, found.path)
