"""Addresses of this app, one list per kind of object."""

from django.urls import URLPattern, URLResolver, path

from triage.views import account, clusters, images, imports, jobs, projects, runs, samples

app_name = "triage"

# /projects/<slug>/…
project_urls = [
    path("", projects.projects, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<slug:slug>/", projects.project, name="project"),
    path("projects/<slug:slug>/members/", projects.project_members, name="members"),
    path("projects/<slug:slug>/members/<int:pk>/", projects.member_change, name="member"),
    path("projects/<slug:slug>/import/", imports.import_start, name="import-start"),
]

# /imports/<uuid>/… and /jobs/<uuid>/
job_urls = [
    path("imports/<uuid:job_uuid>/", imports.import_describe, name="import"),
    path("imports/<uuid:job_uuid>/reopen/", imports.import_reopen, name="import-reopen"),
    path("imports/<uuid:job_uuid>/discard/", imports.import_discard, name="import-discard"),
    path("jobs/<uuid:job_uuid>/", jobs.job, name="job"),
]

# /runs/<pk>/…
run_urls = [
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/analyse/", runs.analyse, name="run-analyse"),
    path("runs/<int:pk>/errors/", runs.errors, name="run-errors"),
    path("runs/<int:pk>/filters/", runs.filter_store, name="filter-store"),
    path("runs/<int:pk>/filters/<int:filter_pk>/delete/", runs.filter_delete, name="filter-delete"),
    path("runs/<int:pk>/refused/", runs.refused, name="run-refused"),
    path("runs/<int:pk>/refused.csv", runs.refused_csv, name="run-refused-csv"),
    path("runs/<int:pk>/samples/<int:position>/", samples.sample, name="sample"),
    path("runs/<int:pk>/images/<path:path>", images.run_image, name="run-image"),
    path("runs/<int:pk>/clusters/", clusters.clusters, name="clusters"),
    path("runs/<int:pk>/clusters/map.json", clusters.clusters_map, name="clusters-map"),
    path("runs/<int:pk>/clusters/confirm/", clusters.confirm, name="clusters-confirm"),
    path("runs/<int:pk>/clusters/said/<int:said>/", clusters.said_change, name="clusters-said"),
]

account_urls = [
    path("account/", account.account, name="account"),
    path("account/tokens/<str:key>/revoke/", account.token_revoke, name="token-revoke"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *project_urls,
    *job_urls,
    *run_urls,
    *account_urls,
]
