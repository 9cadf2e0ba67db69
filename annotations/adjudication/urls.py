"""Addresses of adjudication."""

from django.urls import path

from annotations.adjudication import views

pages = [
    path("runs/<int:pk>/gold/", views.gold_answers, name="gold"),
    path("audits/<int:pk>/items/<int:place>/", views.item, name="item"),
    path(
        "audits/<int:pk>/items/<int:place>/send-back/",
        views.item_send_back,
        name="item-send-back",
    ),
    path("audits/<int:pk>/flags/<int:flag>/settle/", views.flag_settle, name="flag-settle"),
    path("audits/<int:pk>/adjudicate/", views.adjudicate, name="adjudicate"),
    path("audits/<int:pk>/release/", views.seats_release, name="seats-release"),
]
