"""Addresses of experiments."""

from django.urls import path

from diagnostics.experiments import api as rest
from diagnostics.experiments import views

pages = [
    path("runs/<int:pk>/experiments/", views.experiments, name="experiments"),
    path("runs/<int:pk>/experiments/new/", views.experiment_new, name="experiment-new"),
    path("experiments/<int:pk>/", views.experiment, name="experiment"),
    path("experiments/<int:pk>.json", views.experiment_json, name="experiment-json"),
    path("experiments/<int:pk>/trials.csv", views.experiment_csv, name="experiment-csv"),
    path("experiments/<int:pk>/stop/", views.experiment_stop, name="experiment-stop"),
    path("experiments/<int:pk>/resume/", views.experiment_resume, name="experiment-resume"),
    path("experiments/<int:pk>/again/", views.experiment_again, name="experiment-again"),
]

api = [
    path("runs/<int:pk>/experiments/", rest.run_experiments, name="api-run-experiments"),
    path("experiments/<int:pk>/", rest.experiment_detail, name="api-experiment"),
    path("experiments/<int:pk>/stop/", rest.experiment_stop, name="api-experiment-stop"),
    path(
        "experiments/<int:pk>/resume/",
        rest.experiment_resume,
        name="api-experiment-resume",
    ),
]
