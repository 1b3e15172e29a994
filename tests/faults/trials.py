"""The trials: each owes real reminders, does its harm while they are swept and sent, and says what became of them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from .ground import Ground, Waited, wait_until

if TYPE_CHECKING:
    from teams.bodies.models import WorkingGroup

# A restart takes seconds; a lease three minutes; a silent broker half a minute.
PATIENCE: Final = 420.0
FIRST_DAY: Final = date(2018, 7, 26)
AIMED: Final = ("before", "after")


@dataclass(slots=True)
class Figures:
    """What became of a trial's reminders. Of its fields, `lost` to `misrecorded` must be 0."""

    trial: str
    seed: int
    times: int = 0
    owed: int = 0
    arrived: int = 0
    lost: int = 0
    """Owed, not arrived, and shown by nothing: neither waiting nor uncertain nor failed."""
    twice: int = 0
    """Mails beyond the first to the same person about the same milestone, or with the same Message-ID."""
    not_owed: int = 0
    """Mails that nobody was owed, or that went before 08:00 of their owner."""
    misrecorded: int = 0
    """Rows that say "sent" of what did not arrive, and mails of which no row says "sent" or "uncertain"."""
    skipped: int = 0
    uncertain: int = 0
    of_which_arrived: int = 0
    unsettled: int = 0
    """Rows that still wait or are being sent at the end."""
    handing_over: int = 0
    """Mails that were being handed over at the moment of a kill."""
    lag: float = 0.0
    """Seconds from the end of the last fault to the next mail, the longest of the trial."""
    settled_in: float = 0.0
    """Seconds from the end of the last fault until every reminder was settled."""
    took: float = 0.0
    remarks: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing twice, nothing that is not so."""
        return not (self.lost or self.twice or self.not_owed or self.misrecorded or self.unsettled)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it: reminders owed, harm done so many times, and how long the broker is frozen (seconds)."""

    reminders: int
    times: int
    frozen: float = 40.0
    is_patient: bool = True
    """Whether the last leases of a trial are waited for, minutes; else they run out while no worker lives."""


class Trial:
    """One trial on a ground: its chance, its group, and the clock, which goes over the hours in which mails are due."""

    def __init__(self, ground: Ground, name: str, *, number: int, seed: int, size: Size) -> None:
        """`number` sets trials on one ground apart: each has a fortnight of its own."""
        self.ground = ground
        self.size = size
        self.chance = random.Random(f"{name} {seed}")
        self.figures = Figures(name, seed, owed=size.reminders)
        self.day = FIRST_DAY + timedelta(days=14 * number)
        self.slug = f"trial-{number}"
        self.first_mail = len(ground.mail.taken)
        self.began = time.monotonic()
        self.fault_ended = self.began
        self.group: WorkingGroup | None = None
        self.owed: dict[int, tuple[str, datetime]] = {}

    def owe(self, rules: tuple[int, ...] = (-1,)) -> None:
        """Owe the reminders; the clock stands an hour before the first of them is due."""
        self.group, self.owed = self.ground.owe(self.size.reminders, reminded_on=self.day, slug=self.slug, rules=rules)
        self.instants = sorted(due_at for _, due_at in self.owed.values())
        self.to_hour(0)

    def to_hour(self, part: float) -> None:
        """Set the clock: 0 is an hour before the first reminder is due, 1 an hour after the last."""
        starts, ends = self.instants[0] - timedelta(hours=1), self.instants[-1] + timedelta(hours=1)
        self.ground.set_clock(starts + (ends - starts) * part)

    def let_be_due(self, number: int) -> None:
        """Set the clock so that so many reminders, of all that are owed, are due."""
        self.ground.set_clock(self.instants[min(number, len(self.instants)) - 1])

    def mails(self) -> int:
        """How many arrived since the trial began."""
        return len(self.ground.mail.taken) - self.first_mail

    def wait_for_mails(self, number: int, seconds: float) -> None:
        """Until more than so many arrived, or the seconds are over."""
        end = time.monotonic() + seconds
        while self.mails() <= number and time.monotonic() < end:
            time.sleep(0.005)

    def hours(self) -> Iterator[int]:
        """The numbers of the harm to be done, while the clock goes on."""
        for number in range(self.size.times):
            self.to_hour((number + 1) / self.size.times)
            yield number
        self.figures.times = self.size.times

    def lag_from_now(self) -> None:
        """A fault has ended: wait for the next mail, where one is still to come, and note how long it took."""
        self.fault_ended = time.monotonic()
        before = self.mails()
        if before < self.due_so_far():
            wait_until(lambda: self.mails() > before or self.is_settled(), "the next mail", PATIENCE, each=0.05)
        if self.mails() > before:
            self.figures.lag = max(self.figures.lag, time.monotonic() - self.fault_ended)

    def is_settled(self) -> bool:
        """Whether every reminder that is owed is written, beside what was skipped, and none waits or is being sent."""
        from teams.notices.models import Notice

        mine = Notice.objects.filter(scope=self.slug).exclude(state=Notice.State.SKIPPED)
        is_open = mine.filter(state__in=(Notice.State.WAITING, Notice.State.SENDING))
        return mine.count() >= self.size.reminders and not is_open.exists()

    def due_so_far(self) -> int:
        """How many are due by the portal's clock."""
        from teams.clock import selectors as clock

        now = clock.now()
        return sum(due_at <= now for due_at in self.instants)

    def settle(self) -> None:
        """Wait until every reminder is settled, and reckon."""
        try:
            wait_until(self.is_settled, "every reminder to be settled", PATIENCE, each=0.2)
        except Waited as reason:
            self.figures.remarks.append(str(reason))
        self.figures.settled_in = time.monotonic() - self.fault_ended
        self.ground.kill_worker()
        self.ground.end_beats()
        self.ground.mail.wait_until_quiet()

    def reckon(self) -> Figures:
        """Compare what was owed with what arrived at the mail server and with what the portal says."""
        from teams.notices.models import Notice

        states = Notice.State
        figures = self.figures
        taken = self.ground.mail.taken[self.first_mail :]
        rows = {
            row["message_id"] or f"none {row['id']}": row
            for row in Notice.objects.filter(scope=self.slug).values(
                "id", "message_id", "state", "subject_key", "due_at", "sent_at"
            )
        }
        by_id = Counter(mail.message_id for mail in taken)
        by_milestone = Counter((mail.milestone, mail.address) for mail in taken)
        owed = {(milestone, address) for milestone, (address, _) in self.owed.items()}
        shown = {
            int(row["subject_key"].removeprefix("milestone:"))
            for row in rows.values()
            if row["state"] not in (states.SENT, states.SKIPPED)
        }
        sent = {message_id for message_id, row in rows.items() if row["state"] == states.SENT}
        uncertain = {message_id for message_id, row in rows.items() if row["state"] == states.UNCERTAIN}
        too_early = [
            row
            for row in rows.values()
            if row["sent_at"] is not None
            and row["sent_at"] < self.owed[int(row["subject_key"].removeprefix("milestone:"))][1]
        ]
        figures.arrived = len(by_milestone)
        figures.twice = max(
            sum(count - 1 for count in by_id.values()), sum(count - 1 for count in by_milestone.values())
        )
        figures.lost = sum(key not in by_milestone and key[0] not in shown for key in owed)
        figures.not_owed = sum(key not in owed for key in by_milestone) + len(too_early)
        figures.misrecorded = len(sent - set(by_id)) + len(set(by_id) - sent - uncertain)
        figures.uncertain = len(uncertain)
        figures.of_which_arrived = len(uncertain & set(by_id))
        counts = Counter(row["state"] for row in rows.values())
        figures.skipped = counts[states.SKIPPED]
        figures.unsettled = counts[states.WAITING] + counts[states.SENDING] + counts[states.FAILED]
        figures.took = time.monotonic() - self.began
        return figures


def killed(trial: Trial, *, asked: bool = True) -> None:
    """The worker, all its processes at once, at random points: most in the midst of mails, some while it starts.

    Before every second start the leases of the one before have run out, as if it had come back minutes later. In the
    short form, where chance has few tries, they always have, and the first two kills are aimed: one finds a sender that
    is about to give a mail's content, one a sender whose mail was taken and who was not told.
    """
    ground, chance, size = trial.ground, trial.chance, trial.size
    trial.owe()
    ground.start_beat()
    share = size.reminders / size.times
    for number in range(size.times):
        if not size.is_patient or chance.random() < 0.5:
            ground.run_out_leases()
        before = trial.mails()
        trial.let_be_due(before + round(5 * share))
        ground.start_worker(asked=asked)
        if not size.is_patient and number < len(AIMED):
            trial.wait_for_mails(before + round(chance.uniform(0, share / 2)), PATIENCE)
            ground.mail.hold_back(AIMED[number])
            wait_until(lambda: ground.mail.is_held, "a sender in the midst of a mail", PATIENCE, each=0.005)
        elif chance.random() < 0.15:
            time.sleep(chance.uniform(0, 3))
        else:
            trial.wait_for_mails(before, 8)
            trial.wait_for_mails(before + round(chance.uniform(0, 2 * share)), 4)
            time.sleep(chance.uniform(0, 0.05))
        ground.kill_worker()
        ground.mail.let_go()
        trial.figures.handing_over += _being_handed_over(trial)
    trial.figures.times = size.times
    trial.to_hour(1)
    if not size.is_patient:
        ground.run_out_leases()
    ground.start_worker(asked=asked)
    trial.lag_from_now()
    trial.settle()


def killed_unasked(trial: Trial) -> None:
    """The same, with a mail server that can't be asked what it has: what is in doubt is shown, never sent again."""
    killed(trial, asked=False)


def _being_handed_over(trial: Trial) -> int:
    from teams.notices.models import Notice

    return Notice.objects.filter(scope=trial.slug, state=Notice.State.SENDING, handed_over_at__isnull=False).count()


def emptied(trial: Trial) -> None:
    """The broker loses everything, at random moments."""
    trial.owe()
    trial.ground.start_worker()
    trial.ground.start_beat()
    for _ in trial.hours():
        time.sleep(trial.chance.uniform(0.2, 1.5))
        trial.ground.empty_broker()
    trial.lag_from_now()
    trial.settle()


def frozen(trial: Trial) -> None:
    """The broker says nothing for longer than it is waited for, and goes on; its connections stay open meanwhile.

    Reminders that fall due while it is silent show how long the worker takes to come back.
    """
    trial.owe()
    trial.ground.start_worker()
    trial.ground.start_beat()
    times = trial.size.times
    for number in range(times):
        trial.to_hour((number + 0.5) / times)
        wait_until(lambda: trial.mails() > 0, "the first mails", PATIENCE)
        trial.ground.freeze_broker()
        time.sleep(trial.size.frozen + trial.chance.uniform(0, trial.size.frozen / 10))
        trial.to_hour((number + 1) / times)
        trial.ground.freeze_broker(False)
        trial.lag_from_now()
    trial.figures.times = times
    trial.settle()


def restarted(trial: Trial) -> None:
    """The database stops at once in the midst of everything, and starts again.

    Reminders that fall due after the last start show how long the worker takes to come back; what was claimed when it
    stopped waits for its lease.
    """
    trial.owe()
    trial.ground.start_worker()
    trial.ground.start_beat()
    times = trial.size.times
    for number in range(times):
        trial.to_hour((number + 1) / (times + 1))
        if number == 0:
            wait_until(lambda: trial.mails() > 0, "the first mails", PATIENCE)
        time.sleep(trial.chance.uniform(0.3, 2.0))
        trial.ground.restart_database()
    trial.figures.times = times
    trial.to_hour(1)
    trial.lag_from_now()
    if not trial.size.is_patient:
        trial.ground.kill_worker()
        trial.ground.run_out_leases()
        trial.ground.start_worker()
    trial.settle()


def three_beats(trial: Trial) -> None:
    """Three beats tick at once, for three times as many ticks; a mail is in hand while another sender looks around.

    That one looks for what dead senders left behind, and must leave alone what a slow one has.
    """
    from teams.notices import services as notices

    mail = trial.ground.mail
    trial.owe()
    trial.ground.start_worker()
    for number in range(3):
        trial.ground.start_beat(number)
    for number in trial.hours():
        if number == 0:
            mail.hold_back("before")
            wait_until(lambda: mail.is_held, "a sender in the midst of a mail", PATIENCE, each=0.005)
            notices.settle_abandoned()
            mail.let_go()
        time.sleep(1.0)
    trial.lag_from_now()
    trial.settle()


def beat_away(trial: Trial) -> None:
    """No beat for 48 hours in which reminders fall due; those that waited when it went have lost their use meanwhile.

    The reminder three days before was queued, and could not go, because the mail server was away. When beat is back,
    that of the day itself is due: it alone goes, and the other is skipped, in sight.
    """
    from teams.clock import selectors as clock
    from teams.notices.models import Notice

    ground = trial.ground
    trial.owe(rules=(-3, 0))
    ground.mail.stop()
    ground.start_worker()
    ground.start_beat()
    early = Notice.objects.filter(scope=trial.slug, rule="before:3")
    wait_until(lambda: early.exclude(remark="").exists(), "a sender that finds no mail server", PATIENCE)
    ground.end_beats()
    ground.kill_worker()
    ground.run_out_leases()
    before = early.count()
    ground.mail.start()
    ground.start_worker()
    ground.set_clock(trial.instants[0] + timedelta(hours=47))
    Notice.objects.filter(scope=trial.slug).update(next_try_at=clock.real_now())  # the hours have passed for these too
    time.sleep(2)
    assert Notice.objects.filter(scope=trial.slug).count() == before, "something ticked while beat was away"
    trial.figures.times = 1
    ground.start_beat()
    trial.lag_from_now()
    trial.settle()


TRIALS: Final[dict[str, Callable[[Trial], None]]] = {
    "killed": killed,
    "killed-unasked": killed_unasked,
    "emptied": emptied,
    "frozen": frozen,
    "restarted": restarted,
    "three-beats": three_beats,
    "beat-away": beat_away,
}
