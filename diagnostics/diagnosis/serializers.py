"""What the REST API says of a diagnosis, field by field."""

from rest_framework import serializers


class DiagnoseSerializer(serializers.Serializer):
    """How to diagnose."""

    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**32 - 1)


class DocumentSerializer(serializers.Serializer):
    """A diagnosis: every measure with its figures, tables and charts, by the measure's name."""

    run = serializers.CharField()
    diagnosis = serializers.CharField()
    seed = serializers.IntegerField()
    measures = serializers.DictField()


class CausesSerializer(serializers.Serializer):
    """How the errors were named, and every challenge by errors × ease."""

    method = serializers.ChoiceField(["rules", "classifier"])
    rules = serializers.IntegerField(help_text="version of the project's rules, 0: the defaults")
    comparison = serializers.DictField()
    agreement = serializers.DictField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    evaluated = serializers.IntegerField()
    undetermined = serializers.IntegerField()
    priorities = serializers.ListField(child=serializers.DictField())
