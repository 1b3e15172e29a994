"""The picture of the plan: whatever it is given, labels keep apart, time runs to the right, and nothing sticks out."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestones.work.timeline import Band, Drawing, Event, Lane, Mark, Scale, axis_of, draw
from milestones.work.timeline.axis import MAX_WIDTH, lower_ticks, upper_ticks
from milestones.work.timeline.rows import Flag, flags, stacked
from milestones.work.timeline.text import shorten, width_of
from teams.dates import ApproximateDate

TODAY = date(2018, 7, 20)
SHAPES = ["planned", "under_way", "handed_in", "accepted", "returned", "late", "dropped"]

days = st.dates(date(2017, 1, 1), date(2019, 12, 31))
dates = st.one_of(
    days.map(ApproximateDate.day),
    days.map(lambda day: ApproximateDate.month(day.year, day.month)),
    days.map(lambda day: ApproximateDate.year(day.year)),
    st.tuples(days, st.integers(1, 20)).map(lambda pair: ApproximateDate(pair[0], pair[0] + timedelta(days=pair[1]))),
)
titles = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=80)


@st.composite
def bands(draw_from: st.DrawFn) -> list[Band]:
    """Up to three bands of lanes whose marks may follow any others; the first lane has one."""
    keys = [str(number) for number in range(draw_from(st.integers(1, 12)))]
    marks = [
        Mark(
            key=key,
            title=draw_from(titles),
            url="/",
            on=draw_from(dates),
            shape=draw_from(st.sampled_from(SHAPES)),
            words="words",
            baseline=draw_from(st.none() | dates),
            is_at_risk=draw_from(st.booleans()),
            follows=tuple(draw_from(st.lists(st.sampled_from(keys), max_size=2))),
        )
        for key in keys
    ]
    made = []
    for number in range(draw_from(st.integers(1, 3))):
        lanes = [
            Lane(
                *("", draw_from(titles), "/", "words", tuple(marks[start::4]), draw_from(st.none() | dates), "planned"),
                baseline=draw_from(st.none() | dates),
            )
            for start in range(number, 4, 3)
        ]
        made.append(Band(draw_from(titles), "Team", "/", tuple(lanes)))
    return made


events = st.lists(st.builds(Event, title=titles, url=st.just("/"), words=st.just("w"), on=dates), max_size=12)


def picture(made: list[Band], takes_place: list[Event] | None = None, scale: Scale = Scale.MONTHS) -> Drawing:
    axis = axis_of(made, today=TODAY, scale=scale)
    assert axis is not None
    return draw(made, takes_place or [], axis=axis, today=TODAY)


def texts(drawing: Drawing) -> list[tuple[float, float, float, str]]:
    """Each text of the body as (x, y, width, text)."""
    found = [(event.label.x, event.label.y, event.label.width, event.label.text) for event in drawing.events]
    for band in drawing.bands:
        found.append((band.title.x, band.title.y, band.title.width, band.title.text))
        for lane in band.lanes:
            found.append((lane.title.x, lane.title.y, lane.title.width, lane.title.text))
            found += [(mark.label.x, mark.label.y, mark.label.width, mark.label.text) for mark in lane.marks]
    return [each for each in found if each[3]]


@given(bands(), events, st.sampled_from(Scale))
def test_no_two_texts_meet(made: list[Band], takes_place: list[Event], scale: Scale) -> None:
    placed = sorted(texts(picture(made, takes_place, scale)), key=lambda each: (each[1], each[0]))
    for (x, y, width, _), (next_x, next_y, _, _) in pairwise(placed):
        assert next_y - y >= 12 or (next_y == y and x + width <= next_x)


@given(bands(), events, st.sampled_from(Scale))
def test_everything_is_inside_the_picture(made: list[Band], takes_place: list[Event], scale: Scale) -> None:
    drawing = picture(made, takes_place, scale)
    for x, y, width, _ in texts(drawing):
        assert x >= 0
        assert x + width <= drawing.width
        assert 0 < y <= drawing.height
    boxes = [event.box for event in drawing.events]
    for band in drawing.bands:
        assert band.y + band.height <= drawing.height
        for lane in band.lanes:
            boxes += [box for box in (lane.bar, lane.baseline, *(mark.span for mark in lane.marks)) if box]
            assert all(
                7 <= mark.x <= drawing.width - 7 and lane.y < mark.y < lane.y + lane.height for mark in lane.marks
            )
    for box in boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.width >= 0
        assert box.y + box.height <= drawing.height


@given(bands(), st.sampled_from(Scale))
def test_time_runs_to_the_right(made: list[Band], scale: Scale) -> None:
    drawing = picture(made, scale=scale)
    marks = [mark for band in drawing.bands for lane in band.lanes for mark in lane.marks]
    for before, after in pairwise(sorted(marks, key=lambda mark: mark.mark.on.last)):
        same_day = before.mark.on.last == after.mark.on.last
        assert before.x == after.x if same_day else before.x < after.x
    for mark in marks:
        if mark.baseline_x is not None and mark.mark.baseline is not None and mark.mark.slip:
            assert mark.baseline_x < mark.x
    assert drawing.today is not None
    for mark in marks:
        assert (mark.mark.on.last < TODAY) == (mark.x < drawing.today.x)


@given(bands())
def test_marks_of_a_lane_do_not_cover_one_another(made: list[Band]) -> None:
    for band in picture(made).bands:
        for lane in band.lanes:
            places = [(mark.x, mark.y) for mark in lane.marks]
            for index, (x, y) in enumerate(places):
                assert all(abs(x - other_x) >= 14 or y != other_y for other_x, other_y in places[index + 1 :])


@given(bands(), events)
def test_every_mark_is_drawn_once_and_every_lane_with_a_date_too(made: list[Band], takes_place: list[Event]) -> None:
    drawing = picture(made, takes_place)
    drawn = [mark.mark for band in drawing.bands for lane in band.lanes for mark in lane.marks]
    wanted = [mark for band in made for lane in band.lanes for mark in lane.marks]
    assert sorted(mark.key for mark in drawn) == sorted(mark.key for mark in wanted)
    lanes = [lane.lane for band in drawing.bands for lane in band.lanes]
    assert lanes == [lane for band in made for lane in band.lanes if lane.marks or lane.ends]


@given(days, days, st.sampled_from(Scale))
def test_labels_of_the_axis_keep_apart(one: date, other: date, scale: Scale) -> None:
    on = ApproximateDate(min(one, other), max(one, other))
    axis = axis_of([Band("B", "B", "/", (Lane("", "L", "/", "", ends=on),))], today=TODAY, scale=scale)
    assert axis is not None
    for ticks in (upper_ticks(axis), lower_ticks(axis)):
        labelled = [tick for tick in ticks if tick.label]
        for before, after in pairwise(labelled):
            assert before.x + width_of(before.label, 12) < after.x
        assert all(tick.x + width_of(tick.label, 12) <= axis.right for tick in labelled)


def test_labels_name_the_units_of_the_scale() -> None:
    def labels(scale: Scale) -> tuple[list[str], list[str]]:
        drawing = picture([band(mark("1", "2018-06-29"), mark("2", "2018-10-05"))], scale=scale)
        return [tick.label for tick in drawing.upper], [tick.label for tick in drawing.lower]

    assert labels(Scale.MONTHS) == (["2018"], ["June", "July", "August", "September", "October", "November"])
    assert labels(Scale.QUARTERS) == (["2018"], ["Apr–Jun", "Jul–Sep", "Oct–Dec"])
    upper, lower = labels(Scale.WEEKS)
    assert upper[:3] == ["", "July 2018", "August 2018"] or upper[:2] == ["June 2018", "July 2018"]
    assert lower[:3] == ["25", "2", "9"], "weeks begin on Monday"


@given(
    st.lists(st.tuples(st.floats(0, 800), titles), max_size=25),
    st.sampled_from([None, 3]),
)
def test_labels_of_one_row_keep_apart(labels: list[tuple[float, str]], rows: int | None) -> None:
    placed = flags(labels, left=0, right=800, size=13, rows=rows)
    assert len(placed) == len(labels)
    assert [flag.leader_x for flag in placed] == [round(x, 1) for x, _ in labels]
    shown = sorted((flag for flag in placed if flag.text), key=lambda flag: (flag.row, flag.x))
    for before, after in pairwise(shown):
        assert before.row < after.row or before.x + before.width <= after.x
    assert all(flag.x >= 0 and flag.x + flag.width <= 800.1 for flag in shown)
    assert rows is None or all(flag.row < rows for flag in shown)


@given(st.lists(st.tuples(st.floats(0, 500), titles), max_size=12))
def test_a_leader_goes_through_no_label_while_there_is_room_at_the_right(labels: list[tuple[float, str]]) -> None:
    placed = [flag for flag in flags(labels, left=0, right=1000, size=13) if flag.text]

    def crosses(flag: Flag, other: Flag) -> bool:
        return other.row < flag.row and other.x < flag.leader_x < other.x + other.width

    assert not any(crosses(flag, other) for flag in placed for other in placed)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 20)), max_size=20))
def test_stacked_spans_keep_apart(spans: list[tuple[float, float]]) -> None:
    ends = [(start, start + length) for start, length in spans]
    rows = stacked(ends)
    for index, (start, end) in enumerate(ends):
        for other, (other_start, other_end) in list(enumerate(ends))[index + 1 :]:
            assert rows[index] != rows[other] or end <= other_start or other_end <= start


@given(titles, st.floats(0, 300))
def test_a_shortened_text_fits_and_begins_like_the_whole(text: str, room: float) -> None:
    short = shorten(text, room, 13)
    assert width_of(short, 13) <= max(room, 0)
    assert short == text or text.startswith(short.removesuffix("…"))


def test_a_text_is_shortened_between_words() -> None:
    assert shorten("First draft of the diagrams", 100, 13) == "First draft of…"


def mark(key: str, on: str, **fields: object) -> Mark:
    known = {"key": key, "title": f"Mark {key}", "url": "/", "shape": "planned", "words": ""}
    return Mark(on=ApproximateDate.parse(on), **{**known, **fields})  # type: ignore[arg-type]


def band(*marks: Mark, ends: str = "", baseline: str = "") -> Band:
    ends_on, was_to_end = (ApproximateDate.parse(each) if each else None for each in (ends, baseline))
    lane = Lane("", "Lane", "/", "", marks, ends_on, "planned", baseline=was_to_end)
    return Band("Band", "Band", "/", (lane,))


def only_lane(drawing: Drawing) -> list[float]:
    return [each.x for each in drawing.bands[0].lanes[0].marks]


def test_a_bar_that_ends_later_than_it_was_to_has_a_tick_where_that_was() -> None:
    lane = picture([band(mark("a", "2018-08-01"), ends="2018-10-12", baseline="2018-09-14")]).bands[0].lanes[0]
    assert lane.baseline is not None
    assert lane.bar is not None
    assert lane.baseline_end == lane.baseline.right, "the line of the adopted plan ends there"
    assert lane.baseline_end < lane.bar.right
    assert lane.lane.slip == 28


def test_a_bar_is_not_drawn_from_where_it_was_to_end() -> None:
    lane = picture([band(ends="2018-10", baseline="2018-08")]).bands[0].lanes[0]
    assert lane.bar is not None
    assert lane.baseline_end is not None
    assert lane.bar.x > lane.baseline_end


def test_without_the_adopted_plan_no_tick_is_drawn() -> None:
    made = [band(ends="2018-10-12", baseline="2018-01-14")]
    axis = axis_of(made, today=TODAY, scale=Scale.MONTHS, with_baseline=False)
    assert axis is not None
    assert axis.first > ApproximateDate.parse("2018-01").last, "nor does the picture begin with it"
    lane = draw(made, axis=axis, today=TODAY, with_baseline=False).bands[0].lanes[0]
    assert (lane.baseline, lane.baseline_end) == (None, None)


def test_a_month_is_drawn_as_the_span_it_stands_for_with_its_mark_on_the_last_day() -> None:
    drawing = picture([band(mark("1", "2018-08"), mark("2", "2018-08-31"))])
    month, day = drawing.bands[0].lanes[0].marks
    assert month.span is not None
    assert day.span is None
    assert month.x == day.x
    assert month.span.x == drawing.axis.edge(date(2018, 8, 1))
    assert month.span.x + month.span.width == pytest.approx(drawing.axis.edge(date(2018, 9, 1)))


def test_a_bar_goes_from_its_first_date_to_its_due_date() -> None:
    drawing = picture([band(mark("1", "2018-06-29"), ends="2018-09-14")])
    lane = drawing.bands[0].lanes[0]
    assert lane.bar is not None
    assert lane.bar.x < lane.marks[0].x
    assert lane.bar.x + lane.bar.width == pytest.approx(drawing.axis.edge(date(2018, 9, 15)), abs=0.2)
    assert lane.shape is not None


def test_a_slip_is_said_beside_the_mark() -> None:
    late = mark("1", "2018-08-17", baseline=ApproximateDate.parse("2018-08-03"))
    assert late.label == "Aug 17 (+14\N{NO-BREAK SPACE}days) Mark 1"
    assert mark("1", "2018-08-17", baseline=ApproximateDate.parse("2018-08-20")).label == "Aug 17 Mark 1"


def test_arrows_lead_from_what_comes_first_to_what_follows() -> None:
    made = [band(mark("1", "2018-07-27"), mark("2", "2018-08-24", follows=("1", "gone")))]
    drawing = picture(made)
    (arrow,) = drawing.arrows
    start, end = only_lane(drawing)
    assert arrow.path.startswith(f"M{start + 4:.1f} ")
    assert arrow.path.split()[-2].endswith(f"{end - 4:.1f}")
    assert not arrow.is_broken
    assert draw(made, axis=drawing.axis, today=TODAY, with_arrows=False).arrows == []


def test_an_arrow_to_something_due_earlier_is_broken() -> None:
    drawing = picture([band(mark("1", "2018-07-27", follows=("2",)), mark("2", "2018-08-24"))])
    assert [arrow.is_broken for arrow in drawing.arrows] == [True]


def test_dates_cut_the_picture() -> None:
    made = [band(mark("1", "2018-06-29"), mark("2", "2018-08-24"), ends="2018-12-01")]
    axis = axis_of(made, today=TODAY, scale=Scale.MONTHS, first=date(2018, 8, 1), last=date(2018, 9, 30))
    assert axis is not None
    drawing = draw(made, [event("2018-06-18"), event("2018-08-07")], axis=axis, today=TODAY)
    lane = drawing.bands[0].lanes[0]
    assert [each.mark.key for each in lane.marks] == ["2"]
    assert lane.is_cut
    assert lane.shape is None
    assert lane.bar is not None
    assert lane.bar.x == axis.left
    assert lane.bar.x + lane.bar.width == pytest.approx(axis.right)
    assert len(drawing.events) == 1
    assert drawing.today is None, "today is not between the dates"


def event(on: str) -> Event:
    return Event("Call", "/", "", ApproximateDate.parse(on))


def test_nothing_with_a_date_is_no_picture() -> None:
    assert axis_of([band()], today=TODAY, scale=Scale.MONTHS) is None
    assert axis_of([], today=TODAY, scale=Scale.MONTHS) is None


@pytest.mark.parametrize("wrong", ["0001-01-01", "9999-12-30", "2099-12-31"])
@pytest.mark.parametrize("scale", list(Scale))
def test_a_wrong_year_makes_no_endless_picture(wrong: str, scale: Scale) -> None:
    drawing = picture([band(mark("1", "2018-07-27"), mark("2", wrong))], scale=scale)
    assert drawing.width <= MAX_WIDTH + 20
    assert len(drawing.lower) < 1500
    assert "1" in [each.mark.key for each in drawing.bands[0].lanes[0].marks]
