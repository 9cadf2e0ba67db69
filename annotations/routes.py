"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from annotations import api
from annotations.views import (
    agreement,
    audits,
    cleaning,
    exports,
    grid,
    keys,
    leads,
    own_work,
    review,
    warm_up,
)

app_name = "annotations"

# /projects/<slug>/…
project_urls = [
    path("projects/<slug:slug>/audits/", review.project_audits, name="project-audits"),
]

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/audits/", audits.run_audits, name="run-audits"),
    path("runs/<int:pk>/audits/new/", audits.audit_new, name="audit-new"),
    path("runs/<int:pk>/audits/frame/", audits.audit_frame, name="audit-frame"),
    path("runs/<int:pk>/cleaning/", cleaning.cleaning_queue, name="cleaning"),
    path("runs/<int:pk>/cleaning/score/", cleaning.score_start, name="score-start"),
    path("runs/<int:pk>/gold/", leads.gold_answers, name="gold"),
    path("runs/<int:pk>/exports/", exports.exports, name="exports"),
]

# /audits/<pk>/…
audit_urls = [
    path("audits/<int:pk>/", audits.audit_page, name="audit"),
    path("audits/<int:pk>/noise.json", audits.noise_json, name="noise-json"),
    path("audits/<int:pk>/agreement/", agreement.agreement_page, name="agreement"),
    path("audits/<int:pk>/agreement.json", agreement.agreement_json, name="agreement-json"),
    path("audits/<int:pk>/agreement.csv", agreement.figures_csv, name="agreement-csv"),
    path("audits/<int:pk>/votes.csv", agreement.votes_csv, name="votes-csv"),
    path("audits/<int:pk>/review/", review.review, name="review"),
    path("audits/<int:pk>/warm-up/", warm_up.warm_up, name="warm-up"),
    path("audits/<int:pk>/mine/", own_work.own_work_page, name="own-work"),
    path("audits/<int:pk>/grid/", grid.grid, name="grid"),
    path("audits/<int:pk>/items/<int:place>/image/", review.item_image, name="item-image"),
    path("audits/<int:pk>/items/<int:place>/", leads.item, name="item"),
    path(
        "audits/<int:pk>/items/<int:place>/send-back/", leads.item_send_back, name="item-send-back"
    ),
    path("audits/<int:pk>/flags/<int:flag>/settle/", leads.flag_settle, name="flag-settle"),
    path("audits/<int:pk>/adjudicate/", leads.adjudicate, name="adjudicate"),
    path("audits/<int:pk>/release/", leads.seats_release, name="seats-release"),
    path("audits/<int:pk>/close/", audits.audit_close, name="audit-close"),
    path("audits/<int:pk>/reopen/", audits.audit_reopen, name="audit-reopen"),
]

# /exports/<pk>/…
export_urls = [
    path("exports/<int:pk>/download/", exports.download, name="export-download"),
]

# /account/…
account_urls = [
    path("account/keys/", keys.keys, name="review-keys"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *project_urls,
    *run_urls,
    *audit_urls,
    *export_urls,
    *account_urls,
]

api_urlpatterns: list[URLPattern | URLResolver] = [
    path("runs/<int:pk>/audits/", api.run_audits, name="api-run-audits"),
    path("runs/<int:pk>/exports/", api.run_exports, name="api-run-exports"),
    path("audits/<int:pk>/", api.audit_detail, name="api-audit"),
    path("audits/<int:pk>/items/", api.audit_items, name="api-audit-items"),
    path("audits/<int:pk>/noise-ratio/", api.noise_ratio, name="api-noise-ratio"),
    path("audits/<int:pk>/agreement/", api.agreement_of_people, name="api-audit-agreement"),
]
