"""Addresses of audits."""

from django.urls import path

from annotations.audits import api as rest
from annotations.audits import views

pages = [
    path("runs/<int:pk>/audits/new/", views.audit_new, name="audit-new"),
    path("runs/<int:pk>/audits/frame/", views.audit_frame, name="audit-frame"),
    path("audits/<int:pk>/close/", views.audit_close, name="audit-close"),
    path("audits/<int:pk>/reopen/", views.audit_reopen, name="audit-reopen"),
]

api = [
    path("runs/<int:pk>/audits/", rest.run_audits, name="api-run-audits"),
    path("audits/<int:pk>/", rest.audit_detail, name="api-audit"),
]
