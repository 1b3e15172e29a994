"""How far a body has come, from its milestones alone: nobody types a percentage."""

from __future__ import annotations

from dataclasses import dataclass

from .step import Step


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A milestone at risk, with the reason in a sentence."""

    step: Step
    remark: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far some milestones have come on a date.

    `accepted` of `total` milestones are accepted, where those that were dropped don't count. `overdue` are open past
    their date and `at_risk` are not yet; `next_due` is the first of the open ones that are not late; `slipped_most`
    is due longest after its date in the plan as it was adopted. `moved` of them had their due date moved, `moves` times
    in all. The one due first comes first.
    """

    accepted: int = 0
    total: int = 0
    overdue: tuple[Step, ...] = ()
    at_risk: tuple[AtRisk, ...] = ()
    next_due: Step | None = None
    slipped_most: Step | None = None
    moved: int = 0
    moves: int = 0

    @property
    def late(self) -> int:
        """How many are late."""
        return len(self.overdue)

    @property
    def worst_slip(self) -> int:
        """Days by which the one that slipped most is due later than it was adopted; 0 where none is."""
        return self.slipped_most.slip if self.slipped_most else 0

    @property
    def in_a_word(self) -> str:
        """The answer to "is it on track?": "Yes", "No, late", "At risk", "Done", or "Nothing planned"."""
        if not self.total:
            return "Nothing planned"
        if self.late:
            return "No, late"
        if self.at_risk:
            return "At risk"
        return "Done" if self.accepted == self.total else "Yes"
