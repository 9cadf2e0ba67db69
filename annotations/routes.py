"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from annotations.agreement import urls as agreement
from annotations.audits import urls as audits
from annotations.cleaning import urls as cleaning
from annotations.exports import urls as exports
from annotations.ratio import urls as ratio
from annotations.review import urls as review
from annotations.views import leads as leads_old

app_name = "annotations"

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/gold/", leads_old.gold_answers, name="gold"),
]

# /audits/<pk>/…
audit_urls = [
    path("audits/<int:pk>/items/<int:place>/", leads_old.item, name="item"),
    path(
        "audits/<int:pk>/items/<int:place>/send-back/",
        leads_old.item_send_back,
        name="item-send-back",
    ),
    path("audits/<int:pk>/flags/<int:flag>/settle/", leads_old.flag_settle, name="flag-settle"),
    path("audits/<int:pk>/adjudicate/", leads_old.adjudicate, name="adjudicate"),
    path("audits/<int:pk>/release/", leads_old.seats_release, name="seats-release"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *run_urls,
    *audit_urls,
    *audits.pages,
    *review.pages,
    *agreement.pages,
    *cleaning.pages,
    *exports.pages,
    *ratio.pages,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    *audits.api,
    *agreement.api,
    *exports.api,
    *ratio.api,
]
