"""A Word or Markdown file read into clauses, with a list of what could not be read. Nothing is changed here."""

from .files import Reading, Unreadable, read_file

__all__ = ["Reading", "Unreadable", "read_file"]
