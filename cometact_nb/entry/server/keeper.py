"""The keeper of a server: one for each history, off until it is switched on."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from cometact_nb.entry.server.answers import KeeperStatus
from cometact_nb.errors import ActTwoError, ConfigError
from cometact_nb.handles.config import Config
from cometact_nb.handles.keeping import KeepingCore, KeepingReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Keeper"]

#: The most keys of tasks in a status.
_TASKS = 200
_OFF = "It is off: clips of tasks whose kernel is gone wait for a kernel."
_NEVER = "The administrator of this server has switched the keeper off: c.CometactNb.keeper = False."


class Keeper:
    """Watches what the kernels of some histories left behind. From any thread.

    Args:
        histories: paths of the files, by their label.
        folder: for clips of tasks that do not say where theirs belong.
        is_allowed: whether it may be switched on.
    """

    def __init__(self, histories: Mapping[str, str], folder: Path, *, is_allowed: bool) -> None:
        self._histories, self._folder, self._is_allowed = histories, folder, is_allowed
        self._cores: list[KeepingCore] = []
        self._is_on = False
        self._problem = ""
        self._fetched = 0
        self._lock = threading.Lock()

    def switch(self, *, on: bool) -> None:
        """Switch it on or off. When it goes off, all tasks are released.

        Args:
            on: whether it should work.

        Raises:
            ConfigError: the administrator does not allow it.
        """
        if on and not self._is_allowed:
            raise ConfigError(_NEVER)
        with self._lock:
            if on == self._is_on:
                return
            self._is_on, self._problem = on, ""
            if on:
                self._begin()
            else:
                self._end()

    def _begin(self) -> None:
        try:
            # No folder: a project may come from others, and must not say where a key goes.
            config = Config.from_environment(folder=None)
        except ActTwoError as error:
            self._problem = str(error)
            return
        self._cores = [
            KeepingCore(replace(config, history=path), self._folder) for path in self._histories.values()
        ]
        for core in self._cores:
            core.wake()

    def _end(self) -> None:
        for core in self._cores:
            self._fetched += core.report().fetched
            core.close()
        self._cores = []

    def wake(self) -> None:
        """Look soon whether there is something to watch."""
        with self._lock:
            for core in self._cores:
                core.wake()

    def status(self, *, may_switch: bool) -> KeeperStatus:
        """Describe what it does.

        Args:
            may_switch: the user may switch it.
        """
        works = [core.report() for core in self._cores]
        keys = [key for work in works for key in work.watching]
        problem = " ".join(dict.fromkeys(filter(None, [self._problem, *(one.problem for one in works)])))
        return KeeperStatus(
            on=self._is_on,
            possible=may_switch and self._is_allowed,
            state=self._sentence(works),
            watching=len(keys),
            kernels=sum(work.kernels for work in works),
            elsewhere=sum(work.elsewhere for work in works),
            fetched=self._fetched + sum(work.fetched for work in works),
            tasks=tuple(keys[:_TASKS]),
            problem=problem,
        )

    def _sentence(self, works: Iterable[KeepingReport]) -> str:
        if not self._is_on:
            return _OFF if self._is_allowed else _NEVER
        count = sum(len(work.watching) for work in works)
        if not count:
            return "It is on and has nothing to watch."
        noun = "task" if count == 1 else "tasks"
        return f"It watches {count} {noun} whose kernel is gone. It buys nothing."

    def close(self) -> None:
        """End it with the server."""
        with self._lock:
            self._is_on = False
            self._end()
