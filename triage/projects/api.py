"""Projects in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from triage.models import Project
from triage.rest import paged


class ProjectSerializer(serializers.ModelSerializer):
    """A project of the person who asks."""

    class Meta:
        model = Project
        fields = ("slug", "name", "created_at")
        read_only_fields = fields


@extend_schema(
    operation_id="projects_list", summary="Your projects", responses=ProjectSerializer(many=True)
)
@api_view(["GET"])
def projects(request: Request) -> Response:
    """The projects of the person who asks."""
    return paged(request, Project.objects.of(request.user), ProjectSerializer)
