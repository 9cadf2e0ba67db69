"""What the REST API says of the noise ratio and its items, field by field."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.models import Item, Verdict


class EstimateSerializer(serializers.Serializer):
    """A share with its exact interval."""

    point = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class BoundsSerializer(serializers.Serializer):
    """The ratio if all undecided items were noise, and if none were."""

    if_all_noise = serializers.FloatField(allow_null=True)
    if_none_noise = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class NoiseRatioSerializer(serializers.Serializer):
    """The noise ratio page as numbers."""

    successes = serializers.IntegerField()
    decided = serializers.IntegerField()
    population = serializers.IntegerField()
    point = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()
    rule = serializers.CharField(help_text="at_least, below or no_verdicts")
    established = serializers.CharField(help_text="at_least, below or not_settled")
    mismatch_only = EstimateSerializer()
    bounds = BoundsSerializer()
    drawn = serializers.IntegerField()
    waiting = serializers.IntegerField()
    undecided = serializers.IntegerField()
    complete = serializers.BooleanField()
    level = serializers.FloatField()
    items_to_settle = serializers.IntegerField(allow_null=True)
    method = serializers.CharField(help_text="exact, score_assisted, stratified or planned_stop")
    extra_items = serializers.IntegerField(help_text="what frozen scores were worth, in items")
    planned = serializers.DictField(allow_null=True, help_text="where a planned early stop stands")
    corrected = serializers.DictField(allow_null=True, help_text="by gold items, Lang–Reiczigel")
    question_types = serializers.ListField(child=serializers.DictField())
    resolved_by = serializers.DictField(child=serializers.IntegerField())
    sentence = serializers.CharField()
    verdicts = serializers.DictField(child=serializers.IntegerField())
    clusters = serializers.ListField(child=serializers.DictField())
    growth = serializers.ListField(child=serializers.DictField())
    audit = serializers.DictField()


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
