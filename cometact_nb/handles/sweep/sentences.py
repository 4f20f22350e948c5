"""Messages of a sweep about why it does not go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.run import SweepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.task import TaskState

__all__ = ["why_left", "why_unfinished"]


def why_unfinished(unwatched: Sequence[TaskState]) -> str:
    """Say why the end of a sweep is unknown, and what to do.

    Args:
        unwatched: its tasks that nobody polls any more.
    """
    many = "1 task is" if len(unwatched) == 1 else f"{len(unwatched)} tasks are"
    why = next((state.problem for state in unwatched if state.problem), None)
    return f"{many} watched no more{f' ({why})' if why else ''}; act.resume() asks again"


def why_left(name: str, state: SweepState, problem: str, left: int) -> str:
    """Say why a wait for a sweep cannot go on although cells remain; empty without any, or after a cancel.

    Args:
        name: of the sweep.
        state: of the sweep.
        problem: the reason, in words; empty when its user paused it.
        left: the number of cells without a task that were not stopped.
    """
    if state is SweepState.UNFINISHED:
        return f"Sweep {name!r} is unfinished: {problem}."
    if not left or state is SweepState.CANCELLED:
        return ""
    why = f"is paused: {problem}" if problem else f"is {state}"
    return f"Sweep {name!r} {why.rstrip('.')}. {left} cells were not bought; sweep.run() goes on."
