"""What the REST API says of the noise ratio and its items, field by field."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.models import Item, Verdict
from annotations.standing.documents import NoiseDocument
from triage.rest import serializer_of

# What lies inside a group, a correction or an audit may grow; the API promises that they are there.
NoiseRatioSerializer = serializer_of(
    NoiseDocument,
    name="NoiseRatio",
    open_fields=("planned", "corrected", "clusters", "question_types", "growth", "audit"),
)


class VerdictSerializer(serializers.ModelSerializer):
    """A standing verdict."""

    annotator = serializers.CharField(source="annotator.username")

    class Meta:
        model = Verdict
        fields = ("kind", "corrected_answer", "comment", "annotator", "seconds", "created_at")
        read_only_fields = fields


class ItemSerializer(serializers.ModelSerializer):
    """A drawn sample: its place in the draw, what was shown, what people said."""

    verdicts = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = ("place", "sample_id", "position", "cluster", "gold", "snapshot", "verdicts")
        read_only_fields = fields

    @extend_schema_field(VerdictSerializer(many=True))
    def get_verdicts(self, item: Any) -> Any:
        """Those that stand."""
        return VerdictSerializer(item.standing_votes, many=True).data
