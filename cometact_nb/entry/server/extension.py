"""The extension's own part: its settings, its readers, its keeper."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cometact_nb._version import __version__
from cometact_nb.domain import search
from cometact_nb.domain.money import NOT_A_BILL, midnight, today
from cometact_nb.entry.server.answers import (
    ServerStatus,
    SweepPage,
    TaskPage,
    Today,
)
from cometact_nb.entry.server.keeper import Keeper
from cometact_nb.entry.server.reader import Reader
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.by_number import clip_file, poster_file
from cometact_nb.store.journal.spending import total as add_up

if TYPE_CHECKING:
    from cometact_nb.entry.server.answers import SweepDetails, SweepGallery, TaskDetails
    from cometact_nb.store.clips.by_number import ClipFile

__all__ = ["Extension"]

_TASKS, _TASKS_MAX = 100, 500
_SWEEPS, _SWEEPS_MAX = 50, 500
_SOURCE = f"{NOT_A_BILL} Counted over the histories that this server reads."


class Extension:
    """Answers the routes from some histories.

    Args:
        histories: by their label, the user's own first.
        root: the server's own folder.
        may_keep: whether the keeper may be switched on.
    """

    def __init__(self, histories: dict[str, str], root: Path, *, may_keep: bool) -> None:
        #: Watches what kernels left behind.
        self.keeper = Keeper(histories, root / "act_two_outputs", is_allowed=may_keep)
        #: See :func:`~cometact_nb.store.clips.by_number.clip_file`.
        self.roots = tuple(folder.resolve() for folder in (root, Path.home(), _cache()))
        self._readers = [Reader(label, path, self.roots) for label, path in histories.items()]

    async def status(self, *, may_switch: bool) -> ServerStatus:
        """Describe the server's part.

        Args:
            may_switch: the user may switch the keeper.
        """
        histories = await asyncio.gather(*(asyncio.to_thread(one.status) for one in self._readers))
        self.keeper.wake()  # a page that asks wants to see what is so now
        keeper = self.keeper.status(may_switch=may_switch)
        return ServerStatus(version=__version__, histories=tuple(histories), keeper=keeper)

    async def switch_keeper(self, *, on: bool) -> None:
        """Switch the keeper.

        Args:
            on: whether it should work.

        Raises:
            ConfigError: the administrator does not allow it.
        """
        await asyncio.to_thread(self.keeper.switch, on=on)

    async def tasks(self, *, status: str, text: str, since: str, limit: str, before: str) -> TaskPage:
        """Return a page of tasks, the newest of all histories first.

        Args:
            status: see ``act.history``.
            text: the same.
            since: the same.
            limit: the most tasks; empty for 100.
            before: ``next`` of the page before; empty for the first.

        Raises:
            ConfigError: a value cannot be used.
            HistoryError: a history could not be read.
        """
        count = _count(limit, _TASKS, _TASKS_MAX)
        query = search.after(search.query(status, since, text, count + 1, now=time.time()), before)
        lists = await asyncio.gather(*(reader.tasks(query) for reader in self._readers))
        every = [entry for entries in lists for entry in entries]
        every.sort(key=lambda entry: (entry.created or 0.0, entry.key), reverse=True)
        page = every[:count]
        more = len(every) > count
        last = f"{page[-1].created or 0.0!r} {page[-1].key}" if more else None
        return TaskPage(tasks=tuple(page), next=last)

    async def task(self, key: str) -> TaskDetails | None:
        """Return the task of a key, or None."""
        for reader in self._readers:
            if (task := await reader.task(key)) is not None:
                return task
        return None

    async def file(self, kind: Literal["clip", "poster"], key: str, number: int) -> ClipFile:
        """Return the file of a clip or of its poster.

        Args:
            kind: which of the two.
            key: of the task.
            number: of the clip, from 0.

        Raises:
            ClipError: there is none, or it may not be given out.
            HistoryError: a history could not be read.
        """
        find = clip_file if kind == "clip" else poster_file
        for reader in self._readers:
            if (state := await reader.state(key)) is not None:
                return await asyncio.to_thread(find, state, number, self.roots)
        raise ClipError("No history has this task.")

    async def sweeps(self, limit: str) -> SweepPage:
        """Return the sweeps of all histories, the last run first.

        Args:
            limit: the most sweeps; empty for 50.

        Raises:
            ConfigError: the value cannot be used.
            HistoryError: a history could not be read.
        """
        count = _count(limit, _SWEEPS, _SWEEPS_MAX)
        lists = await asyncio.gather(*(reader.sweeps(count) for reader in self._readers))
        every = [entry for entries in lists for entry in entries]
        every.sort(key=lambda entry: entry.updated, reverse=True)
        return SweepPage(sweeps=tuple(every[:count]))

    async def sweep(self, key: str) -> SweepDetails | None:
        """Return the sweep of a key, or None."""
        for reader in self._readers:
            if (sweep := await reader.sweep(key)) is not None:
                return sweep
        return None

    async def gallery(self, key: str) -> SweepGallery | None:
        """Return the gallery of the sweep of a key, or None."""
        for reader in self._readers:
            if (gallery := await reader.gallery(key)) is not None:
                return gallery
        return None

    async def today(self, since: str) -> Today:
        """Add up what the day's tasks cost.

        Args:
            since: Unix seconds; empty for this machine's midnight.

        Raises:
            ConfigError: the value cannot be used.
            HistoryError: a history could not be read.
        """
        start = _moment(since) if since else midnight(time.time())
        sums = await asyncio.gather(*(reader.spending(start) for reader in self._readers))
        total = add_up(sums)
        title, line = today(total)
        return Today(
            usd=total.usd,
            tasks=total.tasks,
            in_doubt=total.in_doubt,
            in_doubt_usd=total.in_doubt_usd,
            unpriced=total.unpriced,
            since=start,
            title=title,
            line=line,
            source=_SOURCE,
        )

    def close(self) -> None:
        """Close all files and end all threads."""
        self.keeper.close()
        for reader in self._readers:
            reader.close()


def _cache() -> Path:
    import platformdirs  # noqa: PLC0415

    return Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False)) / "clips"


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"since={text[:40]!r} is no moment. Give Unix seconds.") from None


def _count(text: str, usual: int, most: int) -> int:
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
        raise ConfigError(f"limit={text[:40]!r} is no number of rows. Give an integer from 1 to {most}.")
    return int(text)
