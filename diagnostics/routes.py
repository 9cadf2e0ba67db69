"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from diagnostics.views import diagnosis

app_name = "diagnostics"

# /runs/<pk>/diagnosis/…
diagnosis_urls = [
    path("runs/<int:pk>/diagnosis/", diagnosis.diagnosis, name="diagnosis"),
    path("runs/<int:pk>/diagnosis.json", diagnosis.diagnosis_json, name="diagnosis-json"),
    path("runs/<int:pk>/diagnosis/start/", diagnosis.diagnosis_start, name="diagnosis-start"),
    path("runs/<int:pk>/diagnosis/<slug:name>/", diagnosis.measure, name="measure"),
    path("runs/<int:pk>/diagnosis/<slug:name>/<str:key>/", diagnosis.behind, name="behind"),
]

urlpatterns: list[URLPattern | URLResolver] = [*diagnosis_urls]
