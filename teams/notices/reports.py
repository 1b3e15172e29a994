"""Reading delivery status notifications (RFC 3464): what a mail server says became of a mail that it was given.

Nothing here touches the database. A report comes from outside and may be anything: what can't be read is said so.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final

# The largest report that is read, in bytes. Our mails are small, and a report carries one of them at most.
LIMIT: Final = 1024 * 1024

# The longest answer of a server that is kept, in characters.
LONGEST_ANSWER: Final = 300

# RFC 3463, 2: a class, a subject and a detail.
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_HEX: Final = re.compile(r"\+([0-9A-F]{2})")


class NotAReport(Exception):
    """A message that isn't a delivery status notification, or one that lacks what it must have; it says why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the mail at one address: the report's fields of one recipient (RFC 3464, 2.3).

    `addresses` are the final and the original recipient in small letters; `action` is in small letters (failed,
    delayed, delivered, relayed, expanded); `status` is an enhanced status code or empty; `answer` the server's words.
    """

    addresses: tuple[str, ...]
    action: str
    status: str
    answer: str


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery status notification: the Message-ID of the mail it speaks of, and what became of it where."""

    message_id: str
    outcomes: tuple[Outcome, ...]


def read(content: bytes) -> Report:
    """The report that a message is. Raises NotAReport, which says in words what the message is instead."""
    if len(content) > LIMIT:
        raise NotAReport(f"larger than {LIMIT // 1024} KB, so it wasn't read")
    if content.startswith(b"From "):  # the line that a delivery to a program or an mbox puts above a message
        content = content.partition(b"\n")[2]
    try:
        return _report(email.message_from_bytes(content, policy=email.policy.default))
    except NotAReport:
        raise
    except Exception as fault:  # the library stumbles in many ways over headers that strangers malformed
        raise NotAReport("malformed, it can't be read") from fault


def _report(message: Message) -> Report:
    if (
        message.get_content_type() != "multipart/report"
        or str(message.get_param("report-type", "")).lower() != "delivery-status"
        or not message.is_multipart()
    ):
        raise NotAReport("not a delivery status notification")
    parts = _messages(message)
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if status is None:
        raise NotAReport("a report without its machine-readable part")
    outcomes = tuple(filter(None, (_outcome(fields) for fields in _messages(status))))
    if not outcomes:
        raise NotAReport("a report that names no address and what became of it")
    message_id = next(filter(None, map(_message_id_in, parts)), "")
    if not message_id:
        raise NotAReport("a report without the Message-ID of the mail that it speaks of")
    return Report(message_id, outcomes)


def _messages(message: Message) -> list[Message]:
    payload: Any = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


def _message_id_in(part: Message) -> str:
    """The Message-ID of the mail that comes back in this part, whole or as its headers alone; empty otherwise."""
    kind = part.get_content_type()
    if kind in ("message/rfc822", "message/global", "message/global-headers"):
        return _field(next(iter(_messages(part)), Message()), "Message-ID")
    if kind == "text/rfc822-headers":
        headers = part.get_payload(decode=True)
        if isinstance(headers, bytes):
            return _field(email.message_from_bytes(headers.lstrip()), "Message-ID")
    return ""


def _outcome(fields: Message) -> Outcome | None:
    addresses = tuple(_addresses(_field(fields, name) for name in ("Final-Recipient", "Original-Recipient")))
    action = _field(fields, "Action").lower()
    if not addresses or not action:
        return None
    found = _STATUS.search(_field(fields, "Status"))
    status = found.group(1) if found else ""
    _, separator, words = _field(fields, "Diagnostic-Code").partition(";")
    answer = words.strip() if separator else ""
    if not answer.startswith(status) and status not in answer:
        answer = f"{status} {answer}".strip()
    return Outcome(addresses, action, status, answer[:LONGEST_ANSWER])


def _addresses(fields: Iterable[str]) -> Iterable[str]:
    """Of fields such as "rfc822; ann@example.org" the address, as it stands and with xtext undone (RFC 3461, 4)."""
    for field in fields:
        address = field.partition(";")[2].strip().strip("<>").lower()
        if address:
            yield address
            if _HEX.search(field):
                yield _HEX.sub(lambda found: chr(int(found.group(1), 16)), field).partition(";")[2].strip().lower()


def _field(message: Message, name: str) -> str:
    """A header as it came, on one line, with what can't be printed left out; the first where it stands twice.

    Taken raw: parsed headers raise on what strangers write.
    """
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            text = str(value).encode(errors="replace").decode(errors="replace")
            return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return ""
