"""A page as a reader meets it."""

from __future__ import annotations

import html
import re
from typing import Any


def words_of(answer: Any) -> str:
    """The words of the main part of a page that was answered, without markup, white space drawn together."""
    main = answer.content.decode().partition('id="main-content"')[2].partition(">")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
