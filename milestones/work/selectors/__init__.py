"""Questions about what is owed. What a person sees starts from that person."""

from .plan import Plan, plan_of, progress_of, progress_of_bodies
from .progress import AtRisk, Progress
from .step import Prepared, Step
from .visible import deliverables_visible_to, milestones_visible_to, number_waiting_on, waiting_on

__all__ = [
    "AtRisk",
    "Plan",
    "Prepared",
    "Progress",
    "Step",
    "deliverables_visible_to",
    "milestones_visible_to",
    "number_waiting_on",
    "plan_of",
    "progress_of",
    "progress_of_bodies",
    "waiting_on",
]
