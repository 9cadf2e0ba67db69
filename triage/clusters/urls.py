"""Addresses of clusters."""

from django.urls import path

from triage.clusters import api as rest
from triage.clusters import views

pages = [
    path("runs/<int:pk>/analyse/", views.analyse, name="run-analyse"),
    path("runs/<int:pk>/clusters/", views.clusters, name="clusters"),
    path("runs/<int:pk>/clusters/map.json", views.clusters_map, name="clusters-map"),
    path("runs/<int:pk>/clusters/confirm/", views.confirm, name="clusters-confirm"),
    path("runs/<int:pk>/clusters/said/<int:said>/", views.said_change, name="clusters-said"),
]

api = [
    path("runs/<int:pk>/clusters/", rest.run_clusters, name="api-run-clusters"),
    path("runs/<int:pk>/analyse/", rest.run_analyse, name="api-run-analyse"),
]
