"""A Word file (ECMA-376) of a version, a draft, or what changed: with real styles, lists, links and tracked changes."""

from .document import document_of, document_of_comparison
from .names import ABOUT, BOOKMARK, CODE, CONTINUED, NUMBER, RULE, STEP, TEXT_HEADING

__all__ = [
    "ABOUT",
    "BOOKMARK",
    "CODE",
    "CONTINUED",
    "NUMBER",
    "RULE",
    "STEP",
    "TEXT_HEADING",
    "document_of",
    "document_of_comparison",
]
