"""What the REST API says of a diagnosis, field by field."""

from rest_framework import serializers

from diagnostics.diagnosis.priorities import CausesDocument
from diagnostics.models import Naming
from triage.rest import serializer_of


class DiagnoseSerializer(serializers.Serializer):
    """How to diagnose."""

    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**32 - 1)


class DocumentSerializer(serializers.Serializer):
    """A diagnosis: every measure with its figures, tables and charts, by the measure's name."""

    run = serializers.CharField()
    diagnosis = serializers.CharField()
    seed = serializers.IntegerField()
    measures = serializers.DictField()


# What lies inside a priority may grow; the API promises that they are there.
CausesSerializer = serializer_of(
    CausesDocument,
    name="Causes",
    open_fields=("agreement", "priorities"),
    method=serializers.ChoiceField(Naming.Method.values),
)
