"""Addresses of this app: each room keeps its own; `urls.py` includes the pages and the API."""

from django.urls import URLPattern, URLResolver

from triage.clusters import urls as clusters
from triage.imports import urls as imports
from triage.jobs import urls as jobs
from triage.projects import urls as projects
from triage.runs import urls as runs

app_name = "triage"

urlpatterns: list[URLPattern | URLResolver] = [
    *clusters.pages,
    *imports.pages,
    *jobs.pages,
    *projects.pages,
    *runs.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    *clusters.api,
    *imports.api,
    *jobs.api,
    *projects.api,
    *runs.api,
]
