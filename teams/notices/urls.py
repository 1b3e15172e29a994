"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "notices"

urlpatterns = [
    path("", views.mailbox, name="mailbox"),
    path("<int:pk>/", views.message, name="message"),
    path("<int:pk>/mail/", views.message_mail, name="message_mail"),
]
