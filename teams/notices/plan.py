"""When a notice goes, by its recipient's choices: one rule, in the database, for any number of notices at once.

The rule itself is the function `notice_plan` (migration 0004): quiet hours and days off put a notice off until they
end, a digest until the digest's hour, and neither beyond the point where it would come too late to be of use. Here are
the pieces of SQL that give the function what it needs.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.conf import settings

from . import kinds

# As `notice_plan` has them. A day off ends at this hour of the next working day, unless that lies in quiet hours.
MORNING: Final = time(8, 0)
# Digests go half an hour after reminders are due, so that the day's own are in.
DIGEST_HOUR: Final = time(8, 30)
# What would be held until less than this before it loses its use is not held: a sender may be late.
MARGIN: Final = timedelta(hours=1)

REMARK_OFF: Final = "Switched off by the person’s own choice."

# To stand after a FROM whose rows are called `owed` and have the columns recipient_id, kind, due_at, useless_after.
# Offers `plan.made`, what `notice_plan` says, and NULL for the many who chose nothing: they don't pay for the others
# (OFFSET 0 keeps PostgreSQL from asking once for each column). Its parameters: `parameters(...)`.
JOINS: Final = """
    JOIN accounts_user AS person ON person.id = owed.recipient_id
    LEFT JOIN notices_choice AS choice ON choice.person_id = owed.recipient_id AND choice.kind = owed.kind
    LEFT JOIN notices_quiettimes AS quiet ON quiet.person_id = owed.recipient_id
    LEFT JOIN unnest(%s::text[], %s::text[], %s::text[]) AS known (name, ways, usual) ON known.name = owed.kind
    CROSS JOIN LATERAL (
        SELECT CASE WHEN choice.way = ANY (string_to_array(known.ways, ' ')) THEN choice.way
                    ELSE coalesce(known.usual, 'at_once') END AS way
    ) AS chosen
    CROSS JOIN LATERAL (
        SELECT CASE WHEN chosen.way <> 'at_once' OR quiet.id IS NOT NULL THEN notice_plan(
            chosen.way, owed.due_at, owed.useless_after, %s::timestamptz, %s::timestamptz,
            person.timezone, %s, quiet.starts, quiet.ends, quiet.working_days
        ) END AS made OFFSET 0
    ) AS plan
"""

# What a row becomes: way, held_until, state and remark. Its parameter: REMARK_OFF.
COLUMNS: Final = """
    coalesce((plan.made).way, 'at_once') AS way,
    (plan.made).held_until AS held_until,
    CASE WHEN (plan.made).way = 'off' THEN 'off' ELSE 'waiting' END AS state,
    CASE WHEN (plan.made).way = 'off' THEN %s ELSE '' END AS remark
"""


def parameters(now: datetime, *, not_before: datetime | None = None) -> list[Any]:
    """The parameters of JOINS. `not_before`: digests up to this instant are out of the question."""
    known = kinds.known()
    return [
        [kind.name for kind in known],
        [" ".join(kind.ways) for kind in known],
        [str(kind.usual) for kind in known],
        now,
        not_before,
        settings.TIME_ZONE,
    ]
