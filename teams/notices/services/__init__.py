"""The outbox's writes: queueing what is owed, sending it, and what people choose about it.

The database is the only truth about what was sent. A notice is claimed under a lease, so that a sender that dies leaves
nothing behind that the next one doesn't find, and the moment before the mail is handed over is written down, so that at
most the one mail that a dead sender was in the midst of is in doubt.
"""

from .bounces import record_bounces
from .choosing import choose, least, plan_again_for
from .composing import compose, message_id_of
from .digests import gather
from .queueing import owe_to_address, owe_to_person, plan_again, queue
from .sending import BATCH, claim, send_due, settle_abandoned

__all__ = [
    "BATCH",
    "choose",
    "claim",
    "compose",
    "gather",
    "least",
    "message_id_of",
    "owe_to_address",
    "owe_to_person",
    "plan_again",
    "plan_again_for",
    "queue",
    "record_bounces",
    "send_due",
    "settle_abandoned",
]
