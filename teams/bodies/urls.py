"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "bodies"

urlpatterns = [
    path("", views.group, name="group"),
]
