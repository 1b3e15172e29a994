"""The address of a signed link."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "by_mail"

urlpatterns = [path("<str:link>/", views.answer, name="answer")]
