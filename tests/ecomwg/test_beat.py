"""Beat: ticks at once after any absence, at its pace afterwards, and shows that it does."""

from pathlib import Path

import pytest
import redis
from celery.beat import SchedulingError
from django.conf import settings

from ecomwg.beat import Scheduler
from ecomwg.celery import app

QUEUE = "celery"


@pytest.fixture
def broker() -> "redis.Redis":
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(QUEUE)
    return client


def tick_until_nothing_is_due(scheduler: Scheduler) -> None:
    for _entry in range(2 * len(scheduler.schedule)):
        if scheduler.tick() > 0:
            return


def test_everything_is_due_at_the_start_and_then_waits_its_turn(broker: "redis.Redis") -> None:
    scheduler = Scheduler(app=app)
    tick_until_nothing_is_due(scheduler)
    assert broker.llen(QUEUE) == len(settings.CELERY_BEAT_SCHEDULE)
    assert scheduler.tick() > 0
    assert broker.llen(QUEUE) == len(settings.CELERY_BEAT_SCHEDULE)


@pytest.mark.usefixtures("broker")
def test_a_tick_that_was_sent_leaves_a_sign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BEAT_SIGN", str(tmp_path / "sign"))
    tick_until_nothing_is_due(Scheduler(app=app))
    assert (tmp_path / "sign").exists()


def test_a_tick_that_no_broker_took_leaves_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BEAT_SIGN", str(tmp_path / "sign"))
    scheduler = Scheduler(app=app)
    entry = next(iter(scheduler.schedule.values()))
    with (
        app.connection_for_write("redis://127.0.0.1:1/0", connect_timeout=1) as nowhere,
        pytest.raises(SchedulingError),
    ):
        scheduler.apply_async(entry, producer=app.amqp.Producer(nowhere, auto_declare=False), retry=False)
    assert not (tmp_path / "sign").exists()
