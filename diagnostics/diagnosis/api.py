"""The diagnosis in the REST API."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from diagnostics.causes.naming import name_anew
from diagnostics.diagnosis import priorities, tasks
from diagnostics.diagnosis.diagnosing import read_document
from diagnostics.diagnosis.serializers import (
    CausesSerializer,
    DiagnoseSerializer,
    DocumentSerializer,
)
from diagnostics.models import Diagnosis
from triage.jobs.api import JobSerializer
from triage.projects.access import run_for


@extend_schema(
    methods=["GET"],
    operation_id="diagnosis",
    summary="The newest diagnosis of a run: every measure",
    responses=DocumentSerializer,
)
@extend_schema(
    methods=["POST"],
    operation_id="diagnosis_start",
    summary="Take every measure of a run; the job says when it is done",
    request=DiagnoseSerializer,
    responses={202: JobSerializer},
)
@api_view(["GET", "POST"])
def run_diagnosis(request: Request, pk: int) -> Response:
    """Read the newest diagnosis (404 before the first), or start one."""
    run = run_for(request.user, pk)
    if request.method == "GET":
        found = Diagnosis.latest_of(run)
        if found is None:
            raise Http404
        return Response(read_document(found))
    wishes = DiagnoseSerializer(data=request.data)
    wishes.is_valid(raise_exception=True)
    job = tasks.start_diagnosis(run, user=request.user, seed=wishes.validated_data["seed"])
    job.refresh_from_db()
    return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(
    methods=["GET"],
    operation_id="causes",
    summary="The causes of a run's errors, with verdicts and priorities",
    responses=CausesSerializer,
)
@extend_schema(
    methods=["POST"],
    operation_id="causes_name",
    summary="Name the errors by the rules, and the confirmed causes, of now",
    request=None,
    responses=CausesSerializer,
)
@api_view(["GET", "POST"])
def run_causes(request: Request, pk: int) -> Response:
    """The causes of the newest naming; POST names anew."""
    run = run_for(request.user, pk)
    diagnosis = Diagnosis.latest_of(run)
    if diagnosis is None or diagnosis.naming() is None:
        raise Http404
    if request.method == "POST":
        name_anew(diagnosis, user=request.user)
    return Response(priorities.causes_document(run))
