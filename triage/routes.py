"""Addresses of the machine's side, one list per kind of object."""

from django.urls import path
from django.views.generic import RedirectView

app_name = "triage"

urlpatterns: list = [
    path("", RedirectView.as_view(url="/"), name="projects"),
]
