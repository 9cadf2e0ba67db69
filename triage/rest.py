"""What every address of the REST API shares: paging, refusals, and serializers of results."""

import dataclasses
import inspect
import types
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

REFUSED = OpenApiResponse(description="What was asked for cannot be; the reason is in `detail`.")
PLAIN_FIELDS: Mapping[Any, type[serializers.Field]] = {
    bool: serializers.BooleanField,
    datetime: serializers.DateTimeField,
    float: serializers.FloatField,
    int: serializers.IntegerField,
    str: serializers.CharField,
}


class Pages(LimitOffsetPagination):
    """`limit` and `offset` of a list; as much of it at once as an answer should hold."""

    max_limit = 1000


def paged(request: Request, rows: Any, serializer: type[serializers.BaseSerializer]) -> Response:
    """One page of `rows` as `serializer` writes them, with the addresses of its neighbours."""
    pages = Pages()
    page: Any = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response(serializer(page, many=True).data)


def serializer_of(
    result: type, *, name: str = "", open_fields: Collection[str] = (), **fields: serializers.Field
) -> type[serializers.Serializer]:
    """The serializer of a dataclass: a field for each of its own, by its type hint.

    `name`: what the API calls it, else the dataclass' own name. `open_fields`: those whose inside
    the API does not promise; they are objects of any keys, or lists of such. `fields`: serializer
    fields that replace the derived ones. The description is the first paragraph of the dataclass'
    docstring, a field's help text its metadata's `help_text`. Raises TypeError for a hint that has
    no serializer field.
    """
    hints, own = get_type_hints(result), dataclasses.fields(result)
    if unknown := {*open_fields, *fields} - {each.name for each in own}:
        raise TypeError(f"{result.__name__} has no field {', '.join(sorted(unknown))}")
    made = {
        # A copy counts as made now: serializers sort their fields by age.
        each.name: deepcopy(fields[each.name])
        if each.name in fields
        else _field(
            hints[each.name],
            each.name in open_fields,
            **{key: each.metadata[key] for key in ("help_text",) if key in each.metadata},
        )
        for each in own
    }
    words = (inspect.getdoc(result) or "").partition("\n\n")[0]
    about = {"__doc__": words, "__module__": result.__module__}
    title = f"{name or result.__name__}Serializer"
    return type(title, (serializers.Serializer,), {**made, **about})


# One class for each nested dataclass, or the schema would hold it under two names.
_nested = cache(serializer_of)


def _field(hint: Any, is_open: bool, **options: Any) -> serializers.Field:
    """The serializer field of one type hint; a dataclass in an open one is any object."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (only,) = (each for each in inner if each is not types.NoneType)
        return _field(only, is_open, allow_null=True, **options)
    if origin is Literal:
        return serializers.CharField(**options)
    if origin in (list, tuple, Sequence):
        if _is_result(inner[0]) and not is_open:
            return _nested(inner[0])(many=True, **options)
        return serializers.ListField(child=_field(inner[0], is_open), **options)
    if origin in (dict, Mapping) and inner[1] is not Any:
        return serializers.DictField(child=_field(inner[1], is_open), **options)
    if origin in (dict, Mapping) or (is_open and _is_result(hint)):
        return serializers.DictField(**options)
    if _is_result(hint):
        return _nested(hint)(**options)
    if hint not in PLAIN_FIELDS:
        raise TypeError(f"{hint} has no serializer field")
    return PLAIN_FIELDS[hint](**options)


def _is_result(hint: Any) -> bool:
    return dataclasses.is_dataclass(hint)
