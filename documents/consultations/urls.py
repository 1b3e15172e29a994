"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "consultations"

urlpatterns = [
    path("consultations/", views.consultations, name="consultations"),
    path("consultations/<slug:key>/", views.consultation, name="consultation"),
]
