"""Addresses of review."""

from django.urls import path

from annotations.review import grid_views, keys_views, views, warm_up

pages = [
    path("audits/<int:pk>/review/", views.review, name="review"),
    path("audits/<int:pk>/warm-up/", warm_up.warm_up, name="warm-up"),
    path("audits/<int:pk>/grid/", grid_views.grid, name="grid"),
    path("audits/<int:pk>/items/<int:place>/image/", views.item_image, name="item-image"),
    path("account/keys/", keys_views.keys, name="review-keys"),
]
