"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import views
from .rules import views as rules

app_name = "reminders"

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/forecast/", views.forecast, name="forecast"),
    path("ledger/<int:pk>/", views.notice, name="notice"),
    path("ledger/<int:pk>/mail/", views.notice_mail, name="notice_mail"),
    path("reminder-rules/", rules.rules, name="rules"),
    path("reminder-rules/new/", rules.add_rule, name="add_rule"),
    path("reminder-rules/<int:rule>/", rules.rule, name="rule"),
]
