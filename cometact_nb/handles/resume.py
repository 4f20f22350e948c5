"""Takes up the unfinished work of earlier kernels: watches tasks, continues sweeps, sends no single task."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cometact_nb.domain import events
from cometact_nb.domain.arguments import check_seconds
from cometact_nb.domain.doors import doors
from cometact_nb.domain.task import Status
from cometact_nb.errors import ClipError, ConfigError, SweepPaused, TaskError
from cometact_nb.handles.find import adopt
from cometact_nb.handles.sandbox_process import is_gone
from cometact_nb.store.journal import search
from cometact_nb.store.journal.sweeps import run_by_another, running

if TYPE_CHECKING:
    from collections.abc import Sized

    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task
    from cometact_nb.store.journal.history import Row
    from cometact_nb.store.journal.sweeps import SweepRow

__all__ = ["Resumed", "take_up_all"]

#: The most seconds to wait for polls of tasks whose watch had ended.
_LOOK_S = 10.0
_SANDBOX_GONE = "its sandbox has ended; nothing was billed"


@doors
@dataclass(frozen=True)
class Resumed:
    """The tasks and sweeps that were taken up, and those that were not.

    Args:
        tasks: watched again, or with a video to fetch; the oldest first, also those of sweeps.
        sweeps: that go on within their approved cost.
        paused: running sweeps that cannot go on; each says why in its ``problem``.
        unconfirmed: requests that wait for you: only you can find out whether they were accepted.
        gone: tasks of sandboxes that have ended.
        elsewhere: other services than the configured one, whose unfinished tasks and sweeps stay untouched.
        busy: names of sweeps that another kernel is running.
        waiting: names of sweeps for later; only the command line leaves any.
    """

    tasks: tuple[Task, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    paused: tuple[Sweep, ...] = ()
    unconfirmed: tuple[Task, ...] = ()
    gone: tuple[Task, ...] = ()
    elsewhere: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    def wait(self, timeout_s: float | None = None) -> Resumed:
        """Wait until everything that was taken up has ended. A failure does not raise; see each status.

        Args:
            timeout_s: the most seconds to wait; None waits for as long as it takes.

        Returns:
            this.

        Raises:
            WaitTimeout: ``timeout_s`` ran out; all of it goes on.
            WaitInterrupted: the user interrupted; all of it goes on.
        """
        check_seconds("timeout_s", timeout_s)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        things: tuple[Task | Sweep, ...] = (*self.sweeps, *self.tasks)
        for thing in things:
            with suppress(TaskError, ClipError, SweepPaused):
                thing.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return self

    def __str__(self) -> str:
        parts = [
            f"{_count(self.tasks, 'task')} watched on" if self.tasks else "",
            f"{_count(self.sweeps, 'sweep')} going on" if self.sweeps else "",
            *(f"sweep {sweep.name!r} not: {sweep.problem.rstrip('.')}" for sweep in self.paused),
            *(f"sweep {name!r} runs in another kernel" for name in self.busy),
            f"{_count(self.gone, 'task')} ended with their sandbox" if self.gone else "",
            f"{_count(self.unconfirmed, 'request')} UNCONFIRMED, for you to settle"
            if self.unconfirmed
            else "",
            f"what belongs to {', '.join(self.elsewhere)} left alone" if self.elsewhere else "",
        ]
        line = "; ".join(part for part in parts if part)
        return f"Resumed: {line}." if line else "Nothing to resume: every task has ended."

    def __repr__(self) -> str:
        return str(self)


def take_up_all(session: Session, *, sweeps: bool = True) -> Resumed:
    """See :func:`cometact_nb.resume`.

    Args:
        session: takes up.
        sweeps: let running sweeps go on; False leaves them, for a process that is about to end.
    """
    here, work = session.config.base_url, session.run(_read(session))
    if session.config.api_key is None and not session.config.is_loopback:
        _need_key(work, here)
    mine = [adopt(session, row) for row in work.left if row.state.base_url == here]
    session.run(_look_again(session, mine))
    others = [row for row in work.left if row.state.base_url != here and _is_meant_to_go_on(row)]
    ended = [row for row in others if row.state.in_sandbox and is_gone(row.state.base_url)]
    names = [sweep.name for sweep in work.sweeps if sweep.base_url == here]
    resumed = [session.sweep_by_name(name) for name in names] if sweeps else []
    elsewhere = {row.state.base_url for row in others if row not in ended}
    elsewhere |= {sweep.base_url for sweep in work.sweeps if sweep.base_url != here and not sweep.sandbox}
    open_ones = [adopt(session, row) for row in work.unconfirmed if _is_mine_to_settle(row, here)]
    return Resumed(
        tasks=tuple(task for task in mine if task.status is not Status.UNCONFIRMED),
        sweeps=tuple(sweep for sweep in resumed if not sweep.problem),
        paused=tuple(sweep for sweep in resumed if sweep.problem),
        waiting=() if sweeps else tuple(names),
        unconfirmed=(*open_ones, *(task for task in mine if task.status is Status.UNCONFIRMED)),
        gone=tuple(_let_go(session, row) for row in ended),
        elsewhere=tuple(sorted(elsewhere)),
        busy=work.busy,
    )


@dataclass(frozen=True)
class _OpenWork:
    """The unfinished work in the history."""

    left: list[Row]
    unconfirmed: list[Row]
    sweeps: list[SweepRow]
    busy: tuple[str, ...]


def _need_key(work: _OpenWork, here: str) -> None:
    """Raise without a key: the service would refuse every poll."""
    if any(row.state.base_url == here for row in work.left) or any(
        sweep.base_url == here for sweep in work.sweeps
    ):
        raise ConfigError(
            "There is no API key to ask the service with, so nothing was taken up. Set COMETAPI_KEY before "
            "starting the kernel, or call act.configure(api_key=…)."
        )


async def _read(session: Session) -> _OpenWork:
    history = session.engine.history
    rows = running(history)
    now = session.engine.now()
    busy = [one for one in rows if run_by_another(history, one.name, one.base_url, now)]
    return _OpenWork(
        left=search.open_tasks(history),
        unconfirmed=search.unconfirmed(history),
        sweeps=[sweep for sweep in rows if sweep not in busy],
        busy=tuple(sweep.name for sweep in busy),
    )


async def _look_again(session: Session, tasks: list[Task]) -> None:
    """Poll each task once whose watch had ended or whose video is missing, and go on with it."""
    ended = [task for task in tasks if task.id is not None and task.state.is_settled]
    looks = [asyncio.ensure_future(session.engine.resume(task.job)) for task in ended]
    if looks:
        await asyncio.wait(looks, timeout=_LOOK_S)


def _is_meant_to_go_on(row: Row) -> bool:
    """Whether a task goes on: its watch has not ended, and its video has not been given up."""
    silent = row.state.status is Status.NOT_FOUND
    return row.state.watching and row.state.clip_error is None and not silent


def _is_mine_to_settle(row: Row, here: str) -> bool:
    """Whether an unconfirmed request matters: it may have been paid for, or its sandbox is in use."""
    return row.state.base_url == here or not row.state.in_sandbox


def _let_go(session: Session, row: Row) -> Task:
    """Record that a sandbox's task has no service any more, so that nobody polls it again."""
    task = adopt(session, row)

    async def note() -> None:
        engine, job = session.engine, task.job
        if not job.state.is_settled:
            kind = events.ClipFailed if job.state.status is Status.SUCCEEDED else events.WatchEnded
            engine.apply(job, kind(at=engine.now(), reason=_SANDBOX_GONE))

    session.run(note())
    return task


def _count(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
