"""What a timeline shows, in plain words and dates: what goes into the drawing."""

from __future__ import annotations

from dataclasses import dataclass

from teams.dates import ApproximateDate


@dataclass(frozen=True, slots=True)
class Mark:
    """A dated step, drawn as a shape on the last day that its date can be.

    `shape` names the state (planned, under_way, handed_in, accepted, returned, late, dropped); `words` says all there
    is to know in one sentence, for the tooltip and for those who hear the page; `follows` are keys of other marks.
    """

    key: str
    title: str
    url: str
    on: ApproximateDate
    shape: str
    words: str
    baseline: ApproximateDate | None = None
    is_at_risk: bool = False
    follows: tuple[str, ...] = ()

    @property
    def slip(self) -> int:
        """Days by which it is later than its baseline; 0 where it isn't."""
        return max(0, (self.on.last - self.baseline.last).days) if self.baseline else 0


@dataclass(frozen=True, slots=True)
class Lane:
    """What the marks lead to, drawn as a bar from its first date to `ends`; without `ends` there is no bar."""

    key: str
    title: str
    url: str
    words: str
    marks: tuple[Mark, ...] = ()
    ends: ApproximateDate | None = None
    shape: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Whose lanes they are."""

    title: str
    short_title: str
    url: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that takes place, drawn on top from its first to its last day."""

    title: str
    url: str
    words: str
    on: ApproximateDate
