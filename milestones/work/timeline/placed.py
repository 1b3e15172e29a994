"""What a drawing is made of: everything with its place, in CSS pixels from the left and from the top."""

from __future__ import annotations

from dataclasses import dataclass

from .axis import Axis, Tick
from .subjects import Band, Event, Lane, Mark

# Of the line that ends a bar: its width.
END_LINE = 3


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text: its baseline starts at (x, y)."""

    x: float
    y: float
    text: str
    width: float


@dataclass(frozen=True, slots=True)
class Label:
    """A mark's label with the leader that leads down to it; without a leader it stands right under its mark."""

    x: float
    y: float
    text: str
    width: float
    leader_x: float
    leader_from: float
    leader_to: float | None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def end(self) -> float:
        """Where the line at its right end begins."""
        return round(self.right - END_LINE, 1)

    @property
    def right(self) -> float:
        """Its right edge."""
        return round(self.x + self.width, 1)


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark with its centre, the days it can be (unless its day is known), its baseline, and its label."""

    mark: Mark
    x: float
    y: float
    span: Box | None
    baseline_x: float | None
    baseline_y: float
    label: Label


@dataclass(frozen=True, slots=True)
class PlacedLane:
    """A lane with its bar; `is_cut` where the bar goes on beyond the right edge.

    `shape` is the centre of the shape of its state, at the end of the bar. `baseline` is the line under the bar, with a
    tick at `baseline_end`, where the bar was to end.
    """

    lane: Lane
    y: float
    height: float
    title: Text
    remark: str
    bar: Box | None
    is_cut: bool
    shape: tuple[float, float] | None
    baseline: Box | None
    baseline_end: float | None
    baseline_y: float
    marks: list[PlacedMark]


@dataclass(frozen=True, slots=True)
class PlacedBand:
    """A band with the lanes in it; `short_title` runs up its side, so it fits into the height."""

    band: Band
    y: float
    height: float
    title: Text
    short_title: str
    lanes: list[PlacedLane]

    @property
    def middle(self) -> float:
        """Half its height."""
        return round(self.height / 2, 1)


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event on top."""

    event: Event
    box: Box
    label: Label


@dataclass(frozen=True, slots=True)
class Arrow:
    """From what comes first to what follows it, as the path of an SVG; `is_broken` where what follows is due first."""

    path: str
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Today:
    """Where today is: a line, and its label beside it."""

    x: float
    label: Text


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture; the bands begin at `body_y`."""

    width: float
    height: float
    axis: Axis
    upper: list[Tick]
    lower: list[Tick]
    today: Today | None
    events: list[PlacedEvent]
    bands: list[PlacedBand]
    arrows: list[Arrow]
    body_y: float
