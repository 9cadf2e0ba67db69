"""Addresses of the REST API of this app."""

from django.urls import URLPattern, URLResolver, path

from diagnostics import api, experiment_api

urlpatterns: list[URLPattern | URLResolver] = [
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
