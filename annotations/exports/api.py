"""Curated exports in the REST API."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.exports import tasks
from annotations.models import CuratedSet
from annotations.science.curation.curation import Recipe
from annotations.science.curation.formats import FORMATS
from triage.jobs.api import JobSerializer
from triage.projects.access import run_for
from triage.rest import REFUSED, paged


class RecipeField(serializers.DictField):
    """{drop: [verdict], correct: [verdict], weights: {verdict: number}}; parts may be absent."""

    def to_internal_value(self, data: Any) -> Any:
        """A `Recipe`."""
        try:
            return Recipe.from_dict(super().to_internal_value(data))
        except (TypeError, ValueError) as problem:
            raise serializers.ValidationError(str(problem)) from problem


class ExportSerializer(serializers.Serializer):
    """What to export."""

    format = serializers.ChoiceField(choices=[(name, name) for name in FORMATS], default="jsonl")
    recipe = RecipeField(required=False)
    pictures = serializers.BooleanField(
        default=True, help_text="false: only the names of the pictures"
    )


class CuratedSetSerializer(serializers.ModelSerializer):
    """A curated set: its manifest, and where to download it."""

    download = serializers.SerializerMethodField()

    class Meta:
        model = CuratedSet
        fields = (
            "id",
            "uuid",
            "run",
            "file_format",
            "recipe",
            "manifest",
            "created_at",
            "download",
        )
        read_only_fields = fields

    def get_download(self, curated: CuratedSet) -> str:
        """The address of the zip."""
        return reverse("annotations:export-download", args=[curated.pk])


@extend_schema(
    methods=["GET"],
    operation_id="curated_sets_list",
    summary="The curated sets made of a run, newest first",
    responses=CuratedSetSerializer(many=True),
)
@extend_schema(
    methods=["POST"],
    operation_id="curated_sets_export",
    summary="Start an export; the job says when it is done",
    request=ExportSerializer,
    responses={202: JobSerializer, 400: REFUSED},
)
@api_view(["GET", "POST"])
def run_exports(request: Request, pk: int) -> Response:
    """List the curated sets of a run, or start to make one."""
    run = run_for(request.user, pk)
    if request.method == "GET":
        return paged(request, run.curated_sets.all(), CuratedSetSerializer)
    wishes = ExportSerializer(data=request.data)
    wishes.is_valid(raise_exception=True)
    job = tasks.start_export(
        run,
        file_format=wishes.validated_data["format"],
        recipe=wishes.validated_data.get("recipe", Recipe()),
        pictures=wishes.validated_data["pictures"],
        user=request.user,
    )
    job.refresh_from_db()
    return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
