"""Addresses of this app: each room keeps its own; `urls.py` includes the pages and the API."""

from django.urls import URLPattern, URLResolver, path

from triage import api
from triage.clusters import urls as clusters
from triage.imports import urls as imports
from triage.jobs import urls as jobs
from triage.projects import urls as projects
from triage.views import images, runs, samples

app_name = "triage"

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/errors/", runs.errors, name="run-errors"),
    path("runs/<int:pk>/filters/", runs.filter_store, name="filter-store"),
    path("runs/<int:pk>/filters/<int:filter_pk>/delete/", runs.filter_delete, name="filter-delete"),
    path("runs/<int:pk>/refused/", runs.refused, name="run-refused"),
    path("runs/<int:pk>/refused.csv", runs.refused_csv, name="run-refused-csv"),
    path("runs/<int:pk>/samples/<int:position>/", samples.sample, name="sample"),
    path("runs/<int:pk>/images/<path:path>", images.run_image, name="run-image"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *run_urls,
    *clusters.pages,
    *imports.pages,
    *jobs.pages,
    *projects.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("runs/<int:pk>/", api.run_detail, name="api-run"),
    path("runs/<int:pk>/error-rates/", api.run_error_rates, name="api-run-error-rates"),
    path("runs/<int:pk>/samples/", api.run_samples, name="api-run-samples"),
    *clusters.api,
    *imports.api,
    *jobs.api,
    *projects.api,
]
