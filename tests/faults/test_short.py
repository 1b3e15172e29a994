"""Nothing is lost and nothing is sent twice: sweeps and senders side by side, killed, or without the broker."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from pytest_django import Settings

from ecomwg.celery import app as celery_app
from ecomwg.embedded.processes import free_port
from milestones.reminders import services, tasks
from milestones.reminders.models import Sweep
from teams.accounts.models import User
from teams.bodies.models import Body
from teams.clock import selectors as clock
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import Choice, MailboxMessage, Notice, Way
from tests import factories, outbox
from tests.conftest import START

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds, for what takes one or two on an idle machine


@pytest.fixture(autouse=True)
def outset(transactional_db: None, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    clocks.set_clock(to=START)


@pytest.fixture
def team() -> Body:
    group = factories.group("ecom")
    services.set_default_rules(group=group)
    return factories.team(group)


@pytest.fixture
def environment() -> dict[str, str]:
    """What a process of the portal needs to work on this test's database."""
    database = connection.settings_dict
    return {
        **os.environ,
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(database),
        "DJANGO_SETTINGS_MODULE": "ecomwg.settings",
        "DEMONSTRATION": "on",
        "TICK_SECONDS": "1",
        "EMAIL_HOST": "",
    }


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Look ten times a second; fail after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited {PATIENCE:.0f} s in vain for {what}"
        time.sleep(0.1)


def side_by_side(number: int, work: Callable[[], object]) -> list[object]:
    """Do the work in so many threads that begin together, each with its own connection; returns what each returned."""
    barrier, results = threading.Barrier(number), []

    def run() -> None:
        try:
            barrier.wait()
            results.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(results) == number
    return results


def many_people(number: int) -> list[User]:
    return User.objects.bulk_create(
        User(email=f"person{n}@example.test", name=f"Person {n}", password="!") for n in range(number)
    )


def test_eight_sweeps_at_once_write_one_notice_each(team: Body) -> None:
    deliverable = factories.deliverable(team)
    for person in many_people(20):
        factories.milestone(deliverable, factories.member(team, person))
    results = side_by_side(8, services.sweep)
    assert sum(result for result in results if isinstance(result, int)) == 20
    assert Notice.objects.count() == 20


def test_a_sweep_beside_another_returns_at_once_and_writes_nothing(team: Body) -> None:
    factories.milestone(factories.deliverable(team), factories.member(team))
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [services.SWEEP_LOCK])
        assert services.sweep() is None
        assert outbox.states() == []
        other.rollback()
    finally:
        other.close()
    assert services.sweep() == 1


def test_claims_at_once_never_overlap() -> None:
    outbox.owe(*many_people(8 * notices.BATCH))
    claims = side_by_side(8, lambda: [notice.pk for notice in notices.claim(by=uuid.uuid4(), now=START)])
    taken = Counter(pk for claim in claims if isinstance(claim, list) for pk in claim)
    assert (len(taken), max(taken.values())) == (8 * notices.BATCH, 1)


def test_four_senders_at_once_send_each_of_two_hundred_once() -> None:
    with outbox.kind():
        outbox.owe(*many_people(200))
        sent = side_by_side(4, notices.send_due)
    assert sum(count for count in sent if isinstance(count, int)) == 200
    assert Counter(outbox.states()) == {Notice.State.SENT: 200}
    assert MailboxMessage.objects.count() == 200
    assert set(Notice.objects.values_list("attempts", flat=True)) == {1}


def test_a_sender_that_is_killed_loses_nothing_and_sends_nothing_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with outbox.kind():
        outbox.owe(*many_people(200))
    log = tmp_path / "handed-over"
    for kills in range(1, 4):
        process = subprocess.Popen([sys.executable, "-m", "tests.faults.sender", str(log)], cwd=ROOT, env=environment)
        try:
            wait_until(lambda: MailboxMessage.objects.count() >= 40 * kills, "a sender in the midst of its work")  # noqa: B023
        finally:
            process.kill()
            process.wait()
        assert Notice.objects.filter(state=Notice.State.SENDING).exists()
        assert Notice.objects.exclude(state=Notice.State.SENT).count() > 0
        # The lease runs out; no test waits for that.
        Notice.objects.filter(state=Notice.State.SENDING).update(lease_ends_at=clock.real_now())
    with outbox.kind():
        notices.send_due()
    assert Counter(outbox.states()) == {Notice.State.SENT: 200}
    recipients = Counter(MailboxMessage.objects.values_list("recipients", flat=True))
    assert (len(recipients), set(recipients.values())) == (200, {1})
    handed_over = Counter(log.read_text().splitlines())
    assert max(handed_over.values()) == 1


def owe_digests(people: list[User], items: int) -> None:
    """So many notices to each of the people, who all chose a daily digest; its hour has come."""
    Choice.objects.bulk_create(Choice(person=person, kind=outbox.KIND, way=Way.DAILY) for person in people)
    with outbox.kind():
        for number in range(items):
            outbox.owe(*people, subject_key=f"thing:{number}", due_at=START - timedelta(hours=5))


def test_four_senders_at_once_send_each_of_forty_digests_once() -> None:
    owe_digests(many_people(40), 3)
    with outbox.kind():
        sent = side_by_side(4, notices.send_due)
    assert sum(count for count in sent if isinstance(count, int)) == 40
    assert Counter(outbox.states()) == {Notice.State.SENT: 160}
    assert MailboxMessage.objects.filter(subject="Daily digest of July 20, 2018: 3 notices").count() == 40


def test_a_sender_of_digests_that_is_killed_loses_nothing_and_sends_nothing_twice(
    environment: dict[str, str], tmp_path: Path
) -> None:
    owe_digests(many_people(100), 3)
    log = tmp_path / "handed-over"
    for kills in range(1, 4):
        process = subprocess.Popen([sys.executable, "-m", "tests.faults.sender", str(log)], cwd=ROOT, env=environment)
        try:
            wait_until(lambda: MailboxMessage.objects.count() >= 20 * kills, "a sender in the midst of its work")  # noqa: B023
        finally:
            process.kill()
            process.wait()
        assert Notice.objects.filter(state=Notice.State.SENDING).exists()
        assert Notice.objects.exclude(state=Notice.State.SENT).count() > 0
        Notice.objects.filter(state=Notice.State.SENDING).update(lease_ends_at=clock.real_now())
    with outbox.kind():
        notices.send_due()
    assert Counter(outbox.states()) == {Notice.State.SENT: 400}
    assert set(MailboxMessage.objects.values_list("subject", flat=True)) == {"Daily digest of July 20, 2018: 3 notices"}
    recipients = Counter(MailboxMessage.objects.values_list("recipients", flat=True))
    assert (len(recipients), set(recipients.values())) == (100, {1})
    assert max(Counter(log.read_text().splitlines()).values()) == 1
    assert not Notice.objects.exclude(kind="digest").filter(digest=None).exists()


@pytest.fixture
def no_broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker is away: nothing listens on its port."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setitem(celery_app.conf, "broker_url", settings.REDIS_URL)
    monkeypatch.setattr(celery_app, "_pool", None)
    monkeypatch.setattr(celery_app.amqp, "_producer_pool", None)


def test_without_the_broker_sweeping_sending_and_pages_still_work(team: Body, client: Client, no_broker: None) -> None:
    factories.milestone(factories.deliverable(team), factories.member(team))
    assert services.sweep() == 1
    assert notices.send_due() == 1
    client.force_login(factories.person(is_site_admin=True))
    assert client.get("/groups/ecom/ledger/").status_code == 200


def test_a_sweep_by_the_worker_survives_that_the_broker_goes(
    team: Body, no_broker: None, caplog: pytest.LogCaptureFixture
) -> None:
    factories.milestone(factories.deliverable(team), factories.member(team))
    tasks.sweep()
    assert outbox.states() == [Notice.State.WAITING]
    assert "the broker is away" in caplog.text


@pytest.fixture
def worker_and_beat(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Starts a real worker and a real beat on the tests' broker, ticking every second; ends them by their pids."""
    processes: list[subprocess.Popen[bytes]] = []
    celery = [sys.executable, "-m", "celery", "-A", "ecomwg"]

    def start() -> None:
        for name, command in {
            "worker": ["worker", "-c", "2", "--without-mingle", "--without-gossip", "-l", "INFO"],
            "beat": ["beat", "-s", str(tmp_path / "schedule"), "--pidfile=", "-l", "INFO"],
        }.items():
            with (tmp_path / f"{name}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen([*celery, *command], cwd=ROOT, env=environment, stdout=log, stderr=log)
                )

    yield start
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_from_beats_tick_to_the_mailbox_and_again_when_the_clock_is_set(
    team: Body, worker_and_beat: Callable[[], None], client: Client
) -> None:
    owner = factories.member(team, factories.person(email="lead1@example.test"))
    deliverable = factories.deliverable(team)
    factories.milestone(deliverable, owner, title="First draft of the diagrams", due=factories.day("2018-07-27"))
    factories.milestone(deliverable, owner, title="List of enforcement issues", due=factories.day("2018-07-13"))
    worker_and_beat()

    def subjects() -> list[str]:
        return list(MailboxMessage.objects.order_by("arrived_at", "id").values_list("subject", flat=True))

    wait_until(lambda: len(subjects()) >= 2, "the mail of the first day")
    assert sorted(subjects()) == [
        "Due Friday, July 27: First draft of the diagrams",
        "Late since July 13: List of enforcement issues",
    ]
    call_command("set_clock", "2018-07-26")
    wait_until(lambda: len(subjects()) >= 4, "the mail of July 26")
    before = Sweep.objects.get().swept_at
    wait_until(lambda: Sweep.objects.get().swept_at > before + timedelta(seconds=2), "further ticks")
    assert sorted(subjects()[2:]) == [
        "Due Friday, July 27: First draft of the diagrams",
        "Late since July 13: List of enforcement issues",
    ]
    assert Counter(outbox.states()) == {Notice.State.SENT: 4}
    client.force_login(factories.person(is_site_admin=True))
    ledger = client.get("/groups/ecom/ledger/?state=sent").content.decode()
    assert ledger.count("First draft of the diagrams</a>") == 2
    assert client.get("/readyz").json()["status"] == "ok"
