"""What every address of the REST API shares: paging and refusals."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

REFUSED = OpenApiResponse(description="What was asked for cannot be; the reason is in `detail`.")


class Pages(LimitOffsetPagination):
    """`limit` and `offset` of a list; as much of it at once as an answer should hold."""

    max_limit = 1000


def paged(request: Request, rows: Any, serializer: type[serializers.BaseSerializer]) -> Response:
    """One page of `rows` as `serializer` writes them, with the addresses of its neighbours."""
    pages = Pages()
    page: Any = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response(serializer(page, many=True).data)
