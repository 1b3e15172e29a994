"""The text of a clause as paragraphs: read from Markdown, written as Markdown. Pure: no database.

Markdown is what is stored. Word, PDF and the comparison of two texts need its paragraphs, lists and links: `Line`s with
`Span`s. `read(write(lines)) == lines` for whatever `read` gives; two texts that `read` gives the same lines of say the
same, however they are written.
"""

from .lines import Kind, Line, Span, settled, tidy
from .reading import has_heading, read
from .writing import write

__all__ = ["Kind", "Line", "Span", "has_heading", "read", "settled", "tidy", "write"]
