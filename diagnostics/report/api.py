"""The report in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from diagnostics.diagnosis.serializers import CausesSerializer
from diagnostics.report import page
from triage.projects.access import run_for
from triage.rest import serializer_of

# The causes' own serializer says what its parts are; the other parts may grow.
ReportSerializer = serializer_of(
    page.ReportDocument,
    name="Report",
    open_fields=("run", "audits", "checklist"),
    made_at=serializers.DateTimeField(),
    causes=CausesSerializer(allow_null=True),
)


@extend_schema(
    operation_id="report",
    summary="The report: run, audits, checklist, causes and measures",
    responses=ReportSerializer,
)
@api_view(["GET"])
def run_report(request: Request, pk: int) -> Response:
    """What the report's page says, as plain values."""
    return Response(page.document(run_for(request.user, pk)))
