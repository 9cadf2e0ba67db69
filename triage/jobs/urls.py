"""Addresses of jobs."""

from django.urls import path

from triage.jobs import api as rest
from triage.jobs import views

pages = [
    path("jobs/<uuid:job_uuid>/", views.job, name="job"),
]

api = [
    path("jobs/<uuid:job_uuid>/", rest.job_detail, name="api-job"),
]
