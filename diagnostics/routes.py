"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from diagnostics.causes import urls as causes
from diagnostics.diagnosis import urls as diagnosis
from diagnostics.experiments import urls as experiments
from diagnostics.views import report as report_old

app_name = "diagnostics"

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/report/", report_old.report, name="report"),
    path("runs/<int:pk>/report.json", report_old.report_json, name="report-json"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *run_urls,
    *causes.pages,
    *diagnosis.pages,
    *experiments.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    *causes.api,
    *diagnosis.api,
    *experiments.api,
]
