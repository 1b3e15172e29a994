"""Addresses of the administrators' pages of people."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "people"

urlpatterns = [
    path("", views.people, name="people"),
    path("<int:person>/", views.account, name="account"),
]
