"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from . import import_pages, milestone_pages, note_pages, planning_pages, views
from .progress_notes import pages as progress_notes

app_name = "work"

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/import/", import_pages.import_plan, name="import_plan"),
    path("plan/import/file/", import_pages.plan_template, name="plan_template"),
    path("teams/<slug:key>/", views.team, name="team"),
    path("teams/<slug:key>/notes/new/", note_pages.write_team_note, name="write_team_note"),
    path("milestones/<slug:key>/", milestone_pages.milestone, name="milestone"),
    path("teams/<slug:key>/deliverables/new/", planning_pages.add_deliverable, name="add_deliverable"),
    path("deliverables/<slug:key>/", planning_pages.deliverable, name="deliverable"),
    path("deliverables/<slug:key>/milestones/new/", planning_pages.add_milestone, name="add_milestone"),
    path("milestones/<slug:key>/change/", planning_pages.change_milestone, name="change_milestone"),
    path("milestones/<slug:key>/due/", milestone_pages.move_milestone, name="move_milestone"),
    path("milestones/<slug:key>/notes/new/", note_pages.write_milestone_note, name="write_milestone_note"),
    path("deliverables/<slug:key>/notes/new/", note_pages.write_deliverable_note, name="write_deliverable_note"),
    path("progress-notes/", progress_notes.progress_notes, name="progress_notes"),
    path("progress-notes/<slug:key>/", progress_notes.progress_note, name="progress_note"),
    path("teams/<slug:key>/progress-notes/new/", progress_notes.write_progress_note, name="write_progress_note"),
    path("notes/", note_pages.notes, name="notes"),
    path("notes/<slug:key>/", note_pages.note, name="note"),
]
