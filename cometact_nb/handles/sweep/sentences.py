"""What a sweep says about why it does not go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.run import SweepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.task import TaskState

__all__ = ["why_left", "why_unfinished"]


def why_unfinished(unwatched: Sequence[TaskState]) -> str:
    """Why the end of a sweep is not known, and what to do.

    Args:
        unwatched: its tasks that nobody asks about any more.
    """
    many = "1 task is" if len(unwatched) == 1 else f"{len(unwatched)} tasks are"
    why = next((state.problem for state in unwatched if state.problem), None)
    return f"{many} watched no more{f' ({why})' if why else ''}; act.resume() asks again"


def why_left(name: str, state: SweepState, problem: str, left: int) -> str:
    """Why a wait for a sweep cannot go on although cells are left; empty when none are, or it was cancelled.

    Args:
        name: the sweep's.
        state: where it stands.
        problem: why, in words; empty when its user paused it.
        left: how many cells have no task and were not stopped.
    """
    if state is SweepState.UNFINISHED:
        return f"Sweep {name!r} is unfinished: {problem}."
    if not left or state is SweepState.CANCELLED:
        return ""
    why = f"is paused: {problem}" if problem else f"is {state}"
    return f"Sweep {name!r} {why.rstrip('.')}. {left} cells were not bought; sweep.run() goes on."
