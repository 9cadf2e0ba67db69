"""Addresses of projects."""

from django.urls import path

from triage.projects import account, views
from triage.projects import api as rest

pages = [
    path("", views.projects, name="projects"),
    path("projects/new/", views.project_new, name="project-new"),
    path("projects/<slug:slug>/", views.project, name="project"),
    path("projects/<slug:slug>/members/", views.project_members, name="members"),
    path("projects/<slug:slug>/members/<int:pk>/", views.member_change, name="member"),
    path("account/", account.account, name="account"),
    path("account/tokens/<str:key>/revoke/", account.token_revoke, name="token-revoke"),
]

api = [
    path("projects/", rest.projects, name="api-projects"),
]
