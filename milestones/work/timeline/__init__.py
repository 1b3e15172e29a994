"""Draws a plan against time: from plain rows to shapes with their places. Asks neither the database nor the clock.

`draw` takes bands (teams) with lanes (deliverables) with marks (milestones) and gives a Drawing, in which
everything has its place in CSS pixels; a template writes it down as SVG. `axis` turns dates into places, `rows`
keeps labels apart, `text` says how wide a text is.
"""

from .axis import EARLIEST, LATEST, Axis, Scale
from .drawing import axis_of, draw
from .placed import Drawing
from .subjects import Band, Event, Lane, Mark, slipped

__all__ = [
    "EARLIEST",
    "LATEST",
    "Axis",
    "Band",
    "Drawing",
    "Event",
    "Lane",
    "Mark",
    "Scale",
    "axis_of",
    "draw",
    "slipped",
]
