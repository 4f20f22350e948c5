"""Reads one history for the routes, on a thread of its own: the server's loop never waits for a disk."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cometact_nb.engine.engine import Engine
from cometact_nb.entry.server import rows as write
from cometact_nb.entry.server.answers import HistoryStatus
from cometact_nb.errors import HistoryError
from cometact_nb.handles.reading import sweep_to_look_at
from cometact_nb.handles.sweep.saved import saved_sweeps
from cometact_nb.store.clips.confine import allowed_folders, confined
from cometact_nb.store.journal import search, sweeps
from cometact_nb.store.journal.history import Row
from cometact_nb.store.journal.peek import peek
from cometact_nb.store.journal.spending import Spending, in_all
from cometact_nb.views.base.view_mime import sweep_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cometact_nb.domain.search import Query
    from cometact_nb.domain.task import TaskState
    from cometact_nb.entry.server.answers import (
        SweepDetails,
        SweepEntry,
        SweepGallery,
        TaskDetails,
        TaskEntry,
    )
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.store.journal.history import History

__all__ = ["Reader"]

T = TypeVar("T")
_SWEEPS_MAX = 500


class Reader:
    """One history, which it opens when it is first asked for and the file is there.

    Args:
        label: its name in answers.
        path: of the file; none is made.
        roots: see :func:`~cometact_nb.store.clips.by_number.clip_file`; the first is the server's own.
    """

    def __init__(self, label: str, path: str, roots: Sequence[Path]) -> None:
        self.label = label
        self.path = path
        self._roots = roots
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None

    # --- whether it can be read ----------------------------------------------------------------------

    def problem(self) -> str:
        """Return the reason why the file is not read; an empty string when it is, or is not there yet."""
        try:
            info = Path(self.path).stat()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            return f"It cannot be read ({type(error).__name__})."
        if hasattr(os, "getuid") and info.st_uid != os.getuid():
            return "It belongs to another user."
        return ""

    def status(self) -> HistoryStatus:
        """Say whether it is there, and count its unfinished tasks. Not on the server's loop."""
        there, problem = Path(self.path).is_file(), self.problem()
        count = peek(self.path).unfinished if there and not problem else 0
        return HistoryStatus(label=self.label, there=there, problem=problem, unfinished=count)

    # --- questions -----------------------------------------------------------------------------------

    async def tasks(self, query: Query) -> list[TaskEntry]:
        """List the tasks that match a query, the newest first.

        Raises:
            HistoryError: the history could not be read.
        """

        def read(history: History) -> list[TaskEntry]:
            return self._entries(history, search.search(history, query))

        return await self._ask(read, [])

    async def task(self, key: str) -> TaskDetails | None:
        """Return the task of a key, or None."""

        def read(history: History) -> TaskDetails | None:
            tasks = history.rows("WHERE key = ?", (key,))
            if not tasks:
                return None
            (entry,) = self._entries(history, tasks)
            return write.task_details(entry, self._confined(history, tasks[0]).state, self._roots)

        return await self._ask(read, None)

    async def state(self, key: str) -> TaskState | None:
        """Return the state of the task of a key, with the paths that this history may name; or None."""

        def read(history: History) -> TaskState | None:
            tasks = history.rows("WHERE key = ?", (key,))
            return self._confined(history, tasks[0]).state if tasks else None

        return await self._ask(read, None)

    async def sweeps(self, limit: int) -> list[SweepEntry]:
        """List the sweeps, the last run first.

        Raises:
            HistoryError: the history could not be read.
        """

        def read(history: History) -> list[SweepEntry]:
            now = time.time()
            return [
                write.sweep_entry(
                    one,
                    self.label,
                    in_kernel=sweeps.run_by_another(history, one.name, one.base_url, now),
                )
                for one in saved_sweeps(history, min(limit, _SWEEPS_MAX))
            ]

        return await self._ask(read, [])

    async def sweep(self, key: str) -> SweepDetails | None:
        """Return the sweep of a key, or None.

        Raises:
            HistoryError: the history could not be read.
        """
        return await self._look(key, write.sweep_details)

    async def gallery(self, key: str) -> SweepGallery | None:
        """Return the gallery of the sweep of a key, or None.

        Raises:
            HistoryError: the history could not be read.
        """
        return await self._look(key, write.sweep_gallery)

    async def _look(self, key: str, write_it: Callable[[SweepEntry, Sweep, Sequence[Path]], T]) -> T | None:
        """Look at the sweep of a key and write it."""

        def read(history: History) -> sweeps.SweepRow | None:
            names = history.query("SELECT name, base_url FROM sweeps", ())
            place = next((pair for pair in names if sweep_key(*pair) == key), None)
            return None if place is None else sweeps.find(history, *place)

        row = await self._ask(read, None)
        engine = self._engine
        if row is None or engine is None:
            return None
        entries = [entry for entry in await self.sweeps(_SWEEPS_MAX) if entry.key == key]
        if not entries:
            return None

        def look() -> T:
            return write_it(entries[0], sweep_to_look_at(row, engine, self.path), self._roots)

        return await asyncio.to_thread(look)

    async def spending(self, since: float) -> Spending:
        """Add up what was spent since a moment; see :class:`Spending`.

        Raises:
            HistoryError: the history could not be read.
        """
        return await self._ask(lambda history: in_all(history, since), Spending())

    # --- inside --------------------------------------------------------------------------------------

    def _entries(self, history: History, tasks: list[Row]) -> list[TaskEntry]:
        names = sweeps.sweeps_of(history, [row.state.key for row in tasks])
        return [
            write.task_entry(self._confined(history, row), names.get(row.state.key), self.label, self._roots)
            for row in tasks
        ]

    def _confined(self, history: History, row: Row) -> Row:
        """Leave out files that somebody else's history may not name."""
        if not row.state.clips or history.provenance.is_own:
            return row
        state = confined(row.state, allowed_folders(history.path, self._roots[0]))
        return Row(state, row.owner, row.updated_at)

    async def _ask(self, read: Callable[[History], T], nothing: T) -> T:
        """Run ``read`` on the reading thread; return ``nothing`` where there is no file.

        Raises:
            HistoryError: the history cannot be read.
        """
        engine = await asyncio.to_thread(self._open)
        if engine is None:
            return nothing

        async def work() -> T:
            return read(engine.history)

        return await asyncio.wrap_future(engine.call(work()))

    def _open(self) -> Engine | None:
        """Return the engine that reads the present file, or None where there is none.

        Raises:
            HistoryError: it belongs to somebody else, or cannot be read.
        """
        if problem := self.problem():
            raise HistoryError(f"The history {self.label!r} is not read: {problem}")
        try:
            info = Path(self.path).stat()
        except OSError:
            self.close()
            return None
        if self._file != (info.st_dev, info.st_ino):
            self.close()  # another file has its place
        if self._engine is None:
            self._engine, self._file = Engine(self.path, lambda _: None), (info.st_dev, info.st_ino)
        return self._engine

    def close(self) -> None:
        """Close the file and end the thread."""
        if self._engine is not None:
            self._engine.close()
            self._engine = self._file = None
