"""Addresses of the REST API of this app."""

from django.urls import URLPattern, URLResolver, path

from triage import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("projects/", api.projects, name="api-projects"),
    path("projects/<slug:slug>/runs/", api.project_runs, name="api-project-runs"),
    path("runs/<int:pk>/", api.run_detail, name="api-run"),
    path("runs/<int:pk>/error-rates/", api.run_error_rates, name="api-run-error-rates"),
    path("runs/<int:pk>/samples/", api.run_samples, name="api-run-samples"),
    path("runs/<int:pk>/clusters/", api.run_clusters, name="api-run-clusters"),
    path("runs/<int:pk>/analyse/", api.run_analyse, name="api-run-analyse"),
    path("jobs/<uuid:job_uuid>/", api.job_detail, name="api-job"),
]
