"""WHEN: what is owed by when, meetings, reminders."""
