"""The REST API of the people's side: the same verbs as the pages and the command line."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotations import tasks
from annotations.api_shapes import CuratedSetShape, ExportShape, ItemShape, NoiseRatioShape
from annotations.models import Audit
from annotations.models.access import audit_for
from annotations.science.curation.curation import Recipe
from annotations.standing import standing
from triage.jobs.api import JobShape
from triage.models import Role
from triage.projects.access import run_for
from triage.rest import REFUSED, paged


@extend_schema(
    operation_id="audit_noise_ratio",
    summary="The noise ratio of an audit, as its page shows it",
    responses=NoiseRatioShape,
)
@api_view(["GET"])
def noise_ratio(request: Request, pk: int) -> Response:
    """The noise ratio with its interval, what is established, and everything beside it."""
    return Response(standing.noise_document(audit_for(request.user, pk, Role.LEAD)))


@extend_schema(
    operation_id="audit_items",
    summary="The items of an audit in the order of the draw, with their standing verdicts",
    responses=ItemShape(many=True),
)
@api_view(["GET"])
def audit_items(request: Request, pk: int) -> Response:
    """The items."""
    audit = audit_for(request.user, pk, Role.LEAD)
    return paged(request, _items(audit), ItemShape)


def _items(audit: Audit) -> Any:
    return standing.with_standing_verdicts(audit.items.order_by("place"))


@extend_schema(
    methods=["GET"],
    operation_id="curated_sets_list",
    summary="The curated sets made of a run, newest first",
    responses=CuratedSetShape(many=True),
)
@extend_schema(
    methods=["POST"],
    operation_id="curated_sets_export",
    summary="Start an export; the job says when it is done",
    request=ExportShape,
    responses={202: JobShape, 400: REFUSED},
)
@api_view(["GET", "POST"])
def run_exports(request: Request, pk: int) -> Response:
    """List the curated sets of a run, or start to make one."""
    run = run_for(request.user, pk)
    if request.method == "GET":
        return paged(request, run.curated_sets.all(), CuratedSetShape)
    wishes = ExportShape(data=request.data)
    wishes.is_valid(raise_exception=True)
    job = tasks.start_export(
        run,
        file_format=wishes.validated_data["format"],
        recipe=wishes.validated_data.get("recipe", Recipe()),
        user=request.user,
    )
    job.refresh_from_db()
    return Response(JobShape(job).data, status=status.HTTP_202_ACCEPTED)
