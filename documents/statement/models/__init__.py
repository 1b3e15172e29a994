"""The statement of work: adopted versions, the draft under work, and how a draft is adopted."""

from .adoption import ASKED, ImpactDecision, Position, Proposal
from .drafts import Draft, DraftClause, DraftComment
from .versions import Clause, ClauseLink, ClauseText, StatementOfWork, StatementVersion

__all__ = [
    "ASKED",
    "Clause",
    "ClauseLink",
    "ClauseText",
    "Draft",
    "DraftClause",
    "DraftComment",
    "ImpactDecision",
    "Position",
    "Proposal",
    "StatementOfWork",
    "StatementVersion",
]
