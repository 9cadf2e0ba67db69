"""Audits in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.audits import assigning, drawing
from annotations.models import Audit
from annotations.models.access import audit_for
from triage.models import Role
from triage.projects.access import run_for
from triage.rest import REFUSED, paged


class AuditSerializer(serializers.ModelSerializer):
    """An audit: what was drawn, from what, by which rule."""

    threshold = serializers.SerializerMethodField()

    class Meta:
        model = Audit
        fields = (
            "id",
            "uuid",
            "run",
            "name",
            "state",
            "protocol",
            "size",
            "threshold",
            "strict",
            "question",
            "design",
            "policy",
            "open_votes",
            "seed",
            "overlap",
            "noise_kinds",
            "criteria",
            "population",
            "frame_sha256",
            "created_at",
        )
        read_only_fields = fields

    def get_threshold(self, audit: Audit) -> str:
        """As an exact fraction, such as 1/5."""
        return str(audit.threshold)


class DrawSerializer(serializers.Serializer):
    """What to draw; the keyword arguments of `draw_audit`."""

    protocol = serializers.CharField(help_text="quality-200, checklist-100 or custom")
    seed = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    criteria = serializers.DictField(required=False, help_text="A filter; absent: all errors")
    size = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    threshold = serializers.CharField(required=False, help_text="0.2, 20% or 1/5")
    strict = serializers.BooleanField(required=False, allow_null=True, default=None)
    name = serializers.CharField(required=False, max_length=200)
    overlap = serializers.IntegerField(required=False, default=1, min_value=1, max_value=9)
    question = serializers.ChoiceField(Audit.Question.choices, default=Audit.Question.NOISE)
    design = serializers.ChoiceField(Audit.Design.choices, default=Audit.Design.SIMPLE_RANDOM)
    policy = serializers.ChoiceField(Audit.Policy.choices, default=Audit.Policy.AGREEMENT)
    open_votes = serializers.BooleanField(default=False)
    people = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Who judges, by name; absent: everybody in the project",
    )
    gold = serializers.IntegerField(default=0, min_value=0)


@extend_schema(
    methods=["GET"],
    operation_id="audits_list",
    summary="The audits of a run, newest first",
    responses=AuditSerializer(many=True),
)
@extend_schema(
    methods=["POST"],
    operation_id="audits_draw",
    summary="Draw an audit",
    request=DrawSerializer,
    responses={201: AuditSerializer, 400: REFUSED},
)
@api_view(["GET", "POST"])
def run_audits(request: Request, pk: int) -> Response:
    """List the audits of a run, or draw one."""
    run = run_for(request.user, pk)
    if request.method == "GET":
        return paged(request, run.audits.select_related("run"), AuditSerializer)
    wishes = DrawSerializer(data=request.data)
    wishes.is_valid(raise_exception=True)
    wanted = dict(wishes.validated_data)
    try:
        wanted["people"] = assigning.members_named(run.project, wanted.get("people", []))
        audit = drawing.draw_audit(run, user=request.user, **wanted)
    except drawing.AuditRefused as reason:
        return Response({"detail": str(reason)}, status=status.HTTP_400_BAD_REQUEST)
    return Response(AuditSerializer(audit).data, status=status.HTTP_201_CREATED)


@extend_schema(
    operation_id="audit", summary="One audit: how it was drawn", responses=AuditSerializer
)
@api_view(["GET"])
def audit_detail(request: Request, pk: int) -> Response:
    """One audit."""
    return Response(AuditSerializer(audit_for(request.user, pk, Role.LEAD)).data)
