"""What the REST API says of runs and samples, field by field."""

from rest_framework import serializers

from triage.models import Run
from triage.rest import serializer_of
from triage.science.store.browsing import Group


class RunSerializer(serializers.ModelSerializer):
    """A run: what was imported, and how it was read."""

    class Meta:
        model = Run
        fields = (
            "id",
            "uuid",
            "name",
            "source_name",
            "source_sha256",
            "side_files",
            "scoring",
            "mapping",
            "samples",
            "errors",
            "refused",
            "images_missing",
            "splits",
            "versions",
            "created_at",
        )
        read_only_fields = fields


GroupSerializer = serializer_of(Group)


class SampleSerializer(serializers.Serializer):
    """A sample in a list."""

    position = serializers.IntegerField()
    sample_id = serializers.CharField()
    image = serializers.CharField(allow_null=True)
    question = serializers.CharField()
    answers = serializers.ListField(child=serializers.CharField(), allow_null=True)
    prediction = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    credit = serializers.FloatField()
    is_error = serializers.BooleanField()
