"""The report in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from diagnostics.diagnosis.serializers import CausesSerializer
from diagnostics.report import page
from triage.projects.access import run_for


class ReportSerializer(serializers.Serializer):
    """The report: run, audits, checklist, causes, experiments, measures."""

    run = serializers.DictField()
    made_at = serializers.DateTimeField()
    audits = serializers.ListField(child=serializers.DictField())
    checklist = serializers.ListField(child=serializers.DictField())
    causes = CausesSerializer(allow_null=True)
    experiments = serializers.ListField(child=serializers.DictField())
    measures = serializers.DictField(allow_null=True)


@extend_schema(
    operation_id="report",
    summary="The report: run, audits, checklist, causes and measures",
    responses=ReportSerializer,
)
@api_view(["GET"])
def run_report(request: Request, pk: int) -> Response:
    """What the report's page says, as plain values."""
    return Response(page.document(run_for(request.user, pk)))
