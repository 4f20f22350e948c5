"""The record of all tasks: SQLite, one row a task, one row an event.

The journal is SQLite's rollback journal, not WAL: home directories are often on a network file system, where
WAL does not work. One connection, used by the I/O thread alone.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.events import AnyEvent
from cometact_nb.domain.identity import body_identity
from cometact_nb.domain.search import found_by
from cometact_nb.domain.task import TaskState
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal import limits, records
from cometact_nb.store.journal.claims import BudgetUsed, CellClaim, CellTaken, SweepHalted, take
from cometact_nb.store.journal.forks import no_fork
from cometact_nb.store.journal.limits import LimitReached
from cometact_nb.store.journal.migrate import migrate
from cometact_nb.store.journal.processes import is_dead
from cometact_nb.store.journal.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.money import Account

__all__ = [
    "History",
    "Row",
    "Unrecordable",
]

#: A part of the name of a process that keeps.
_KEEPER = "keeper-"
#: Another process may lock the file this long before this one gives up.
_BUSY_S = 20.0

_PUT_TASK = """
INSERT INTO tasks
    (key, id, base_url, status, content_hash, submitted_at, updated_at, owner, state, begun_at, found_by,
    sandbox)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET id = excluded.id, status = excluded.status,
    submitted_at = excluded.submitted_at, updated_at = excluded.updated_at, owner = excluded.owner,
    state = excluded.state, begun_at = excluded.begun_at, found_by = excluded.found_by
-- A kernel that did not learn of the answer takes neither the id nor what may hold it off the record.
WHERE (excluded.id IS NOT NULL OR (tasks.id IS NULL AND (
    excluded.status <> 'UNCONFIRMED' OR json_extract(tasks.state, '$.raw_answer') IS NULL
    OR json_extract(excluded.state, '$.raw_answer') IS NOT NULL)))
-- Nor does an older event that had to wait for its disk undo the end that another kernel has recorded.
AND (excluded.owner = tasks.owner OR ? >= tasks.updated_at
    OR tasks.status NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
    OR excluded.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED'))
"""


class Unrecordable(HistoryError):
    """One event cannot be written, now or later; the file accepts others."""


class Row(msgspec.Struct, frozen=True):
    """One task in the history: its state, and the process that last wrote it."""

    state: TaskState
    owner: str
    updated_at: float


class History:
    """All tasks ever submitted with this file.

    Args:
        path: the SQLite file, made with its folders when missing; ``":memory:"`` writes no file.
        keeps: this process watches only what kernels left behind, and any kernel may take a task from it.

    Raises:
        HistoryError: the file cannot be made, opened or understood.
    """

    def __init__(self, path: str, *, keeps: bool = False) -> None:
        self.path = path
        #: This process, and this connection of it.
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{_KEEPER if keeps else ''}{uuid.uuid4().hex[:8]}"
        self._keeps = keeps
        #: Tells whose history it is, and which of its approvals hold.
        self.provenance = Provenance(self)
        try:
            if path != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            with no_fork:
                self._open(path)
            if path != ":memory:":
                _private(path)
        except Exception as error:  # noqa: BLE001  (also a path that is none)
            raise HistoryError(self._cure("opened", error)) from None

    def _open(self, path: str) -> None:
        self.connection = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            self.connection.execute("PRAGMA journal_mode = TRUNCATE")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            with self._transaction():
                if migrate(self.connection):
                    self.provenance.sign()
        except Exception:
            self.connection.close()
            raise

    def append(
        self,
        key: str,
        event: TaskEvent,
        state: TaskState,
        *,
        content_hash: str | None = None,
        cell: CellClaim | None = None,
        account: Account = limits.NO_LIMIT,
    ) -> None:
        """Write one event and the state after it, durably, before returning.

        Args:
            key: the task's local key.
            event: what happened.
            state: ``reduce`` of all events so far.
            content_hash: of the request, on the first event.
            cell: the cell of a sweep that the task is bought for, on the first event.
            account: what the purchase is recorded with, and its limit, on the first event.

        Raises:
            HistoryError: nothing was written (disk full, read-only, held by another process for too long).
            Unrecordable: nothing was written, and nothing would be at another time.
            CellTaken: nothing was written: the cell has another task by now.
            BudgetUsed: nothing was written: with the purchases of other kernels its sweep is over budget.
            SweepHalted: nothing was written: the user has stopped the sweep meanwhile.
            LimitReached: nothing was written: with all purchases of this history it is over the limit.
        """
        now = time.time()
        try:
            state, event = records.unsign_state(state), records.unsign_event(event)
            texts = records.encode(state, TaskState), records.encode(event, AnyEvent)
            begun_at = now if state.begun_at is None else state.begun_at
            values = (key, state.id, state.base_url, state.status, content_hash, state.submitted_at, now)
            row = (*values, self.owner, texts[0], begun_at, found_by(state), state.in_sandbox, event.at)
            with no_fork, self._transaction():
                self.connection.execute(_PUT_TASK, row)
                self.connection.execute(
                    "INSERT INTO events (key, at, event) VALUES (?, ?, ?)", (key, event.at, texts[1])
                )
                if content_hash is not None:
                    identity = content_hash if state.request is None else body_identity(state.request)
                    limits.buy(self.connection, state, identity, account, event.at)
                if cell is not None and content_hash is not None:
                    take(self.connection, cell, key, state.base_url, identity)
        except (CellTaken, BudgetUsed, SweepHalted, LimitReached):
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, nothing was written)
            kind = HistoryError if _is_of_the_file(error) else Unrecordable
            raise kind(self._cure("written", error)) from None
        if content_hash is not None:
            self.provenance.note_purchase()

    def note(self, key: str, event: TaskEvent) -> None:
        """Write an event of a task that another process goes on with, durably, and leave its state alone.

        Args:
            key: the task's local key.
            event: which changes no state.

        Raises:
            HistoryError: nothing was written.
        """
        text = records.encode(event, AnyEvent)
        self.write("INSERT INTO events (key, at, event) VALUES (?, ?, ?)", (key, event.at, text))

    def is_cancel_asked(self, key: str) -> bool:
        """Whether the user of another process has cancelled a task whose request is being sent.

        Raises:
            HistoryError: the file could not be read.
        """
        sql = "SELECT 1 FROM events WHERE key = ? AND json_extract(event, '$.kind') = 'cancel-asked' LIMIT 1"
        return bool(self.query(sql, (key,)))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all writes of a ``with`` block durable at once, or none of them.

        Raises:
            HistoryError: nothing was written.
        """
        try:
            with no_fork, self._transaction():
                yield
        except sqlite3.Error as error:
            raise HistoryError(self._cure("written", error)) from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit all writes of the block, or none."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def find(self, name: str, base_url: str = "") -> Row | None:
        """Find the task with this id or key, or the only one that starts with it (4 characters or more).

        Args:
            name: id or key.
            base_url: of the service that is meant where two have given the same id; else the newest is.

        Raises:
            HistoryError: several tasks start with it.
        """
        for column in ("key", "id"):
            order = "ORDER BY base_url = ? DESC, updated_at DESC LIMIT 1"
            rows = self.rows(f"WHERE {column} = ? {order}", (name, base_url))
            if rows:
                return rows[0]
        if len(name) < 4:  # noqa: PLR2004
            return None
        rows = self.rows("WHERE id GLOB ? OR key GLOB ? LIMIT 2", (_prefix(name), _prefix(name)))
        if len(rows) > 1:
            raise HistoryError(f"Several tasks start with {name!r}. Give more of the id.")
        return rows[0] if rows else None

    def key_of(self, task_id: str, base_url: str) -> str | None:
        """Return the key of the task with this id at a service, or None.

        Raises:
            HistoryError: the file could not be read.
        """
        rows = self.query("SELECT key FROM tasks WHERE id = ? AND base_url = ? LIMIT 1", (task_id, base_url))
        return rows[0][0] if rows else None

    def claim(self, key: str, now: float, lease_s: float) -> bool:
        """Become the process that polls a task, unless a living one already is.

        A task that this file does not have (it was begun with another) is nobody else's.

        Args:
            key: the task's local key.
            now: Unix seconds.
            lease_s: how long the claim holds unless renewed.

        Raises:
            HistoryError: the file could not be written.
        """
        watchers = self.query("SELECT watcher FROM tasks WHERE key = ?", (key,))
        for (watcher,) in watchers:
            if watcher and watcher != self.owner and is_dead(watcher):
                self.write("UPDATE tasks SET watcher = NULL WHERE key = ? AND watcher = ?", (key, watcher))
        # From a keeper a kernel takes any task but one whose clip is on its way: two may not write that.
        sql = (
            "UPDATE tasks SET watcher = ?, watched_until = ? WHERE key = ?"
            " AND (watcher IS NULL OR watcher = ? OR watched_until < ?"
            " OR (? AND watcher LIKE ? AND status <> 'SUCCEEDED'))"
        )
        values = (self.owner, now + lease_s, key, self.owner, now, not self._keeps, f"%/{_KEEPER}%")
        return self.write(sql, values) == 1 or not watchers

    def renew(self, keys: set[str], now: float, lease_s: float) -> set[str]:
        """Prolong the claims of this process, and return those that it still has.

        Raises:
            HistoryError: the file could not be written.
        """
        self.write("UPDATE tasks SET watched_until = ? WHERE watcher = ?", (now + lease_s, self.owner))
        mine = {key for (key,) in self.query("SELECT key FROM tasks WHERE watcher = ?", (self.owner,))}
        return keys & mine

    def release(self, key: str) -> None:
        """Let another process poll the task.

        Raises:
            HistoryError: the file could not be written.
        """
        self.write("UPDATE tasks SET watcher = NULL WHERE key = ? AND watcher = ?", (key, self.owner))

    def release_all(self) -> None:
        """Let other processes poll all tasks, in one write: a thousand writes would outlast a kernel's end.

        Raises:
            HistoryError: the file could not be written.
        """
        self.write("UPDATE tasks SET watcher = NULL WHERE watcher = ?", (self.owner,))

    def durations_s(self, base_url: str, limit: int) -> list[float]:
        """List how long a service's newest tasks took to their success, in seconds, the newest first.

        Tasks that waited for a place in the account's queue are left out.

        Args:
            base_url: the service.
            limit: how many at the most.

        Raises:
            HistoryError: the file could not be read.
        """
        # The plus signs keep SQLite on the index of times, so that it stops after the newest few.
        sql = (
            "SELECT json_extract(state, '$.ended_at') - submitted_at FROM tasks"
            " WHERE +status = 'SUCCEEDED' AND +base_url = ? AND submitted_at > 0 AND NOT EXISTS"
            " (SELECT 1 FROM events WHERE events.key = tasks.key AND event LIKE '%\"THROTTLED\"%')"
            " ORDER BY submitted_at DESC LIMIT ?"
        )
        return [took for (took,) in self.query(sql, (base_url, limit)) if took is not None]

    def events(self, key: str) -> list[TaskEvent]:
        """List the events of one task, in order, without events of a newer version."""
        events: list[TaskEvent] = []
        for (text,) in self.query("SELECT event FROM events WHERE key = ? ORDER BY seq", (key,)):
            with suppress(msgspec.MsgspecError):
                events.append(msgspec.json.decode(text, type=AnyEvent))
        return events

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def rows(self, clause: str, values: tuple[Any, ...]) -> list[Row]:
        """Select tasks by an SQL clause, which must come from this package.

        Raises:
            HistoryError: the file could not be read or understood.
        """
        rows = []
        sql = f"SELECT state, owner, updated_at FROM tasks {clause}"  # noqa: S608  (our own clauses)
        for text, owner, updated_at in self.query(sql, values):
            try:
                state = msgspec.json.decode(text, type=TaskState)
            except msgspec.MsgspecError as error:
                raise HistoryError(self._cure("understood", error)) from None
            rows.append(Row(records.unsign_state(state), owner, updated_at))
        return rows

    def write(self, sql: str, values: tuple[Any, ...]) -> int:
        """Change the file by one SQL statement of this package, and return the number of rows.

        Raises:
            HistoryError: nothing was written.
        """
        try:
            with no_fork:
                return self.connection.execute(sql, values).rowcount
        except Exception as error:  # noqa: BLE001  (also a value that SQLite cannot hold)
            raise HistoryError(self._cure("written", error)) from None

    def query(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        """Run one SQL query of this package.

        Raises:
            HistoryError: the file could not be read.
        """
        try:
            with no_fork:
                return self.connection.execute(sql, values).fetchall()
        except Exception as error:  # noqa: BLE001  (also a value that SQLite cannot hold)
            raise HistoryError(self._cure("read", error)) from None

    def _cure(self, what: str, error: Exception) -> str:
        return (
            f"The history {self.path!r} could not be {what}: {error}. Nothing is sent without a record; "
            "give another file with act.configure(history=…) or COMETACT_NB_HISTORY."
        )


def _private(path: str) -> None:
    """Let only the user read the file, where the system has modes: requests may hold private URLs."""
    with suppress(OSError):
        Path(path).chmod(0o600)


def _prefix(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name) + "*"


def _is_of_the_file(error: Exception) -> bool:
    """Whether a write failed because of the file, so that any other write would fail, too."""
    file_errors = (sqlite3.OperationalError, sqlite3.InternalError, OSError, MemoryError)
    return isinstance(error, file_errors) or type(error) is sqlite3.DatabaseError
