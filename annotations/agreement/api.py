"""Agreement in the REST API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.agreement import agreement
from annotations.models.access import audit_for
from triage.models import Role


class ShareSerializer(serializers.Serializer):
    """A count of a whole with its exact interval; null of nothing."""

    part = serializers.IntegerField()
    whole = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class CoefficientSerializer(serializers.Serializer):
    """A coefficient of agreement over `items`."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    items = serializers.IntegerField()
    note = serializers.CharField(
        help_text="Why there is no value (nobody_overlaps, one_verdict) or no interval "
        "(all_agree, few_items); else empty"
    )


class FleissSerializer(serializers.Serializer):
    """Fleiss' kappa over the items with `votes` verdicts each."""

    votes = serializers.IntegerField()
    kappa = CoefficientSerializer()


class AgreementSerializer(serializers.Serializer):
    """The agreement page as numbers."""

    audit = serializers.DictField()
    drawn = serializers.IntegerField()
    judged = serializers.IntegerField()
    overlapped = serializers.IntegerField(help_text="Items that two people or more have judged")
    overlap = serializers.IntegerField(help_text="People that each item asks for")
    annotators = serializers.IntegerField()
    unanimous = ShareSerializer()
    same_pairs = CoefficientSerializer()
    alpha = CoefficientSerializer(help_text="Krippendorff's alpha, nominal")
    fleiss = FleissSerializer()
    verdicts = serializers.DictField(child=serializers.DictField())
    clusters = serializers.ListField(child=serializers.DictField())
    pairs = serializers.ListField(child=serializers.DictField())
    confusions = serializers.ListField(child=serializers.DictField())
    rates = serializers.DictField(help_text="Sensitivity and specificity, Dawid and Skene")
    people = serializers.ListField(child=serializers.DictField())
    gold = serializers.ListField(child=serializers.DictField(), help_text="Each on known items")


@extend_schema(
    operation_id="audit_agreement",
    summary="How far the people of an audit agree, as its page shows it",
    responses=AgreementSerializer,
)
@api_view(["GET"])
def agreement_of_people(request: Request, pk: int) -> Response:
    """Coefficients with their intervals, who differs from whom, what each person did."""
    return Response(agreement.agreement_document(audit_for(request.user, pk, Role.LEAD)))
