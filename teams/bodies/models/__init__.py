"""The committee tree, who belongs to it in which role, who stands in for whom, and how people come in and are kept."""

from .above import BodyAbove
from .access import AccessDecision, AccessRound, Invitation
from .people import Absence, LentRole, Membership, Role
from .tree import (
    Body,
    BodyParent,
    BodyState,
    Dated,
    GroupOwned,
    LoadedItem,
    WorkingGroup,
    ends_after_it_starts,
)

__all__ = [
    "Absence",
    "AccessDecision",
    "AccessRound",
    "Body",
    "BodyAbove",
    "BodyParent",
    "BodyState",
    "Dated",
    "GroupOwned",
    "Invitation",
    "LentRole",
    "LoadedItem",
    "Membership",
    "Role",
    "WorkingGroup",
    "ends_after_it_starts",
]
