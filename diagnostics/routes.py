"""Addresses of this app, each room keeps its own; `urls.py` includes the pages and the API."""

from django.urls import URLPattern, URLResolver

from diagnostics.causes import urls as causes
from diagnostics.diagnosis import urls as diagnosis
from diagnostics.experiments import urls as experiments
from diagnostics.report import urls as report

app_name = "diagnostics"

urlpatterns: list[URLPattern | URLResolver] = [
    *causes.pages,
    *diagnosis.pages,
    *experiments.pages,
    *report.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    *causes.api,
    *diagnosis.api,
    *experiments.api,
    *report.api,
]
