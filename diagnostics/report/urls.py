"""Addresses of report."""

from django.urls import path

from diagnostics.report import api as rest
from diagnostics.report import views

pages = [
    path("runs/<int:pk>/report/", views.report, name="report"),
    path("runs/<int:pk>/report.json", views.report_json, name="report-json"),
]

api = [
    path("runs/<int:pk>/report/", rest.run_report, name="api-run-report"),
]
