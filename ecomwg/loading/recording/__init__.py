"""Items become rows: a recorder for each list of the file."""

from __future__ import annotations

from .documents import COMMITMENTS, CONSULTATIONS, DEVELOPMENTS, DOCUMENTS, VERSIONS
from .milestones import DELIVERABLES, GOALS, MEETINGS, MILESTONES, PREPARATIONS, STRATEGY, WORK_STREAMS
from .recorder import Recorder
from .teams import BODIES, MEMBERSHIPS, ORGANIZATIONS, PEOPLE

RECORDERS: tuple[Recorder, ...] = (
    BODIES,
    ORGANIZATIONS,
    PEOPLE,
    MEMBERSHIPS,
    STRATEGY,
    GOALS,
    WORK_STREAMS,
    MEETINGS,
    PREPARATIONS,
    DELIVERABLES,
    MILESTONES,
    VERSIONS,
    DOCUMENTS,
    CONSULTATIONS,
    DEVELOPMENTS,
    COMMITMENTS,
)
