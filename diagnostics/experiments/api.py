"""The REST API of experiments: the same verbs as the pages and the command line."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import CuratedSet
from annotations.science.curation.curation import Recipe
from diagnostics.experiments import carrying_out, designing
from diagnostics.experiments import page as experiments_page
from diagnostics.experiments.access import experiment_for
from diagnostics.experiments.designing import CUSTOM, ExperimentRefused, Wish, trainer_options
from diagnostics.experiments.serializers import (
    ExperimentDocumentSerializer,
    ExperimentSerializer,
    StartSerializer,
)
from diagnostics.experiments.tasks import start_experiment
from triage.models import Run
from triage.projects.access import run_for
from triage.rest import REFUSED, paged


@extend_schema(
    methods=["GET"],
    operation_id="experiments_list",
    summary="The experiments of a run, newest first",
    responses=ExperimentSerializer(many=True),
)
@extend_schema(
    methods=["POST"],
    operation_id="experiments_start",
    summary="Start an experiment; its own address says how far it is",
    request=StartSerializer,
    responses={202: ExperimentSerializer, 400: REFUSED},
)
@api_view(["GET", "POST"])
def run_experiments(request: Request, pk: int) -> Response:
    """List the experiments of a run, or start one."""
    run = run_for(request.user, pk)
    if request.method == "GET":
        return paged(request, experiments_page.experiments_of(run), ExperimentSerializer)
    given = StartSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    try:
        wish = _wish(run, given.validated_data)
        experiment = designing.design(run, wish, user=request.user)
    except ExperimentRefused as reason:
        return Response({"detail": str(reason)}, status=status.HTTP_400_BAD_REQUEST)
    return _started(request, experiment)


@extend_schema(
    operation_id="experiment",
    summary="One experiment: its configuration, its trials, and what may be claimed",
    responses=ExperimentDocumentSerializer,
)
@api_view(["GET"])
def experiment_detail(request: Request, pk: int) -> Response:
    """What its page says, as plain values."""
    return Response(experiments_page.document(experiment_for(request.user, pk)))


@extend_schema(
    operation_id="experiment_stop",
    summary="Stop an experiment; what has ended stays",
    request=None,
    responses=ExperimentSerializer,
)
@api_view(["POST"])
def experiment_stop(request: Request, pk: int) -> Response:
    """Ask for the end."""
    carrying_out.stop(experiment_for(request.user, pk))
    return Response(ExperimentSerializer(experiment_for(request.user, pk)).data)


@extend_schema(
    operation_id="experiment_resume",
    summary="Carry out the trials that are left, and those that failed",
    request=None,
    responses={202: ExperimentSerializer, 400: REFUSED},
)
@api_view(["POST"])
def experiment_resume(request: Request, pk: int) -> Response:
    """Go on from the last trial that ended."""
    experiment = experiment_for(request.user, pk)
    try:
        carrying_out.reopen(experiment)
    except ExperimentRefused as reason:
        return Response({"detail": str(reason)}, status=status.HTTP_400_BAD_REQUEST)
    return _started(request, experiment)


def _started(request: Request, experiment: Any) -> Response:
    start_experiment(experiment, user=request.user)
    shown = ExperimentSerializer(experiment_for(request.user, experiment.pk))
    return Response(shown.data, status=status.HTTP_202_ACCEPTED)


def _wish(run: Run, given: dict[str, Any]) -> Wish:
    """What was asked for. Raises ExperimentRefused."""
    trainer = given["trainer"]
    now = given["curated"] == "now"
    return Wish(
        given["name"] or CUSTOM,
        options=given["options"],
        seeds=tuple(range(given["seeds"])),
        arms=tuple(given["arms"]),
        trainer=trainer,
        trainer_options=trainer_options(
            trainer, given.get(trainer, ""), given["honours"], given["epochs"]
        ),
        curated=None if now else _curated(run, given["curated"]),
        recipe=Recipe() if now else None,
        target=_target(run, given["target"]),
        glossary=given["glossary"],
    )


def _curated(run: Run, text: str) -> CuratedSet | None:
    if not text:
        return None
    try:
        found = CuratedSet.objects.filter(uuid=UUID(text), run=run).first()
    except ValueError:
        found = None
    if found is None:
        raise ExperimentRefused("the run has no such curated set")
    return found


def _target(run: Run, key: int | None) -> Run | None:
    if key is None:
        return None
    found = run.project.runs.filter(pk=key).first()
    if found is None:
        raise ExperimentRefused("the project has no such run to test on")
    return found
