"""Tags and filters that every template has at hand: dates in plain words, states as a shape and a word, Markdown."""

from __future__ import annotations

from datetime import date
from typing import Any

import nh3
from django import template
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from teams.clock import selectors as clock
from teams.dates import ApproximateDate

register = template.Library()

# A state is a word with a shape, so that it is never told by colour alone.
SHAPES = {
    "planned": "○",
    "under_way": "◐",
    "handed_in": "◑",
    "accepted": "●",
    "returned": "↩",
    "late": "▲",
    "dropped": "✕",
}

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_ALLOWED_TAGS = {
    "p", "br", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "a", "h3", "h4", "h5", "h6", "hr",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML: no raw HTML, no scripts, links only to http, https and mailto."""
    html = nh3.clean(
        _markdown.render(text),
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
    )
    return mark_safe(html)  # noqa: S308 - cleaned by nh3 in the line above


@register.filter
def marked(text: str, found: Any) -> SafeString:
    """A text, or HTML that is safe, with the hits of `found` (it has `marked`) in <mark>; as it is without a search."""
    markup = conditional_escape(text)
    return found.marked(markup) if found else markup


def in_words(days: int) -> str:
    """So many days from now: "today", "tomorrow", "3 days left", "2 weeks late".

    Weeks and months are whole ones: a deadline must not look later than it is.
    """
    if days == 0:
        return "today"
    if days == 1:
        return "tomorrow"
    count, side = abs(days), "left" if days > 0 else "late"
    if count < 14:
        return f"{count} day{'s' if count != 1 else ''} {side}"
    if count < 92:
        return f"{count // 7} weeks {side}"
    return f"{int(count / 30.5)} months {side}"


@register.filter
def days_left(due: ApproximateDate | date) -> str:
    """How far a due date is from today, in words; a month counts until its last day."""
    last = due.last if isinstance(due, ApproximateDate) else due
    return in_words((last - clock.today()).days)


@register.simple_tag
def due(owed: Any) -> SafeString:
    """The due date of a deliverable or milestone with how far away it is, as long as it is open."""
    return render_to_string("components/due.html", {"owed": owed, "is_late": owed.is_late(clock.today())})


@register.simple_tag
def state(owed: Any) -> SafeString:
    """The state of a deliverable or milestone: a shape and a word; "Late" where it is open past its date."""
    late = owed.is_late(clock.today())
    return render_to_string(
        "components/state.html",
        {
            "shape": SHAPES["late"] if late else SHAPES[owed.state],
            "word": "Late" if late else owed.get_state_display(),
            "state": "late" if late else owed.state,
        },
    )


@register.simple_tag
def sample(row: Any) -> SafeString | str:
    """The mark of a row that was made up as an example; nothing for a row that is a fact."""
    return render_to_string("components/sample.html") if row.is_sample else ""
