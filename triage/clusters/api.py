"""Clusters in the REST API."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from triage.clusters.tasks import carry_out_analysis
from triage.jobs import jobs
from triage.jobs.api import JobSerializer
from triage.models import Clustering
from triage.models.kinds import ANALYSE
from triage.projects.access import run_for


class AnalyseSerializer(serializers.Serializer):
    """How to analyse."""

    encoder = serializers.CharField(required=False, default="", allow_blank=True)
    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**32 - 1)


class ClusteringSerializer(serializers.ModelSerializer):
    """The current clustering: its cards, and how it was made."""

    cards = serializers.SerializerMethodField()

    class Meta:
        model = Clustering
        fields = ("uuid", "seed", "encoder", "parameters", "clusters", "unclustered", "cards")
        read_only_fields = fields

    def get_cards(self, clustering: Clustering) -> list[dict[str, Any]]:
        """One entry a cluster, the unclustered (-1) last."""
        return list(clustering.cards)


@extend_schema(operation_id="run_clusters", summary="The clusters", responses=ClusteringSerializer)
@api_view(["GET"])
def run_clusters(request: Request, pk: int) -> Response:
    """The current clustering of a run; 404 before it was analysed."""
    clustering = run_for(request.user, pk).current_clustering()
    if clustering is None:
        raise Http404
    return Response(ClusteringSerializer(clustering).data)


@extend_schema(
    operation_id="run_analyse",
    summary="Start an analysis; the job says when it is done",
    request=AnalyseSerializer,
    responses={202: JobSerializer},
)
@api_view(["POST"])
def run_analyse(request: Request, pk: int) -> Response:
    """Measure and cluster the errors of a run."""
    run = run_for(request.user, pk)
    wishes = AnalyseSerializer(data=request.data)
    wishes.is_valid(raise_exception=True)
    job = jobs.start(
        ANALYSE,
        carry_out_analysis,
        project=run.project,
        run=run,
        user=request.user,
        request=dict(wishes.validated_data),
    )
    job.refresh_from_db()
    return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)
