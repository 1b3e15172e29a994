"""What a timeline shows, in plain words and dates: what goes into the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.utils import formats

from teams.dates import ApproximateDate


def short(on: ApproximateDate) -> str:
    """A date for a label: "Jul 27", "Jul 27–Aug 2", "Oct 8–12", "Jul" for a month, "2018" for a year."""
    match on.precision:
        case "day":
            return formats.date_format(on.first, "M j")
        case "month":
            return formats.date_format(on.first, "M")
        case "year":
            return formats.date_format(on.first, "Y")
    ends = formats.date_format(on.last, "j" if on.first.month == on.last.month else "M j")
    return f"{formats.date_format(on.first, 'M j')}–{ends}"


def slipped(days: int) -> str:
    """What is put behind a date that is so many days later than it was to be: " (+3 days)"; nothing for none."""
    return f" (+{days}\N{NO-BREAK SPACE}day{'s' if days != 1 else ''})" if days > 0 else ""


def _days_later(on: ApproximateDate | None, baseline: ApproximateDate | None) -> int:
    return max(0, (on.last - baseline.last).days) if on and baseline else 0


@dataclass(frozen=True)
class Mark:
    """A dated step, drawn as a shape on the last day that its date can be.

    `shape` names the state (planned, under_way, handed_in, accepted, returned, late, dropped); `words` say the rest of
    what there is to know, after the label, for the tooltip and for those who hear the page; `follows` are keys of
    other marks.
    """

    key: str
    title: str
    url: str
    on: ApproximateDate
    shape: str
    words: str
    baseline: ApproximateDate | None = None
    is_at_risk: bool = False
    is_sample: bool = False
    follows: tuple[str, ...] = ()

    @property
    def slip(self) -> int:
        """Days by which it is later than its baseline; 0 where it isn't."""
        return _days_later(self.on, self.baseline)

    @cached_property
    def label(self) -> str:
        """What stands beside it, where there is room: "Aug 17 (+3 days) Draft recommendations"."""
        return f"{short(self.on)}{slipped(self.slip)} {self.title}"


@dataclass(frozen=True)
class Lane:
    """What the marks lead to, drawn as a bar from its first date to `ends`; without `ends` there is no bar.

    `remark` stands behind the title; `words` say the rest, as those of a mark do. `baseline` is where it was to end.
    """

    key: str
    title: str
    url: str
    words: str
    marks: tuple[Mark, ...] = ()
    ends: ApproximateDate | None = None
    shape: str = ""
    remark: str = ""
    baseline: ApproximateDate | None = None

    @property
    def slip(self) -> int:
        """Days by which it ends later than its baseline; 0 where it doesn't."""
        return _days_later(self.ends, self.baseline)

    @cached_property
    def label(self) -> str:
        """What stands above it."""
        return f"{self.title} · {self.remark}" if self.remark else self.title


@dataclass(frozen=True)
class Band:
    """Whose lanes they are."""

    title: str
    short_title: str
    url: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Event:
    """Something that takes place, drawn on top from its first to its last day.

    `is_loose` where it takes less than that: of its days only the month is known.
    """

    title: str
    url: str
    words: str
    on: ApproximateDate
    is_loose: bool = False
    is_sample: bool = False

    @cached_property
    def label(self) -> str:
        """What stands beside it, where there is room."""
        return f"{short(self.on)} {self.title}"
