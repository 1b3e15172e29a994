"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "statement"

urlpatterns = [
    path("statement/", views.current, name="current"),
    path("statement/compare/", views.compare, name="compare"),
    path("statement/<str:number>/", views.version, name="version"),
]
