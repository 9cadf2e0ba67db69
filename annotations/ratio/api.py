"""The noise ratio and its items in the REST API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Audit
from annotations.models.access import audit_for
from annotations.ratio.serializers import ItemSerializer, NoiseRatioSerializer
from annotations.standing import standing
from annotations.standing.documents import noise_document
from triage.models import Role
from triage.rest import paged


@extend_schema(
    operation_id="audit_noise_ratio",
    summary="The noise ratio of an audit, as its page shows it",
    responses=NoiseRatioSerializer,
)
@api_view(["GET"])
def noise_ratio(request: Request, pk: int) -> Response:
    """The noise ratio with its interval, what is established, and everything beside it."""
    return Response(noise_document(audit_for(request.user, pk, Role.LEAD)))


@extend_schema(
    operation_id="audit_items",
    summary="The items of an audit in the order of the draw, with their standing verdicts",
    responses=ItemSerializer(many=True),
)
@api_view(["GET"])
def audit_items(request: Request, pk: int) -> Response:
    """The items."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return paged(request, _items(audit), ItemSerializer)


def _items(audit: Audit) -> Any:
    return standing.with_standing_verdicts(audit.items.order_by("place"))
