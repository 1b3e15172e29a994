"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from .views import versions

app_name = "statement"

urlpatterns = [
    path("statement/", versions.current, name="current"),
    path("statement/compare/", versions.compare, name="compare"),
    path("statement/<str:number>/", versions.version, name="version"),
]
