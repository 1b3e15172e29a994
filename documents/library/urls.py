"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "library"

urlpatterns = [
    path("documents/", views.documents, name="documents"),
    path("documents.csv", views.documents_csv, name="documents_csv"),
    path("documents/<slug:key>/", views.document, name="document"),
]
