"""How Hugging Face `datasets` is told what the columns are: in Parquet, and on the data set card.

Told nothing, it takes a column's type from the first rows, and fails on a later one that differs.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

# A picture in Parquet: https://huggingface.co/docs/datasets/image_dataset (Arrow storage).
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_NAMES = {"double": "float64", "float": "float32", "halffloat": "float16"}


def schema_metadata(schema: pa.Schema) -> dict[str, str]:
    """What a Parquet file says to `datasets` of its columns, under the key `huggingface`."""
    features = {column.name: _feature(column.type) for column in schema}
    return {"huggingface": json.dumps({"info": {"features": features}})}


def card_features(schema: pa.Schema, objects: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The same for the YAML of a data set card; columns of `objects` hold JSON of any shape."""
    return [
        {"name": column.name, **({"dtype": "json"} if column.name in objects else _line(column))}
        for column in schema
    ]


def _feature(kind: pa.DataType) -> Any:
    if kind == PICTURE:
        return {"_type": "Image"}
    if _is_list(kind):
        return {"_type": "Sequence", "feature": _feature(kind.value_type)}
    if pa.types.is_struct(kind):
        return {each.name: _feature(each.type) for each in kind}
    return {"_type": "Value", "dtype": _dtype(kind)}


def _line(column: pa.Field) -> dict[str, Any]:
    kind = column.type
    if pa.types.is_map(kind):
        return {"dtype": "json"}
    if _is_list(kind):
        return {"list": _inner(kind.value_type)}
    if pa.types.is_struct(kind):
        return {"struct": [{"name": each.name, **_line(each)} for each in kind]}
    return {"dtype": _dtype(kind)}


def _inner(kind: pa.DataType) -> Any:
    if _is_list(kind):
        return {"list": _inner(kind.value_type)}
    if pa.types.is_struct(kind):
        return [{"name": each.name, **_line(each)} for each in kind]
    return _dtype(kind)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _dtype(kind: pa.DataType) -> str:
    return _NAMES.get(str(kind), str(kind))
