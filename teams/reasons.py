"""What a change is recorded with beside its person: why, for whom they stood in, or what made it where no person did.

All of it stands in the context that the history's triggers store with each change (see `teams.history`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any

import pghistory

LINK_IN_MAIL = "link in a mail"


@contextmanager
def because(reason: str, *, by: Any = None) -> Iterator[None]:
    """Record the changes made inside with a reason in words; afterwards the reason before counts again.

    `by` is the person (a `User`) who makes them: a service that is told who acts says so, whether a request is around
    it or not. Where there is no request or task around it, let it enclose the whole transaction: PostgreSQL keeps what
    is said until that ends.
    """
    with _said(reason=reason, **({} if by is None else {"user": by.pk})):
        yield


@contextmanager
def done_by(person: Any) -> Iterator[None]:
    """Record the changes made inside as those of the person (a `User`), where there is no reason to give."""
    with _said(user=person.pk):
        yield


@contextmanager
def by_link_in_mail() -> Iterator[None]:
    """Record that the changes made inside came by a link in a mail, without a session of their person."""
    with _said(by=LINK_IN_MAIL):
        yield


@contextmanager
def standing_in_for(person: int | None) -> Iterator[None]:
    """Record the changes made inside as those of a stand-in for the person with this key; None: in their own right."""
    with pghistory.context() as context:
        is_said = person is not None or "stands_in_for" in context.metadata
    with _said(stands_in_for=person) if is_said else nullcontext():
        yield


def signed(by: str, stands_in_for: str, through: str | None = "") -> str:
    """Whose change it was, by name: "Jordan Lee", or "Jordan Lee, standing in for Rosa Alvarez".

    `through` is what the record says under "by"; a link in a mail is named.
    """
    name = f"{by}, standing in for {stands_in_for}" if by and stands_in_for else by
    return f"{name}, by a link in a mail" if name and through == LINK_IN_MAIL else name


@contextmanager
def made_by(what: str, *, at: datetime | None = None, **more: Any) -> Iterator[None]:
    """Record the changes made inside as those of a task or a command ("sweep", "command load_group").

    `at` is the instant on the portal's clock; without it, the real time of each change is taken for it. Inside a
    person's request the person stays.
    """
    with _said(by=what, **({"at": at.isoformat()} if at else {}), **more):
        yield


@contextmanager
def _said(**metadata: Any) -> Iterator[None]:
    with pghistory.context() as context:
        before = dict(context.metadata)
        context.metadata.update(metadata)
        try:
            yield
        finally:
            for name in metadata:
                del context.metadata[name]
                if name in before:
                    context.metadata[name] = before[name]
