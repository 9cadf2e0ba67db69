"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from diagnostics import api, experiment_api
from diagnostics.views import causes, diagnosis, experiments, report

app_name = "diagnostics"

# /runs/<pk>/diagnosis/…
diagnosis_urls = [
    path("runs/<int:pk>/diagnosis/", diagnosis.diagnosis, name="diagnosis"),
    path("runs/<int:pk>/diagnosis.json", diagnosis.diagnosis_json, name="diagnosis-json"),
    path("runs/<int:pk>/diagnosis/start/", diagnosis.diagnosis_start, name="diagnosis-start"),
    path("runs/<int:pk>/diagnosis/errors.<slug:form>", diagnosis.errors_file, name="errors-file"),
    path("runs/<int:pk>/diagnosis/<slug:name>/", diagnosis.measure, name="measure"),
    path("runs/<int:pk>/diagnosis/<slug:name>/<str:key>/", diagnosis.behind, name="behind"),
]

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/causes/", causes.queue, name="queue"),
    path("runs/<int:pk>/causes/<int:position>/image/", causes.queue_image, name="queue-image"),
    path("runs/<int:pk>/causes/clusters/", causes.clusters, name="clusters"),
    path("runs/<int:pk>/causes/clusters/next/", causes.cluster_queue, name="cluster-queue"),
    path("runs/<int:pk>/causes/clusters/say/", causes.cluster_cause, name="cluster-cause"),
    path("runs/<int:pk>/causes/name/", causes.name_again, name="name-again"),
    path("runs/<int:pk>/causes/of/<slug:name>/", causes.cause, name="cause"),
    path("runs/<int:pk>/samples/<int:position>/cause/", causes.sample_cause, name="sample-cause"),
    path("runs/<int:pk>/checklist/", report.checklist, name="checklist"),
    path("runs/<int:pk>/report/", report.report, name="report"),
    path("runs/<int:pk>/report.json", report.report_json, name="report-json"),
]

# /runs/<pk>/experiments/… and /experiments/<pk>/…
experiment_urls = [
    path("runs/<int:pk>/experiments/", experiments.experiments, name="experiments"),
    path("runs/<int:pk>/experiments/new/", experiments.experiment_new, name="experiment-new"),
    path("experiments/<int:pk>/", experiments.experiment, name="experiment"),
    path("experiments/<int:pk>.json", experiments.experiment_json, name="experiment-json"),
    path("experiments/<int:pk>/trials.csv", experiments.experiment_csv, name="experiment-csv"),
    path("experiments/<int:pk>/stop/", experiments.experiment_stop, name="experiment-stop"),
    path("experiments/<int:pk>/resume/", experiments.experiment_resume, name="experiment-resume"),
    path("experiments/<int:pk>/again/", experiments.experiment_again, name="experiment-again"),
]

# /projects/<slug>/…
project_urls = [
    path("projects/<slug:slug>/rules/", causes.rules, name="rules"),
    path("projects/<slug:slug>/causes/", causes.project_queues, name="project-queues"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *diagnosis_urls,
    *run_urls,
    *experiment_urls,
    *project_urls,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("runs/<int:pk>/diagnosis/", api.run_diagnosis, name="api-run-diagnosis"),
    path("runs/<int:pk>/causes/", api.run_causes, name="api-run-causes"),
    path("runs/<int:pk>/causes/said/", api.run_cause_said, name="api-run-cause-said"),
    path("runs/<int:pk>/report/", api.run_report, name="api-run-report"),
    path("runs/<int:pk>/experiments/", experiment_api.run_experiments, name="api-run-experiments"),
    path("experiments/<int:pk>/", experiment_api.experiment_detail, name="api-experiment"),
    path("experiments/<int:pk>/stop/", experiment_api.experiment_stop, name="api-experiment-stop"),
    path(
        "experiments/<int:pk>/resume/",
        experiment_api.experiment_resume,
        name="api-experiment-resume",
    ),
]
