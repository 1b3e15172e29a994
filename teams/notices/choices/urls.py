"""Addresses of a person's choices, and of the link in a mail."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "choices"

urlpatterns = [
    path("profile/mail/", views.choices, name="choices"),
    path("mail/less/<str:link>/", views.least, name="least"),
]
