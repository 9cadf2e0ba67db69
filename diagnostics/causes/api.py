"""Causes in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from diagnostics.causes import queue
from triage.models import Role
from triage.projects.access import run_for
from triage.rest import REFUSED


class CauseSerializer(serializers.Serializer):
    """A person's word on the cause of an error sample."""

    position = serializers.IntegerField(min_value=0, help_text="of the sample in the run")
    cause = serializers.CharField(max_length=32, help_text="a cause’s name, or undetermined")


class CauseSaidSerializer(CauseSerializer):
    """What was recorded, and what the naming says."""

    named = serializers.CharField(help_text="the cause that the naming gave")
    by = serializers.CharField()


@extend_schema(
    operation_id="cause_say",
    summary="Give an error sample a cause; a later word replaces yours",
    request=CauseSerializer,
    responses={200: CauseSaidSerializer, 400: REFUSED},
)
@api_view(["POST"])
def run_cause_said(request: Request, pk: int) -> Response:
    """One person's word on one error sample."""
    run = run_for(request.user, pk, Role.ANNOTATOR)
    said = CauseSerializer(data=request.data)
    said.is_valid(raise_exception=True)
    position, cause = said.validated_data["position"], said.validated_data["cause"]
    try:
        verdict = queue.judge(run, request.user, position, cause)
    except queue.CauseRefused as reason:
        return Response({"detail": str(reason)}, status=status.HTTP_400_BAD_REQUEST)
    return Response(
        {
            "position": verdict.position,
            "cause": verdict.cause,
            "named": verdict.named,
            "by": verdict.by.get_username(),
        }
    )
