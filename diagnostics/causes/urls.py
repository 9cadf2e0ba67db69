"""Addresses of causes."""

from django.urls import path

from diagnostics.causes import api as rest
from diagnostics.causes import views

pages = [
    path("runs/<int:pk>/causes/", views.queue, name="queue"),
    path("runs/<int:pk>/causes/<int:position>/image/", views.queue_image, name="queue-image"),
    path("runs/<int:pk>/causes/clusters/", views.clusters, name="clusters"),
    path("runs/<int:pk>/causes/clusters/next/", views.cluster_queue, name="cluster-queue"),
    path("runs/<int:pk>/causes/clusters/say/", views.cluster_cause, name="cluster-cause"),
    path("runs/<int:pk>/causes/name/", views.name_again, name="name-again"),
    path("runs/<int:pk>/causes/of/<slug:name>/", views.cause, name="cause"),
    path("runs/<int:pk>/samples/<int:position>/cause/", views.sample_cause, name="sample-cause"),
    path("projects/<slug:slug>/rules/", views.rules, name="rules"),
    path("projects/<slug:slug>/causes/", views.project_queues, name="project-queues"),
]

api = [
    path("runs/<int:pk>/causes/said/", rest.run_cause_said, name="api-run-cause-said"),
]
