"""Addresses of imports."""

from django.urls import path

from triage.imports import api as rest
from triage.imports import views

pages = [
    path("projects/<slug:slug>/import/", views.import_start, name="import-start"),
    path("imports/<uuid:job_uuid>/", views.import_describe, name="import"),
    path("imports/<uuid:job_uuid>/reopen/", views.import_reopen, name="import-reopen"),
    path("imports/<uuid:job_uuid>/anyway/", views.import_anyway, name="import-anyway"),
    path("imports/<uuid:job_uuid>/discard/", views.import_discard, name="import-discard"),
]

api = [
    path("projects/<slug:slug>/runs/", rest.project_runs, name="api-project-runs"),
]
