"""Addresses of this app: each room keeps its own; `urls.py` includes the pages and the API."""

from django.urls import URLPattern, URLResolver, path

from triage import api
from triage.clusters import urls as clusters
from triage.imports import urls as imports
from triage.jobs import urls as jobs
from triage.views import account, images, projects, runs, samples

app_name = "triage"

# /projects/<slug>/…
project_urls = [
    path("", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/members/", projects.project_members, name="members"),
    path("projects/<slug:slug>/members/<int:pk>/", projects.member_change, name="member"),
]

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

account_urls = [
    path("account/", account.account, name="account"),
    path("account/tokens/<str:key>/revoke/", account.token_revoke, name="token-revoke"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *project_urls,
    *run_urls,
    *account_urls,
    *clusters.pages,
    *imports.pages,
    *jobs.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/", api.projects, name="api-projects"),
    path("runs/<int:pk>/", api.run_detail, name="api-run"),
    path("runs/<int:pk>/error-rates/", api.run_error_rates, name="api-run-error-rates"),
    path("runs/<int:pk>/samples/", api.run_samples, name="api-run-samples"),
    *clusters.api,
    *imports.api,
    *jobs.api,
]
