"""Addresses of ratio."""

from django.urls import path

from annotations.ratio import api as rest
from annotations.ratio import views

pages = [
    path("projects/<slug:slug>/audits/", views.project_audits, name="project-audits"),
    path("runs/<int:pk>/audits/", views.run_audits, name="run-audits"),
    path("audits/<int:pk>/", views.audit_page, name="audit"),
    path("audits/<int:pk>/noise.json", views.noise_json, name="noise-json"),
]

api = [
    path("audits/<int:pk>/items/", rest.audit_items, name="api-audit-items"),
    path("audits/<int:pk>/noise-ratio/", rest.noise_ratio, name="api-noise-ratio"),
]
