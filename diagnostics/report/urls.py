"""Addresses of report."""

from django.urls import path

from diagnostics.report import views

pages = [
    path("runs/<int:pk>/report/", views.report, name="report"),
    path("runs/<int:pk>/report.json", views.report_json, name="report-json"),
]
