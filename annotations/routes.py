"""Addresses of this app, one list per kind of object."""

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
    *audits.pages,
    *review.pages,
    *agreement.pages,
    *cleaning.pages,
    *exports.pages,
    *ratio.pages,
    *adjudication.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    *audits.api,
    *agreement.api,
    *exports.api,
    *ratio.api,
]
