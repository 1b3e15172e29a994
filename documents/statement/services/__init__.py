"""Changes to the statement of work: recording versions, working on a draft, commenting on it, adopting it."""

from documents.statement.models import ASKED

from .adoption import adopt, asked_and_missing, decide, extend, propose, take_position, withdraw
from .comments import comment, reopen, resolve
from .drafts import (
    DEEPEST,
    Direction,
    Saved,
    abandon_draft,
    add_clause,
    base_of,
    edit_clause,
    merge_clause,
    move_clause,
    place_clause,
    remove_clause,
    rename_draft,
    restore_clause,
    split_clause,
    start_draft,
)
from .imports import Incoming, Match, Planned, draft_from, import_into, plan_of, plan_over, state_of
from .links import add_link, remove_link
from .refusals import Conflict, DraftThere, Gone, NotOpen, Refused
from .versions import Placed, Wording, adopt_version, record, same_clauses

__all__ = [
    "ASKED",
    "DEEPEST",
    "Conflict",
    "Direction",
    "DraftThere",
    "Gone",
    "Incoming",
    "Match",
    "NotOpen",
    "Placed",
    "Planned",
    "Refused",
    "Saved",
    "Wording",
    "abandon_draft",
    "add_clause",
    "add_link",
    "adopt",
    "adopt_version",
    "asked_and_missing",
    "base_of",
    "comment",
    "decide",
    "draft_from",
    "edit_clause",
    "extend",
    "import_into",
    "merge_clause",
    "move_clause",
    "place_clause",
    "plan_of",
    "plan_over",
    "propose",
    "record",
    "remove_clause",
    "remove_link",
    "rename_draft",
    "reopen",
    "resolve",
    "restore_clause",
    "same_clauses",
    "split_clause",
    "start_draft",
    "state_of",
    "take_position",
    "withdraw",
]
