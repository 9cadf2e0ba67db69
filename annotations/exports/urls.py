"""Addresses of exports."""

from django.urls import path

from annotations.exports import api as rest
from annotations.exports import views

pages = [
    path("runs/<int:pk>/exports/", views.exports, name="exports"),
    path("exports/<int:pk>/download/", views.download, name="export-download"),
]

api = [
    path("runs/<int:pk>/exports/", rest.run_exports, name="api-run-exports"),
]
