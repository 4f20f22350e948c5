"""Records the events of tasks, on disk before in memory, and repeats writes that the disk refused.

It sets aside an event that can never be written, lest it block others, and writes an abridged one instead.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cometact_nb.domain import redact
from cometact_nb.domain.money import over_limit
from cometact_nb.domain.reduce import reduce
from cometact_nb.errors import BudgetError, HistoryError
from cometact_nb.store.journal.history import History, Unrecordable
from cometact_nb.store.journal.limits import NO_LIMIT, LimitReached
from cometact_nb.store.journal.records import abridge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cometact_nb.domain import events
    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.money import Account
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Job
    from cometact_nb.store.journal.claims import CellClaim

__all__ = ["Journal"]

log = logging.getLogger("cometact_nb")
#: Seconds between tries to write events that the disk refused.
_SAVE_AGAIN_S = 15.0
_NO_RECORD = (
    "This kernel ends while its history takes nothing. If the next kernel shows act.task(%r) in doubt, "
    "settle it with .confirm(%r): the service gave it that id."
)


class _Entry(NamedTuple):
    """An event that waits to be written, and the state after it."""

    event: TaskEvent
    state: TaskState
    is_abridged: bool = False


class Journal:
    """The history of one engine, with the events that wait for it. To be used on the engine's loop only.

    Args:
        path: see :class:`~cometact_nb.store.journal.history.History`. Opened when first needed.
        on_change: called after each change; it must only pass the job on.
        keeps: see :class:`~cometact_nb.engine.engine.Engine`.
    """

    def __init__(self, path: str, on_change: Callable[[Job], None], *, keeps: bool = False) -> None:
        self._path, self._keeps = path, keeps
        self._on_change = on_change
        self._history: History | None = None
        self._unsaved: deque[_Entry] = deque()
        #: Keys of tasks whose last event the history has not taken, and never will.
        self._ahead: set[str] = set()
        #: Events that the disk has in an abridged form, or not at all.
        self.set_aside: list[TaskEvent] = []
        #: The reason, by the key of their task.
        self.problems: dict[str, str] = {}

    @property
    def history(self) -> History:
        """The history, opened at first use.

        Raises:
            HistoryError: it cannot be opened.
        """
        if self._history is None:
            self._history = History(self._path, keeps=self._keeps)
        return self._history

    def begin(
        self,
        job: Job,
        intent: events.Intended,
        *,
        content_hash: str,
        cell: CellClaim | None = None,
        account: Account = NO_LIMIT,
    ) -> None:
        """Record the intent to buy, durably, before anything is sent.

        Args:
            job: a new task.
            intent: the request to buy.
            content_hash: of the request.
            cell: the cell of a sweep that it is bought for.
            account: what it is recorded with, and its limit.

        Raises:
            BudgetError: it would go over a limit that all kernels share.
            HistoryError: it could not be recorded, or events of other tasks still wait.
            CellTaken: another process bought the cell.
            BudgetUsed: the cell's sweep would go over its budget.
            SweepHalted: the user has stopped the sweep meanwhile.
        """
        failure = self.save()
        if failure is not None:
            waiting = f"{len(self._unsaved)} earlier event{'' if len(self._unsaved) == 1 else 's'}"
            raise HistoryError(f"{failure} ({waiting} still wait to be recorded.)")
        state = reduce(job.state, intent)
        try:
            self.history.append(
                state.key, intent, state, content_hash=content_hash, cell=cell, account=account
            )
        except LimitReached as reached:
            raise BudgetError(over_limit(state.price_usd or 0, account, reached.spent_micro)) from None
        self.publish(job, state)

    def apply(self, job: Job, event: TaskEvent) -> None:
        """Change a job's state, on disk first. An event that the disk refuses now is written later."""
        state = reduce(job.state, event)
        # Most polls bring no news, and so no foreign words but those that the state has, without secrets.
        if state != job.state and not _is_only_clock(state, job.state):
            event = redact.event(event, job.endpoint.api_key)
            state = reduce(job.state, event)
        if state == job.state:
            return
        if _is_only_clock(state, job.state):
            self.publish(job, state)
            return
        self._unsaved.append(_Entry(event, state))
        self.save()
        if state.key in self.problems and state.problem is None:
            state = msgspec.structs.replace(state, problem=self.problems[state.key])
        self.publish(job, state)

    def publish(self, job: Job, state: TaskState) -> None:
        """Make ``state`` the job's, and call its listeners, each even if another fails."""
        job.state = state
        try:
            self._on_change(job)
        except Exception:
            log.exception("a change of task %s could not be handed on", _name(state))
        job.listeners.tell()

    def save(self) -> HistoryError | None:
        """Write the waiting events in order; return the error while the history refuses."""
        while self._unsaved:
            entry = self._unsaved[0]
            try:
                self.history.append(entry.state.key, entry.event, entry.state)
            except Unrecordable as error:
                self._set_aside(error)
            except HistoryError as error:
                names = ", ".join(dict.fromkeys(_name(unsaved.state) for unsaved in self._unsaved))
                log.warning("%d events wait to be recorded (of %s): %s", len(self._unsaved), names, error)
                return error
            else:
                self._unsaved.popleft()
                self._ahead.discard(entry.state.key)
        return None

    async def save_again(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Write the waiting events soon after the disk has room again, also when nothing else happens.

        Args:
            sleep: waits for so many seconds.
        """
        while self._unsaved:
            await sleep(_SAVE_AGAIN_S)
            self.save()

    @property
    def waits(self) -> bool:
        """Whether any event waits to be written."""
        return bool(self._unsaved)

    def waits_for(self, key: str) -> bool:
        """Whether the history knows less of the task ``key`` than this process."""
        return key in self._ahead or any(entry.state.key == key for entry in self._unsaved)

    def _set_aside(self, error: HistoryError) -> None:
        """Take the first event out of the line, report it, and put an abridged one in its place."""
        entry = self._unsaved.popleft()
        state, kind = entry.state, type(entry.event).__name__
        how = "not at all"
        if not entry.is_abridged:
            self.set_aside.append(entry.event)
            try:
                short = _Entry(abridge(entry.event), abridge(state), is_abridged=True)
            except Exception:
                log.exception("%s of task %s cannot be abridged", kind, state.key)
            else:
                self._unsaved.appendleft(short)
                how = "abridged"
        if how == "not at all":
            self._ahead.add(state.key)
        self.problems[state.key] = f"Its history has the event {kind!r} {how}: {error}"
        log.error("Task %s: %s", _name(state), self.problems[state.key])

    def close(self) -> None:
        """Write the waiting events as far as possible, log the ids that may be on no record, and close."""
        if self.save() is not None:
            for key, task_id in {entry.state.key: entry.state.id for entry in self._unsaved}.items():
                if task_id is not None:
                    log.error(_NO_RECORD, key, task_id)
        if self._history is not None:
            self._history.close()


def _name(state: TaskState) -> str:
    """Return a task's id, or its key, in plain characters for a log."""
    return (state.id or state.key).encode("utf-8", "backslashreplace").decode()


def _is_only_clock(new: TaskState, old: TaskState) -> bool:
    """Whether a poll changed nothing but its time; such polls are not recorded."""
    return new == msgspec.structs.replace(old, observed_at=new.observed_at)
