"""Addresses about one's own session."""

from django.urls import path

from . import views

app_name = "sessions"
urlpatterns = [
    path("session/", views.session, name="session"),
    path("kept/", views.kept, name="kept"),
]
