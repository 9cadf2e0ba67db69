"""Runs and their samples in the REST API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from triage.projects.access import run_for
from triage.rest import REFUSED, paged
from triage.runs.filters import filter_from
from triage.runs.page import SampleList
from triage.runs.serializers import GroupSerializer, RunSerializer, SampleSerializer
from triage.science.store.browsing import GROUPINGS, SampleFilter


@extend_schema(operation_id="run", summary="One run", responses=RunSerializer)
@api_view(["GET"])
def run_detail(request: Request, pk: int) -> Response:
    """One run."""
    return Response(RunSerializer(run_for(request.user, pk)).data)


@extend_schema(
    operation_id="run_error_rates",
    summary="Error rate by a column, with exact 95 % intervals",
    parameters=[OpenApiParameter("by", str, enum=list(GROUPINGS), required=True)],
    responses={200: GroupSerializer(many=True), 400: REFUSED},
)
@api_view(["GET"])
def run_error_rates(request: Request, pk: int) -> Response:
    """What the table of the run page shows."""
    run = run_for(request.user, pk)
    try:
        groups = run.browser.groups(
            request.query_params.get("by", ""), SampleFilter(errors_only=False)
        )
    except ValueError as reason:
        return Response({"detail": str(reason)}, status=status.HTTP_400_BAD_REQUEST)
    return Response(GroupSerializer(groups, many=True).data)


@extend_schema(
    operation_id="run_samples",
    summary="Error samples (all samples with show=all), narrowed like the error list",
    parameters=[
        OpenApiParameter("text", str),
        OpenApiParameter("show", str, enum=["errors", "all"]),
        *(OpenApiParameter(name, str, many=True) for name in GROUPINGS),
        OpenApiParameter("limit", int),
        OpenApiParameter("offset", int),
    ],
    responses=SampleSerializer(many=True),
)
@api_view(["GET"])
def run_samples(request: Request, pk: int) -> Response:
    """What the error list shows."""
    run = run_for(request.user, pk)
    browser = run.browser
    chosen = filter_from(request.query_params, run)
    return paged(request, SampleList(browser, chosen), SampleSerializer)
