"""Addresses of agreement."""

from django.urls import path

from annotations.agreement import api as rest
from annotations.agreement import views

pages = [
    path("audits/<int:pk>/agreement/", views.agreement_page, name="agreement"),
    path("audits/<int:pk>/agreement.json", views.agreement_json, name="agreement-json"),
    path("audits/<int:pk>/agreement.csv", views.figures_csv, name="agreement-csv"),
    path("audits/<int:pk>/votes.csv", views.votes_csv, name="votes-csv"),
    path("audits/<int:pk>/mine/", views.own_work_page, name="own-work"),
]

api = [
    path("audits/<int:pk>/agreement/", rest.agreement_of_people, name="api-audit-agreement"),
]
