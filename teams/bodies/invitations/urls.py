"""The address of an invitation's link, outside of any group: who opens it belongs to none yet."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "invitations"

urlpatterns = [
    path("<str:token>/", views.accept, name="invitation"),
    path("<str:token>/passkey/", views.passkey, name="passkey"),
]
