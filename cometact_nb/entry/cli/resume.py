"""Runs ``cometact-nb resume``, which takes up the unfinished work of earlier kernels, once or to its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.domain.task import Status
from cometact_nb.entry.cli import say
from cometact_nb.errors import WaitTimeout
from cometact_nb.handles.resume import Resumed, take_up_all
from cometact_nb.handles.session import Session
from cometact_nb.views.task.text import line

if TYPE_CHECKING:
    import argparse

    from cometact_nb.handles.task import Task

__all__ = ["run"]

#: Without --wait, the most seconds for the download of a finished clip.
_FETCH_S = 120.0


def run(options: argparse.Namespace) -> int:
    """Take up the work, poll once or wait, and print the state of each task."""
    session = Session()
    try:
        resumed = take_up_all(session, sweeps=options.wait)
        if options.wait:
            say.note(str(resumed))
            _wait(resumed, options.timeout)
        else:
            _look(resumed)
        say.result(_values(resumed), _text(resumed), as_json=options.json)
        return _code(resumed)
    finally:
        session.close()


def _wait(resumed: Resumed, timeout_s: float | None) -> None:
    try:
        resumed.wait(timeout_s)
    except WaitTimeout as error:
        say.note(str(error))


def _look(resumed: Resumed) -> None:
    """Poll each task once, and download the finished clips."""
    for task in resumed.tasks:
        if not task.status.is_terminal:
            task.refresh()
    deadline = time.monotonic() + _FETCH_S
    fetching = [task for task in resumed.tasks if task.status is Status.SUCCEEDED]
    while any(not task.state.is_settled for task in fetching) and time.monotonic() < deadline:
        time.sleep(0.1)


def _left(resumed: Resumed) -> list[Task]:
    return [task for task in resumed.tasks if not task.state.is_settled]


def _code(resumed: Resumed) -> int:
    if (
        _left(resumed)
        or resumed.waiting
        or any(sweep.state is SweepState.RUNNING for sweep in resumed.sweeps)
    ):
        return say.RUNNING
    ended_well = all(task.clip for task in resumed.tasks) and all(
        set(sweep.counts) <= {"SUCCEEDED"} for sweep in resumed.sweeps
    )
    return say.OK if ended_well and not (resumed.unconfirmed or resumed.paused) else say.BAD


def _text(resumed: Resumed) -> str:
    now = time.time()
    lines = [str(resumed)]
    lines += [f"  {line(task.state, now, '·')}" for task in (*resumed.tasks, *resumed.unconfirmed)]
    lines += [f"  {sweep!r}" for sweep in (*resumed.sweeps, *resumed.paused)]
    lines += [f"  sweep {name!r} goes on with --wait" for name in resumed.waiting]
    return "\n".join(lines)


def _values(resumed: Resumed) -> dict[str, Any]:
    return {
        "tasks": [_task(task) for task in resumed.tasks],
        "unconfirmed": [_task(task) for task in resumed.unconfirmed],
        "sweeps": [
            {"name": sweep.name, "state": sweep.state, "cells": dict(sweep.counts), "problem": sweep.problem}
            for sweep in (*resumed.sweeps, *resumed.paused)
        ],
        "waiting": list(resumed.waiting),
        "elsewhere": list(resumed.elsewhere),
        "busy": list(resumed.busy),
    }


def _task(task: Task) -> dict[str, Any]:
    clip = task.clip
    return {
        "id": task.id,
        "key": task.key,
        "status": task.status.value,
        "clip": str(clip.path) if clip else None,
        "problem": task.state.failure or task.state.problem or task.state.clip_error,
    }
