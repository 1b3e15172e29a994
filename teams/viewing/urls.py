"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "viewing"

urlpatterns = [
    path("", views.view_as, name="view_as"),
    path("stop/", views.stop, name="stop"),
]
