"""What goes in and out of the REST API of experiments, field by field."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from diagnostics.experiments.designing import MOST_EPOCHS
from diagnostics.models import Experiment
from diagnostics.science.experiments.design.design import FEWEST_SEEDS, MOST_SEEDS, USUAL_SEEDS


class ExperimentSerializer(serializers.ModelSerializer):
    """An experiment in a list: where it stands, and the difference it is read by."""

    state = serializers.SerializerMethodField()

    class Meta:
        model = Experiment
        fields = ("id", "uuid", "name", "state", "why", "summary", "created_at")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_state(self, experiment: Experiment) -> str:
        """Waiting, running, stopping, stopped, interrupted, done or failed."""
        return experiment.phase


class ArmSerializer(serializers.Serializer):
    """An arm of one's own: what it changes against its control, one factor."""

    name = serializers.CharField(max_length=120)
    words = serializers.CharField(required=False, max_length=300, default="")
    control = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="empty for the baseline"
    )
    settings = serializers.DictField(required=False, default=dict)


class StartSerializer(serializers.Serializer):
    """An experiment of the registry by its name, or arms of one's own."""

    name = serializers.CharField(required=False, default="", help_text="such as cleaning")
    options = serializers.DictField(required=False, default=dict)
    arms = ArmSerializer(many=True, required=False, default=list)
    seeds = serializers.IntegerField(
        required=False, default=USUAL_SEEDS, min_value=FEWEST_SEEDS, max_value=MOST_SEEDS
    )
    curated = serializers.CharField(
        required=False, default="", help_text="uuid of a curated set, or now: freeze one first"
    )
    target = serializers.IntegerField(required=False, allow_null=True, default=None)
    glossary = serializers.CharField(required=False, allow_blank=True, default="")
    trainer = serializers.ChoiceField(
        ["builtin", "checkpoint", "command"], required=False, default="builtin"
    )
    checkpoint = serializers.CharField(required=False, default="", help_text="folder or hub id")
    command = serializers.CharField(
        required=False, default="", help_text="its name in the server's settings"
    )
    epochs = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=MOST_EPOCHS,
        help_text="of training; null is the trainer's own",
    )
    honours = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="factors that the command sees to itself",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """One of the two has to be there."""
        if not given["name"] and not given["arms"]:
            raise serializers.ValidationError("name an experiment, or give arms")
        return given


class TrialSerializer(serializers.Serializer):
    """One arm with one seed."""

    arm = serializers.CharField()
    control = serializers.CharField()
    factor = serializers.CharField()
    seed = serializers.IntegerField()
    state = serializers.CharField()
    credit = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    why = serializers.CharField()


class CautionSerializer(serializers.Serializer):
    """What the result should be taken with caution for, and what to do."""

    name = serializers.CharField(help_text="still_rising or scattered")
    seen = serializers.CharField()
    advice = serializers.CharField()


class ExperimentDocumentSerializer(serializers.Serializer):
    """What the page of an experiment says."""

    id = serializers.IntegerField()
    uuid = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    why = serializers.CharField()
    created_at = serializers.CharField()
    configuration = serializers.DictField()
    trials = TrialSerializer(many=True)
    reading = serializers.DictField(
        allow_null=True, help_text="arms, comparisons, charts and conclusion; null until it ended"
    )
    cautions = CautionSerializer(many=True)
