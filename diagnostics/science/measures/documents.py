"""A diagnosis as a document: plain JSON that pages, the API and files read alike."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from diagnostics.science.measures.results import Result

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def document_of(results: dict[str, Result], **about: Any) -> dict[str, Any]:
    """All results by the name of their measure; `about` says what they were measured on."""
    return {**about, "measures": plain(results)}


def plain(results: Mapping[str, Result]) -> dict[str, Any]:
    """Results as they are stored, by the name of their measure."""
    return {name: finite(asdict(each)) for name, each in results.items()}


def document_of_result(result: "DataclassInstance") -> dict[str, Any]:
    """A dataclass as plain JSON values, key by key; NaN and infinities are null."""
    found: dict[str, Any] = finite(asdict(result))
    return found


def dumped(document: dict[str, Any]) -> bytes:
    """The document as it is stored."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def figure_of(document: dict[str, Any], measure: str, name: str) -> dict[str, Any] | None:
    """One figure of a stored document; None where it was not measured."""
    found = document["measures"].get(measure, {}).get("figures", [])
    return next((each for each in found if each["name"] == name), None)


def finite(value: Any) -> Any:
    """NaN and infinities as null: JSON has none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value
