"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from diagnostics import experiment_api
from diagnostics.causes import urls as causes
from diagnostics.diagnosis import api
from diagnostics.diagnosis import urls as diagnosis
from diagnostics.views import experiments as experiments_old
from diagnostics.views import report as report_old

app_name = "diagnostics"

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/report/", report_old.report, name="report"),
    path("runs/<int:pk>/report.json", report_old.report_json, name="report-json"),
]

# /runs/<pk>/experiments/… and /experiments/<pk>/…
experiment_urls = [
    path("runs/<int:pk>/experiments/", experiments_old.experiments, name="experiments"),
    path("runs/<int:pk>/experiments/new/", experiments_old.experiment_new, name="experiment-new"),
    path("experiments/<int:pk>/", experiments_old.experiment, name="experiment"),
    path("experiments/<int:pk>.json", experiments_old.experiment_json, name="experiment-json"),
    path("experiments/<int:pk>/trials.csv", experiments_old.experiment_csv, name="experiment-csv"),
    path("experiments/<int:pk>/stop/", experiments_old.experiment_stop, name="experiment-stop"),
    path(
        "experiments/<int:pk>/resume/", experiments_old.experiment_resume, name="experiment-resume"
    ),
    path("experiments/<int:pk>/again/", experiments_old.experiment_again, name="experiment-again"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *run_urls,
    *experiment_urls,
    *causes.pages,
    *diagnosis.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("runs/<int:pk>/report/", api.run_report, name="api-run-report"),
    path("runs/<int:pk>/experiments/", experiment_api.run_experiments, name="api-run-experiments"),
    path("experiments/<int:pk>/", experiment_api.experiment_detail, name="api-experiment"),
    path("experiments/<int:pk>/stop/", experiment_api.experiment_stop, name="api-experiment-stop"),
    path(
        "experiments/<int:pk>/resume/",
        experiment_api.experiment_resume,
        name="api-experiment-resume",
    ),
    *causes.api,
    *diagnosis.api,
]
