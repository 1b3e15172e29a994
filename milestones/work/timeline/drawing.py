"""Lays the timeline out: header, events, bands of lanes, marks with labels, arrows. Measures are CSS pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils import formats

from teams.dates import ApproximateDate

from .axis import Axis, Scale, axis_over, lower_ticks, upper_ticks
from .placed import Arrow, Box, Drawing, Label, PlacedBand, PlacedEvent, PlacedLane, PlacedMark, Text, Today
from .rows import Flag, flags, stacked
from .subjects import Band, Event, Lane, Mark
from .text import shorten, width_of

WIDTH = 888
EDGE = 10
UPPER_LINE, LOWER_LINE, TODAY_LINE = 20, 40, 62
EVENT_ROW = 18
EVENT_FLAG_ROWS = 7
FLAG_ROW = 16
BAND_HEADER = 30
LANE_TITLE = 22
ARC_ROOM = 9
MARK_ROW = 22
MARK = 7
BASELINE_ROOM = 8
LANE_END = 12
END_SHAPE = 12
TITLE_FONT, LABEL_FONT, BAND_FONT, TODAY_FONT = 14, 13, 15, 12


def axis_of(
    bands: Sequence[Band],
    *,
    today: date,
    scale: Scale,
    first: date | None = None,
    last: date | None = None,
    with_baseline: bool = True,
) -> Axis | None:
    """The axis that a picture of the bands needs; None where there is nothing with a date.

    It goes from the first date of the bands to the last and includes today, unless `first` or `last` cut it there.
    """
    lanes = [lane for band in bands for lane in band.lanes]
    dates = [each for lane in lanes for each in _dates(lane, with_baseline)]
    dates += [lane.baseline for lane in lanes if with_baseline and lane.ends and lane.baseline]
    if not dates:
        return None
    if first is None and last is None:
        dates.append(ApproximateDate.day(today))
    labelled = max((mark.on.last for lane in lanes for mark in lane.marks), default=None)
    return axis_over(dates, scale=scale, left=EDGE, width=WIDTH, labelled=labelled, first=first, last=last)


def draw(
    bands: Sequence[Band],
    events: Sequence[Event] = (),
    *,
    axis: Axis,
    today: date,
    with_arrows: bool = True,
    with_baseline: bool = True,
) -> Drawing:
    """The picture of the bands over the axis, with the events on top.

    Events and marks that the axis doesn't show are left out, with the lanes and bands that this empties; bars are cut
    at its ends.
    """
    placed_events, y = _place_events([each for each in events if axis.shows(each.on)], axis, TODAY_LINE + 6)
    body_y = y
    placed_bands = []
    for band in bands:
        if placed := _place_band(band, axis, y, with_baseline):
            placed_bands.append(placed)
            y += placed.height
    return Drawing(
        width=round(axis.right + EDGE),
        height=round(y + 1),
        axis=axis,
        upper=upper_ticks(axis),
        lower=lower_ticks(axis),
        today=_place_today(today, axis),
        events=placed_events,
        bands=placed_bands,
        arrows=list(_arrows(placed_bands)) if with_arrows else [],
        body_y=body_y,
    )


def _dates(lane: Lane, with_baseline: bool) -> Iterator[ApproximateDate]:
    if lane.ends:
        yield lane.ends
    for mark in lane.marks:
        yield mark.on
        if mark.baseline and with_baseline:
            yield mark.baseline


def _place_today(today: date, axis: Axis) -> Today | None:
    if not axis.shows(ApproximateDate.day(today)):
        return None
    text = f"Today, {formats.date_format(today, 'M j')}"
    width = width_of(text, TODAY_FONT)
    x = axis.at(today)
    return Today(x, Text(_inside(x + 5, width, axis), TODAY_LINE - 5, text, width))


def _inside(x: float, width: float, axis: Axis) -> float:
    return round(max(axis.left, min(x, axis.right - width)), 1)


def _place_events(events: Sequence[Event], axis: Axis, y: float) -> tuple[list[PlacedEvent], float]:
    if not events:
        return [], y
    ordered = sorted(events, key=lambda each: (each.on.first, each.on.last))
    spans = [_at_least(axis.span(each.on), 8, axis) for each in ordered]
    rows = stacked(spans)
    bottom = y + (max(rows) + 1) * EVENT_ROW
    labels = [(start, each.label) for each, (start, _) in zip(ordered, spans, strict=True)]
    placed = [
        PlacedEvent(
            event,
            Box(start, y + row * EVENT_ROW + 3, round(end - start, 1), EVENT_ROW - 6),
            _label(flag, y + (row + 1) * EVENT_ROW - 3, bottom),
        )
        for event, (start, end), row, flag in zip(
            ordered,
            spans,
            rows,
            flags(labels, left=axis.left, right=axis.right, size=LABEL_FONT, rows=EVENT_FLAG_ROWS),
            strict=True,
        )
    ]
    lowest = max(each.label.y for each in placed)
    return placed, lowest + 10


def _at_least(span: tuple[float, float], width: float, axis: Axis) -> tuple[float, float]:
    start, end = span
    if end - start >= width:
        return span
    start = max(axis.left, min((start + end - width) / 2, axis.right - width))
    return round(start, 1), round(start + width, 1)


def _label(flag: Flag, leader_from: float, top: float) -> Label:
    y = top + flag.row * FLAG_ROW + 12
    return Label(
        x=flag.x,
        y=y,
        text=flag.text,
        width=flag.width,
        leader_x=flag.leader_x,
        leader_from=leader_from,
        leader_to=y - 9 if flag.row else None,
    )


def _place_band(band: Band, axis: Axis, y: float, with_baseline: bool) -> PlacedBand | None:
    lanes = []
    lane_y = y + BAND_HEADER
    for lane in band.lanes:
        if placed := _place_lane(lane, axis, lane_y, with_baseline):
            lanes.append(placed)
            lane_y += placed.height
    if not lanes:
        return None
    height = round(lane_y - y, 1)
    title = shorten(band.title, axis.right - axis.left, BAND_FONT)
    return PlacedBand(
        band=band,
        y=y,
        height=height,
        title=Text(axis.left, y + 20, title, width_of(title, BAND_FONT)),
        short_title=shorten(band.short_title, height - 10, TODAY_FONT),
        lanes=lanes,
    )


def _place_lane(lane: Lane, axis: Axis, y: float, with_baseline: bool) -> PlacedLane | None:
    shown = sorted(
        (mark for mark in lane.marks if axis.first <= mark.on.last <= axis.last),
        key=lambda mark: (mark.on.last, mark.on.first, mark.key),
    )
    bar_span = _bar(lane, axis, with_baseline)
    if not shown and bar_span is None:
        return None
    xs = [axis.at(mark.on.last) for mark in shown]
    spans = [
        (min(x - MARK, axis.span(mark.on)[0] if not mark.on.is_day else x), x + MARK)
        for mark, x in zip(shown, xs, strict=True)
    ]
    rows = stacked(spans)
    marks_y = y + LANE_TITLE + ARC_ROOM
    bottom = marks_y + (max(rows, default=0) + 1) * MARK_ROW
    flags_y = bottom + (BASELINE_ROOM if with_baseline and shown else 0)
    labels = flags(
        [(x, mark.label) for mark, x in zip(shown, xs, strict=True)],
        left=axis.left,
        right=axis.right,
        size=LABEL_FONT,
    )
    marks = [
        _place_mark(mark, x, marks_y + row * MARK_ROW + MARK_ROW / 2, axis, flag, flags_y, bottom, with_baseline)
        for mark, x, row, flag in zip(shown, xs, rows, labels, strict=True)
    ]
    end = max((mark.label.y + 4 for mark in marks), default=bottom) + LANE_END
    bar = None
    if bar_span:
        bar = Box(bar_span[0], marks_y + 3, round(bar_span[1] - bar_span[0], 1), bottom - marks_y - 6)
    title_x = min([*([bar_span[0]] if bar_span else []), *(start for start, _ in spans)])
    is_cut = bool(lane.ends and lane.ends.last > axis.last)
    title, remark = _lane_title(lane, title_x, y, axis)
    baseline_end = _baseline_end(lane, axis) if bar and with_baseline else None
    return PlacedLane(
        lane=lane,
        y=y,
        height=round(end - y, 1),
        title=title,
        remark=remark,
        bar=bar,
        is_cut=is_cut,
        shape=_end_shape(bar, axis) if bar and lane.shape and not is_cut else None,
        baseline=_baseline(marks, baseline_end, bottom) if with_baseline else None,
        baseline_end=baseline_end,
        baseline_y=bottom + 2,
        marks=marks,
    )


def _bar(lane: Lane, axis: Axis, with_baseline: bool) -> tuple[float, float] | None:
    if lane.ends is None:
        return None
    starts = min(each.first for each in _dates(lane, with_baseline))
    if lane.ends.last < axis.first or starts > axis.last:
        return None
    end = axis.span(lane.ends)[1]
    start = max(axis.left, axis.at(starts) - MARK - 3)
    return round(min(start, end - 2 * MARK), 1), end


def _end_shape(bar: Box, axis: Axis) -> tuple[float, float]:
    """Behind the end of the bar, or before it where the picture ends."""
    end = bar.x + bar.width
    x = end + END_SHAPE if end + END_SHAPE <= axis.right else end - END_SHAPE
    return round(x, 1), bar.y + bar.height / 2


def _lane_title(lane: Lane, x: float, y: float, axis: Axis) -> tuple[Text, str]:
    remark = f" · {lane.remark}" if lane.remark else ""
    remark_width = width_of(remark, TITLE_FONT)
    title = shorten(lane.title, axis.right - axis.left - remark_width, TITLE_FONT)
    width = width_of(title, TITLE_FONT) + remark_width
    return Text(_inside(x, width, axis), y + 16, title, width), remark


def _place_mark(
    mark: Mark,
    x: float,
    y: float,
    axis: Axis,
    flag: Flag,
    flags_y: float,
    bottom: float,
    with_baseline: bool,
) -> PlacedMark:
    span = None
    if not mark.on.is_day:
        start, end = axis.span(mark.on)
        span = Box(start, y - MARK, round(end - start, 1), 2 * MARK)
    shows_baseline = with_baseline and mark.baseline and axis.first <= mark.baseline.last <= axis.last
    return PlacedMark(
        mark=mark,
        x=x,
        y=y,
        span=span,
        baseline_x=axis.at(mark.baseline.last) if shows_baseline and mark.baseline else None,
        baseline_y=bottom + 2,
        label=_label(flag, y + MARK, flags_y),
    )


def _baseline_end(lane: Lane, axis: Axis) -> float | None:
    """Where the bar was to end: at the end of that day, as the bar itself does."""
    if lane.baseline is None or not axis.first <= lane.baseline.last <= axis.last:
        return None
    return axis.span(lane.baseline)[1]


def _baseline(marks: Sequence[PlacedMark], bar_end: float | None, bottom: float) -> Box | None:
    xs = [mark.baseline_x for mark in marks if mark.baseline_x is not None]
    ends = [*(x + MARK for x in xs), *([bar_end] if bar_end is not None else [])]
    if not ends:
        return None
    start = round(min([*(x - MARK for x in xs), max(ends) - 2 * MARK]), 1)
    return Box(start, bottom + 1, round(max(ends) - start, 1), 2)


def _arrows(bands: Sequence[PlacedBand]) -> Iterator[Arrow]:
    marks = {mark.mark.key: mark for band in bands for lane in band.lanes for mark in lane.marks}
    for mark in marks.values():
        for key in mark.mark.follows:
            if before := marks.get(key):
                yield Arrow(_path(before, mark), mark.mark.on.last < before.mark.on.last)


def _path(before: PlacedMark, after: PlacedMark) -> str:
    if before.y == after.y and after.x - before.x > 2 * MARK:
        start_x, end_x = before.x + 4, after.x - 4
        reach = min(24.0, (end_x - start_x) / 3)
        top = before.y - MARK - 11
        return (
            f"M{start_x:.1f} {before.y - MARK:.1f}C{start_x + reach:.1f} {top:.1f} "
            f"{end_x - reach:.1f} {top:.1f} {end_x:.1f} {after.y - MARK - 2:.1f}"
        )
    start_x, end_x = before.x + MARK + 1, after.x - MARK - 3
    reach = max(22.0, (end_x - start_x) / 2)
    return (
        f"M{start_x:.1f} {before.y:.1f}C{start_x + reach:.1f} {before.y:.1f} "
        f"{end_x - reach:.1f} {after.y:.1f} {end_x:.1f} {after.y:.1f}"
    )
