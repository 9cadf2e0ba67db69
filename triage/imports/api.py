"""Imports in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, parser_classes
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from triage.imports import page
from triage.imports.importing import ImportRefused
from triage.jobs.api import JobSerializer
from triage.models import Role
from triage.projects.access import project_for
from triage.rest import REFUSED, paged
from triage.runs.serializers import RunSerializer
from triage.said import reason
from triage.science.record.mapping import MappingError


class ImportSerializer(serializers.Serializer):
    """A file to import; the same wishes as the command's."""

    file = serializers.ListField(
        child=serializers.FileField(),
        allow_empty=False,
        help_text="JSON, JSON Lines, CSV, TSV, Excel, Parquet or a zip; several that go together",
    )
    images = serializers.FileField(required=False, help_text="a zip of the images")
    side = serializers.FileField(
        required=False, help_text=".npz or Parquet: attention, embeddings, losses by sample_id"
    )
    name = serializers.CharField(required=False, max_length=200, default="")
    map = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="field=column[+column], one entry a field; doc.question is a path in doc",
    )
    scoring = serializers.CharField(required=False, default="")
    accept_refused = serializers.BooleanField(
        required=False, default=False, help_text="also where more than 5 % of the rows are refused"
    )
    confirm = serializers.BooleanField(
        required=False, default=False, help_text="also where what comes of it looks wrong"
    )
    split = serializers.ChoiceField(["train", "val", "test", "ood"], default="test")


@extend_schema(
    methods=["GET"],
    operation_id="runs_list",
    summary="The runs of a project, newest first",
    responses=RunSerializer(many=True),
)
@extend_schema(
    methods=["POST"],
    operation_id="runs_import",
    summary="Import a file; the job says when it is done",
    request={"multipart/form-data": ImportSerializer},
    responses={202: JobSerializer, 400: REFUSED},
)
@api_view(["GET", "POST"])
@parser_classes([MultiPartParser, JSONParser])
def project_runs(request: Request, slug: str) -> Response:
    """List the runs of a project, or import one."""
    project = project_for(request.user, slug, Role.LEAD)
    if request.method == "GET":
        return paged(request, project.runs.all(), RunSerializer)
    wishes = ImportSerializer(data=request.data)
    wishes.is_valid(raise_exception=True)
    try:
        job = page.import_at_once(project, wishes.validated_data, request.user)
    except (ImportRefused, MappingError) as problem:
        return Response({"detail": reason(problem)}, status=status.HTTP_400_BAD_REQUEST)
    return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
