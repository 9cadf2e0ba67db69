"""Addresses of diagnosis."""

from django.urls import path

from diagnostics.diagnosis import api as rest
from diagnostics.diagnosis import views

pages = [
    path("runs/<int:pk>/diagnosis/", views.diagnosis, name="diagnosis"),
    path("runs/<int:pk>/diagnosis.json", views.diagnosis_json, name="diagnosis-json"),
    path("runs/<int:pk>/diagnosis/start/", views.diagnosis_start, name="diagnosis-start"),
    path("runs/<int:pk>/diagnosis/errors.<slug:form>", views.errors_file, name="errors-file"),
    path("runs/<int:pk>/diagnosis/<slug:name>/", views.measure, name="measure"),
    path("runs/<int:pk>/diagnosis/<slug:name>/<str:key>/", views.behind, name="behind"),
    path("runs/<int:pk>/checklist/", views.checklist, name="checklist"),
]

api = [
    path("runs/<int:pk>/diagnosis/", rest.run_diagnosis, name="api-run-diagnosis"),
    path("runs/<int:pk>/causes/", rest.run_causes, name="api-run-causes"),
]
