"""Jobs in the REST API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from triage.models import Job
from triage.projects.access import job_for


class JobSerializer(serializers.ModelSerializer):
    """Background work: poll it until `state` is done or failed."""

    step = serializers.CharField(source="stage", help_text="what is being done now")
    error = serializers.CharField(source="why_failed", help_text="why it ended badly, or empty")

    class Meta:
        model = Job
        fields = ("uuid", "kind", "state", "share", "step", "result", "error", "created_at")
        read_only_fields = fields


@extend_schema(operation_id="job", summary="How far a job is", responses=JobSerializer)
@api_view(["GET"])
def job_detail(request: Request, job_uuid: Any) -> Response:
    """One job."""
    return Response(JobSerializer(job_for(request.user, job_uuid)).data)
