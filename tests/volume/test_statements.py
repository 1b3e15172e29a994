"""A sweep takes as many statements for five hundred milestones as for fifty, and so does every source of reminders."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from milestones.reminders import services, sources
from teams.notices import services as notices
from teams.notices.kinds import Mail
from teams.notices.models import Notice
from tests.volume import crowd

pytestmark = pytest.mark.django_db

PEOPLE = crowd.OFFICERS + 8


def queue_each() -> dict[str, tuple[int, int]]:
    """Of every source how many notices it queues, and by how many statements; nothing stays."""
    found = {}
    for source in sources.registered():
        with CaptureQueriesContext(connection) as asked:
            queued = notices.queue(owed=source.due(crowd.NOW), now=crowd.NOW)
        found[source.name] = queued, len(asked)
    Notice.objects.all().delete()
    return found


def sweep() -> tuple[Counter[str], int]:
    """How many notices of each kind a sweep writes, and by how many statements."""
    with CaptureQueriesContext(connection) as asked:
        services.sweep(now=crowd.NOW)
    return Counter(Notice.objects.values_list("kind", flat=True)), len(asked)


def test_every_source_queues_ten_times_as_much_by_as_many_statements() -> None:
    services.sweep(now=crowd.NOW)  # the first of all has a row to make
    few = crowd.groups(2, people=PEOPLE, prefix="few")
    crowd.everything_else(few)
    crowd.milestones(few, 50)
    crowd.analyze()
    each_of_few, of_few = queue_each(), sweep()
    Notice.objects.all().delete()

    more = crowd.groups(18, people=PEOPLE, prefix="more")
    crowd.everything_else(more)
    crowd.milestones([*few, *more], 450, since=50)
    crowd.analyze()
    each_of_many, of_many = queue_each(), sweep()

    assert {name: statements for name, (_, statements) in each_of_few.items()} == dict.fromkeys(each_of_few, 1)
    assert {name: statements for name, (_, statements) in each_of_many.items()} == dict.fromkeys(each_of_few, 1)
    assert of_many[1] == of_few[1]
    for name, (queued, _) in each_of_few.items():
        assert queued > 0, name
        assert each_of_many[name][0] > 8 * queued, name  # not ten times: here and there it isn't 08:00 yet
    late = [found["milestone_due"] + found["milestone_escalated"] for found, _ in (of_few, of_many)]
    assert late == [50 * crowd.EACH, 500 * crowd.EACH]


def test_a_batch_is_composed_by_no_more_statements_than_one_notice_of_each_sort() -> None:
    made = crowd.groups(2, people=PEOPLE)
    crowd.everything_else(made)
    crowd.milestones(made, 50)
    services.sweep(now=crowd.NOW)
    ids = {(each.kind, each.recipient_id == each.owed_to_id): each.pk for each in Notice.objects.all()}

    def compose(notices_to_go: QuerySet[Notice]) -> tuple[int, int]:
        batch = list(notices_to_go)
        with CaptureQueriesContext(connection) as asked:
            answers = notices.compose(batch, crowd.NOW)
        assert all(isinstance(answer, Mail) for answer in answers.values())
        return len(answers), len(asked)

    one_of_each = Notice.objects.filter(pk__in=ids.values())
    compose(one_of_each)  # the first time, more is read that is kept
    few, of_few = compose(one_of_each)
    many, of_many = compose(Notice.objects.all())
    assert many > 10 * few
    assert of_many <= of_few
