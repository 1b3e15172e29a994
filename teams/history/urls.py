"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "history"

urlpatterns = [
    path("activity/", views.activity, name="activity"),
    path("activity.csv", views.activity_csv, name="activity_csv"),
]
