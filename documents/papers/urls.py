"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "papers"

urlpatterns = [
    path("developments/", views.developments, name="developments"),
]
