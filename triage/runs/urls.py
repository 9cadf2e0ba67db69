"""Addresses of runs."""

from django.urls import path

from triage.runs import api as rest
from triage.runs import images, rescoring_views, views

pages = [
    path("runs/<int:pk>/", views.run, name="run"),
    path("runs/<int:pk>/errors/", views.errors, name="run-errors"),
    path("runs/<int:pk>/filters/", views.filter_store, name="filter-store"),
    path(
        "runs/<int:pk>/filters/<int:filter_pk>/delete/", views.filter_delete, name="filter-delete"
    ),
    path("runs/<int:pk>/refused/", views.refused, name="run-refused"),
    path("runs/<int:pk>/refused.csv", views.refused_csv, name="run-refused-csv"),
    path("runs/<int:pk>/scoring/", rescoring_views.scoring, name="run-scoring"),
    path("runs/<int:pk>/rescore/", rescoring_views.rescore, name="run-rescore"),
    path("runs/<int:pk>/samples/<int:position>/", views.sample, name="sample"),
    path("runs/<int:pk>/images/<path:path>", images.run_image, name="run-image"),
]

api = [
    path("runs/<int:pk>/", rest.run_detail, name="api-run"),
    path("runs/<int:pk>/error-rates/", rest.run_error_rates, name="api-run-error-rates"),
    path("runs/<int:pk>/samples/", rest.run_samples, name="api-run-samples"),
]
