"""Strategy and goals, work streams, meetings and what prepares them, deliverables and milestones."""

from __future__ import annotations

from typing import Any, cast

from ecomwg.loading.entries import Entry
from ecomwg.loading.kinds import Moment
from ecomwg.loading.sections import (
    DeliverableItem,
    GoalItem,
    MeetingItem,
    MilestoneItem,
    PreparationItem,
    StrategyItem,
    WorkStreamItem,
)
from milestones.meetings import services as meetings
from milestones.meetings.models import AgendaItem, Meeting, Preparation
from milestones.work import services as work
from milestones.work.models import Dependency, State
from teams.bodies.models import Body

from .recorder import Books, Recorder, hang, link
from .teams import with_new


class Strategies(Recorder):
    """The strategy that the work serves."""

    section = "strategy"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(StrategyItem, entry.item)
        return {
            "title": {"title": item.title},
            "issuer": {"issuer_id": books.id_of("organizations", item.issuer)},
            "released": {"released": item.released},
            "source": {"source": item.source},
        }


class Goals(Recorder):
    """Its goals."""

    section = "goals"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(GoalItem, entry.item)
        return {
            "strategy": {"strategy_id": books.id_of("strategy", entry.more["strategy"])},
            "number": {"number": item.number},
            "text": {"text": item.text},
            "source": {"source": item.source},
        }


class WorkStreams(Recorder):
    """Streams of work in outside forums."""

    section = "workstreams"
    has_position = True

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(WorkStreamItem, entry.item)
        return {
            "forum": {"forum_id": books.id_of("organizations", item.forum)},
            "name": {"name": item.name},
            "role": {"role": item.role},
            "party": {"party": item.party},
            "source": {"source": item.source},
        }


class Meetings(Recorder):
    """Meetings of the bodies and of outside forums."""

    section = "meetings"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(MeetingItem, entry.item)
        zone = entry.more["timezone"]
        ends = item.ends or Moment(item.starts.date)
        when = {
            "starts": item.starts.date,
            "ends": ends.date,
            "starts_at": item.starts.instant(zone),
            "ends_at": ends.instant(zone),
            "timezone": zone,
        }
        return {
            "title": {"title": item.title},
            "starts": when,
            "ends": when,
            "timezone": when,
            "source": {"source": item.source},
            "body": {"body_id": books.id_of("bodies", item.body)},
            "forum": {"forum_id": books.id_of("organizations", item.forum)},
            "series": {"series": item.series},
            "place": {"place": item.place},
            "state": {"state": item.state},
            "outcome": {"outcome": item.outcome},
            "note": {"note": item.note},
        }

    def save(self, row: Any) -> None:
        meetings.save_changes(meeting=row)

    def attach(self, entries: list[Entry], books: Books) -> None:
        def agenda(entry: Entry) -> list[AgendaItem]:
            titles = enumerate(cast(MeetingItem, entry.item).agenda, 1)
            return [AgendaItem(meeting_id=entry.pk, position=n, title=title) for n, title in titles]

        def attendance(entry: Entry) -> list[int]:
            return [books.ids["organizations"][key] for key in cast(MeetingItem, entry.item).attended_by]

        hang(with_new(entries, "agenda"), AgendaItem, "meeting_id", agenda, known_by=["position"])
        link(with_new(entries, "attended_by"), "attended_by", Meeting, attendance)


# Why a date moves that the file says anew.
ANOTHER_DATE = "The group’s file gives another date."


class Owed(Recorder):
    """What milestones and preparations have in common: a due date that moves by a rule."""

    def fresh(self, entry: Entry, books: Books) -> dict[str, Any]:
        return {"baseline_due": entry.more.get("due") or cast(MilestoneItem, entry.item).due}

    def change(self, row: Any, column: str, value: Any) -> bool:
        if column != "due":
            return super().change(row, column, value)
        work.set_due(milestone=row, due=value, reason=ANOTHER_DATE)
        return False


class Preparations(Owed):
    """Milestones that prepare a meeting, due so many days before it."""

    section = "preparations"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(PreparationItem, entry.item)
        return {
            "title": {"title": item.title},
            "owner": {"owner_id": books.id_of("people", item.owner)},
            "body": {"body_id": books.id_of("bodies", entry.more["body"])},
            "due": {"due": entry.more["due"]},
            "source": {"source": entry.more["source"]},
        }

    def attach(self, entries: list[Entry], books: Books) -> None:
        def preparation(entry: Entry) -> list[Preparation]:
            return [
                Preparation(
                    milestone_id=entry.pk,
                    meeting_id=books.ids["meetings"][entry.more["meeting"]],
                    days_before=cast(PreparationItem, entry.item).days_before,
                )
            ]

        hang(with_new(entries, "days_before"), Preparation, "milestone_id", preparation, known_by=["meeting_id"])


class Deliverables(Recorder):
    """What the bodies owe under the statement of work."""

    section = "deliverables"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(DeliverableItem, entry.item)
        goal = f"{books.file.strategy.key}-{item.strategy_goal}" if books.file.strategy and item.strategy_goal else ""
        return {
            "team": {"body_id": books.id_of("bodies", item.team)},
            "kind": {"kind": item.kind},
            "title": {"title": item.title},
            "due": {"due": item.due},
            "source": {"source": item.source},
            "strategy_goal": {"strategy_goal_id": books.id_of("goals", goal)},
            "owner": {"owner_id": books.id_of("people", item.owner)},
        }

    def fresh(self, entry: Entry, books: Books) -> dict[str, Any]:
        return {"baseline_due": cast(DeliverableItem, entry.item).due}

    def change(self, row: Any, column: str, value: Any) -> bool:
        match column:
            case "body_id":
                work.move_deliverable(deliverable=row, body=Body.objects.get(pk=value))
            case "due":
                work.set_deliverable_due(deliverable=row, due=value, reason=ANOTHER_DATE)
            case _:
                return super().change(row, column, value)
        return False


class Milestones(Owed):
    """Dated steps towards the deliverables."""

    section = "milestones"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(MilestoneItem, entry.item)
        return {
            "deliverable": {"deliverable_id": books.id_of("deliverables", item.deliverable)},
            "team": {"body_id": books.id_of("bodies", entry.more["team"])},
            "title": {"title": item.title},
            "due": {"due": item.due},
            "owner": {"owner_id": books.id_of("people", item.owner)},
            "source": {"source": item.source},
            "done": {"state": State.ACCEPTED if item.done else State.PLANNED, "accepted": item.done},
        }

    def attach(self, entries: list[Entry], books: Books) -> None:
        def dependencies(entry: Entry) -> list[Dependency]:
            return [
                Dependency(milestone_id=entry.pk, after_id=books.ids["milestones"][key])
                for key in cast(MilestoneItem, entry.item).after
            ]

        hang(with_new(entries, "after"), Dependency, "milestone_id", dependencies, known_by=["after_id"])
        work.derive_states(group=books.group)


STRATEGY, GOALS, WORK_STREAMS = Strategies(), Goals(), WorkStreams()
MEETINGS, PREPARATIONS, DELIVERABLES, MILESTONES = Meetings(), Preparations(), Deliverables(), Milestones()
