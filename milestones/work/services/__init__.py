"""Changes to what is owed. What a person does asks for their right itself; see `refusals` for what is raised."""

from .by_mail import answer_by_mail
from .dates import move_deliverable_due, move_due
from .notes import write_note
from .plan import (
    derive_states,
    drop_deliverable,
    drop_milestone,
    hand_over,
    move_deliverable,
    set_deliverable_due,
    set_due,
    take_baseline,
)
from .planning import (
    add_action,
    add_deliverable,
    add_dependency,
    add_milestone,
    change_deliverable,
    change_milestone,
    change_owner,
    remove_dependency,
)
from .refusals import ChangedMeanwhile, NotInTheGroup, NotYours, Refused
from .states import (
    accept,
    disclaim,
    drop,
    hand_in,
    keep,
    let_stay,
    propose_drop,
    reopen,
    send_back,
    start,
    take_back,
    take_up,
)

__all__ = [
    "ChangedMeanwhile",
    "NotInTheGroup",
    "NotYours",
    "Refused",
    "accept",
    "add_action",
    "add_deliverable",
    "add_dependency",
    "add_milestone",
    "answer_by_mail",
    "change_deliverable",
    "change_milestone",
    "change_owner",
    "derive_states",
    "disclaim",
    "drop",
    "drop_deliverable",
    "drop_milestone",
    "hand_in",
    "hand_over",
    "keep",
    "let_stay",
    "move_deliverable",
    "move_deliverable_due",
    "move_due",
    "propose_drop",
    "remove_dependency",
    "reopen",
    "send_back",
    "set_deliverable_due",
    "set_due",
    "start",
    "take_back",
    "take_baseline",
    "take_up",
    "write_note",
]
