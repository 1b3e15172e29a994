"""What is called how in a Word file of ours: by these names a file that comes back is read again."""

from __future__ import annotations

from typing import Final

# Before the identity of a clause, the name of the bookmark on its heading.
BOOKMARK: Final = "clause_"

# Styles of paragraphs and of characters.
ABOUT: Final = "Statement About"  # what is no clause: facts and signatures; also the start of other styles' names
TEXT_HEADING: Final = "Statement Text Heading"  # with its rank behind it
CODE: Final = "Statement Code"
RULE: Final = "Statement Rule"
CONTINUED: Final = "List Continue"
NUMBER: Final = "Statement Number"  # the number of a clause before its heading

# How far a list stands in from the one around it, in twentieths of a point.
STEP: Final = 360
