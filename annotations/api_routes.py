"""Addresses of the REST API of this app."""

from django.urls import URLPattern, URLResolver, path

from annotations import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("runs/<int:pk>/audits/", api.run_audits, name="api-run-audits"),
    path("runs/<int:pk>/exports/", api.run_exports, name="api-run-exports"),
    path("audits/<int:pk>/", api.audit_detail, name="api-audit"),
    path("audits/<int:pk>/items/", api.audit_items, name="api-audit-items"),
    path("audits/<int:pk>/noise-ratio/", api.noise_ratio, name="api-noise-ratio"),
    path("audits/<int:pk>/agreement/", api.agreement_of_people, name="api-audit-agreement"),
]
