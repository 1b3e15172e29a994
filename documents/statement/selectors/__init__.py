"""Questions about the statement of work: adopted versions, drafts, and what a draft would change."""

from .drafts import (
    DraftText,
    clause_of,
    clauses_of_draft,
    comments_visible_to,
    draft_under_work,
    drafts_visible_to,
    numbered,
    removed_from,
    wording_at,
)
from .impact import Affected, Impact, impact_of
from .versions import (
    Node,
    clauses_of,
    clauses_with_deliverables,
    in_force,
    texts_in_force_visible_to,
    tree,
    versions_of,
    versions_visible_to,
)

__all__ = [
    "Affected",
    "DraftText",
    "Impact",
    "Node",
    "clause_of",
    "clauses_of",
    "clauses_of_draft",
    "clauses_with_deliverables",
    "comments_visible_to",
    "draft_under_work",
    "drafts_visible_to",
    "impact_of",
    "in_force",
    "numbered",
    "removed_from",
    "texts_in_force_visible_to",
    "tree",
    "versions_of",
    "versions_visible_to",
    "wording_at",
]
