"""The state of a sweep's run, and its change by each event. Pure.

``step(run, event)`` is the only place where the state of a sweep changes, as ``reduce`` is for a task.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.task import TaskState

__all__ = [
    "AllSent",
    "CellAccepted",
    "CellStruck",
    "Mark",
    "RunBegan",
    "RunBroke",
    "RunCancelled",
    "RunHeld",
    "RunNotResumed",
    "RunPaused",
    "RunWidened",
    "SweepEvent",
    "SweepRun",
    "SweepState",
    "is_unwatched",
    "shown_state",
    "step",
]

#: This many cells in a row that were refused, or whose answer was lost, stop the rest.
STRIKES = 3


class SweepState(StrEnum):
    """The state of a sweep. The history records the first five; the others follow from its tasks."""

    PLANNED = "planned"  #: nothing was sent from here
    RUNNING = "running"  #: cells are sent, or all are and their tasks go on
    PAUSED = "paused"  #: no more cells are sent before ``run()``
    CANCELLED = "cancelled"  #: no more cells are sent, and unfinished tasks are to be cancelled
    BOUGHT = "bought"  #: all cells were sent

    FINISHED = "finished"  #: all cells were sent, and their tasks have ended
    UNFINISHED = "unfinished"  #: all cells were sent, and a task is watched no more before its end is known


class Mark(StrEnum):
    """The state of a cell without a task."""

    PLANNED = "PLANNED"  #: it was never in line
    QUEUED = "QUEUED"  #: it waits to be sent
    STOPPED = "STOPPED"  #: it was taken out of the line


@dataclass(frozen=True)
class SweepRun:
    """The state of a sweep's run, with its reason.

    Args:
        state: ``PLANNED``, ``RUNNING``, ``PAUSED``, ``CANCELLED`` or ``BOUGHT``.
        problem: the reason why it is paused, or was not resumed; empty when its user paused it.
        strikes: the number of cells in a row that were refused, or whose answer was lost.
    """

    state: SweepState = SweepState.PLANNED
    problem: str = ""
    strikes: int = 0


@dataclass(frozen=True)
class SweepEvent:
    """An event of a sweep's run."""


@dataclass(frozen=True)
class RunBegan(SweepEvent):
    """The user approved it, and cells are sent from now on."""


@dataclass(frozen=True)
class RunPaused(SweepEvent):
    """The user paused it.

    Args:
        problem: says so when that was in another kernel; empty for here.
    """

    problem: str = ""


@dataclass(frozen=True)
class RunBroke(SweepEvent):
    """A problem prevents the other cells from being sent.

    Args:
        problem: in words.
    """

    problem: str


@dataclass(frozen=True)
class RunCancelled(SweepEvent):
    """The user cancelled it.

    Args:
        at_work: one of its tasks is at the service, and can be cancelled even when nothing is left to send.
    """

    at_work: bool = False


@dataclass(frozen=True)
class RunHeld(SweepEvent):
    """It would go on by itself, but its approval does not hold here, so it waits for the user's.

    Args:
        reason: why, and how to approve.
    """

    reason: str


@dataclass(frozen=True)
class RunNotResumed(SweepEvent):
    """It could not go on by itself.

    Args:
        problem: the reason, in words.
    """

    problem: str


@dataclass(frozen=True)
class CellAccepted(SweepEvent):
    """The service accepted a cell."""


@dataclass(frozen=True)
class CellStruck(SweepEvent):
    """A cell was refused because of its own content, or its answer was lost.

    Args:
        what: the kind of event, in words.
        reason: of this one.
        left: other cells wait to be sent.
    """

    what: str
    reason: str
    left: bool


@dataclass(frozen=True)
class RunWidened(SweepEvent):
    """Cells were added, which wait for their user's ``run()``."""


@dataclass(frozen=True)
class AllSent(SweepEvent):
    """No cell waits to be sent."""


def step(run: SweepRun, event: SweepEvent) -> SweepRun:
    """Return ``run`` after ``event``, or ``run`` itself if the event does not apply. Pure.

    Only ``RunBegan`` starts it or goes on. A problem never replaces a pause or cancel by the user.
    """
    match event:
        case RunBegan():
            return SweepRun(SweepState.RUNNING)
        case RunHeld():
            return replace(run, state=SweepState.PAUSED, problem=event.reason)
        case RunNotResumed():
            return replace(run, problem=event.problem)
        case RunCancelled() if event.at_work or run.state in _LEFT:
            return replace(run, state=SweepState.CANCELLED, problem="")
        case RunPaused() if run.state in _LEFT:
            return replace(run, state=SweepState.PAUSED, problem=event.problem)
        case CellAccepted():
            return replace(run, strikes=0)
        case CellStruck():
            return _struck(run, event)
        case RunBroke() if run.state is SweepState.RUNNING:
            return replace(run, state=SweepState.PAUSED, problem=event.problem)
        case AllSent() if run.state is SweepState.RUNNING:
            return replace(run, state=SweepState.BOUGHT)
        case RunWidened() if run.state is SweepState.BOUGHT:
            return replace(run, state=SweepState.PLANNED)
    return run


#: States in which the user keeps cells from being sent.
_LEFT = frozenset({SweepState.RUNNING, SweepState.PAUSED})


def _struck(run: SweepRun, event: CellStruck) -> SweepRun:
    run = replace(run, strikes=run.strikes + 1)
    if run.strikes < STRIKES or not event.left:
        return run
    return step(run, RunBroke(f"{run.strikes} {event.what} one after the other: {event.reason}"))


def shown_state(state: SweepState, tasks: Iterable[TaskState | None]) -> SweepState:
    """Return the state of a sweep for its user.

    Args:
        state: of its run.
        tasks: of its cells, None for a cell without a task.
    """
    if state not in {SweepState.PLANNED, SweepState.BOUGHT}:
        return state
    known = list(tasks)
    if state is SweepState.PLANNED and None in known:
        return state
    if not all(task is None or task.is_settled for task in known):
        return SweepState.RUNNING
    return SweepState.UNFINISHED if any(map(is_unwatched, known)) else SweepState.FINISHED


def is_unwatched(task: TaskState | None) -> bool:
    """Whether nobody polls a task any more, and its end is unknown."""
    return task is not None and not task.watching and not task.status.is_terminal
