"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver

app_name = "diagnostics"

urlpatterns: list[URLPattern | URLResolver] = []
