"""Addresses of cleaning."""

from django.urls import path

from annotations.cleaning import views

pages = [
    path("runs/<int:pk>/cleaning/", views.cleaning_queue, name="cleaning"),
    path("runs/<int:pk>/cleaning/score/", views.score_start, name="score-start"),
]
