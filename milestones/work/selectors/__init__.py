"""Questions about what is owed. What a person sees starts from that person."""

from .clauses import ClauseHeading, clauses_of, stands_under, with_clauses
from .notes import ABOUT, notes_about, notes_that_say, notes_visible_to
from .plan import Plan, meetings_of_plan, plan_around, plan_of, plan_of_body, progress_of, progress_of_bodies
from .progress import AtRisk, Progress
from .record import MilestoneChange, changes_of, milestone_of, notes_of, reminders_of
from .step import Prepared, Step
from .team import Circle, circle_of, deliverables_of
from .visible import deliverables_visible_to, milestones_visible_to, waiting_on

__all__ = [
    "ABOUT",
    "AtRisk",
    "Circle",
    "ClauseHeading",
    "MilestoneChange",
    "Plan",
    "Prepared",
    "Progress",
    "Step",
    "changes_of",
    "circle_of",
    "clauses_of",
    "deliverables_of",
    "deliverables_visible_to",
    "meetings_of_plan",
    "milestone_of",
    "milestones_visible_to",
    "notes_about",
    "notes_of",
    "notes_that_say",
    "notes_visible_to",
    "plan_around",
    "plan_of",
    "plan_of_body",
    "progress_of",
    "progress_of_bodies",
    "reminders_of",
    "stands_under",
    "waiting_on",
    "with_clauses",
]
