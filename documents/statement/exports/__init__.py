"""A version or a draft of the statement of work, or what changed between two, as a file: Word, PDF or Markdown."""

from .files import Format, export, export_comparison, name_of
from .paper import Comparison, Entry, Paper, comparison, paper_of_draft, paper_of_version

__all__ = [
    "Comparison",
    "Entry",
    "Format",
    "Paper",
    "comparison",
    "export",
    "export_comparison",
    "name_of",
    "paper_of_draft",
    "paper_of_version",
]
