"""The reminders that deliverables owe which have no open milestones to be reminded of."""
