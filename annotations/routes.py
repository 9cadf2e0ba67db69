"""Addresses of this app, each room keeps its own; `urls.py` includes the pages and the API."""

from django.urls import URLPattern, URLResolver

from annotations.adjudication import urls as adjudication
from annotations.agreement import urls as agreement
from annotations.audits import urls as audits
from annotations.cleaning import urls as cleaning
from annotations.exports import urls as exports
from annotations.ratio import urls as ratio
from annotations.review import urls as review

app_name = "annotations"

urlpatterns: list[URLPattern | URLResolver] = [
    *adjudication.pages,
    *agreement.pages,
    *audits.pages,
    *cleaning.pages,
    *exports.pages,
    *ratio.pages,
    *review.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    *agreement.api,
    *audits.api,
    *exports.api,
    *ratio.api,
]
