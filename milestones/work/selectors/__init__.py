"""Questions about what is owed. What a person sees starts from that person."""

from .both import First, first_of, in_order_of_due
from .by_mail import Act, answer_address, answers_of, read_answer
from .clauses import ClauseHeading, clauses_of, stands_under, with_clauses
from .following import Follower, followers_of
from .notes import ABOUT, notes_about, notes_that_say, notes_visible_to
from .plan import Plan, meetings_of_plan, plan_around, plan_of, plan_of_body, progress_of, progress_of_bodies
from .planning import belongs_to, can_follow, goals_of, milestones_to_follow, owners_for, owners_or_as_it_is
from .progress import AtRisk, Progress
from .record import (
    MilestoneChange,
    agreed_at,
    changes_of,
    milestone_of,
    notes_of,
    reminders_of,
    slips_of,
    slips_of_deliverable,
    what_happened,
)
from .rights import ACTION, OWN, Verb, offered, right_to
from .step import Prepared, Step
from .team import Circle, circle_of, deliverables_of
from .visible import (
    deliverables_visible_to,
    deliverables_waiting_on,
    dependencies_shown,
    dependencies_visible_to,
    milestones_visible_to,
    waiting_on,
)

__all__ = [
    "ABOUT",
    "ACTION",
    "OWN",
    "Act",
    "AtRisk",
    "Circle",
    "ClauseHeading",
    "First",
    "Follower",
    "MilestoneChange",
    "Plan",
    "Prepared",
    "Progress",
    "Step",
    "Verb",
    "agreed_at",
    "answer_address",
    "answers_of",
    "belongs_to",
    "can_follow",
    "changes_of",
    "circle_of",
    "clauses_of",
    "deliverables_of",
    "deliverables_visible_to",
    "deliverables_waiting_on",
    "dependencies_shown",
    "dependencies_visible_to",
    "first_of",
    "followers_of",
    "goals_of",
    "in_order_of_due",
    "meetings_of_plan",
    "milestone_of",
    "milestones_to_follow",
    "milestones_visible_to",
    "notes_about",
    "notes_of",
    "notes_that_say",
    "notes_visible_to",
    "offered",
    "owners_for",
    "owners_or_as_it_is",
    "plan_around",
    "plan_of",
    "plan_of_body",
    "progress_of",
    "progress_of_bodies",
    "read_answer",
    "reminders_of",
    "right_to",
    "slips_of",
    "slips_of_deliverable",
    "stands_under",
    "waiting_on",
    "what_happened",
    "with_clauses",
]
