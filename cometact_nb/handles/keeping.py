"""Watches the tasks of one history whose kernels are gone, and fetches their clips. It buys nothing.

It sleeps until it is woken: when it begins, when a kernel of its server ends, when a process that watches a
task ends, or when a page asks. Then it reads the history once. Where the end of a process cannot be heard
(on another machine, or on another system than Linux), it looks again when the claim of that one runs out.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.api.reading import ReadingClient
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import Status
from cometact_nb.engine.engine import Engine
from cometact_nb.engine.job import Job
from cometact_nb.errors import HistoryError
from cometact_nb.handles.core import Core
from cometact_nb.handles.project import is_url
from cometact_nb.handles.sandbox_process import ask, is_genuine, read_card, state_of_sandbox
from cometact_nb.store.journal import search
from cometact_nb.store.journal.processes import is_dead, process_on_this_machine
from cometact_nb.store.journal.watchers import first_end
from cometact_nb.store.journal.watchers import watchers as watchers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.task import TaskState
    from cometact_nb.handles.config import Config
    from cometact_nb.store.journal.history import History, Row

__all__ = ["KeepingCore", "KeepingReport"]

log = logging.getLogger("cometact_nb")
_AFTER_S = 0.1  # a claim that has run out to the moment may still seem to hold
_NO_KEY = (
    "It has no API key: set COMETAPI_KEY in the server's environment, or the key in the vendor's config file."
)


@dataclass(frozen=True)
class KeepingReport:
    """The work of a keeper for one history.

    Args:
        watching: keys of the tasks that it polls or fetches.
        kernels: the number of unfinished tasks that living kernels watch.
        elsewhere: the number of unfinished tasks of other services, which are left alone.
        fetched: the number of clips fetched so far.
        problem: the reason why it cannot work; empty when it can.
    """

    watching: tuple[str, ...] = ()
    kernels: int = 0
    elsewhere: int = 0
    fetched: int = 0
    problem: str = ""


class KeepingCore(Core):
    """The keeper of one history.

    Its engine refuses to submit, and its HTTP client lets nothing but GET through. The key goes to the
    configured service alone; tasks of any other are left alone, but for this user's own sandbox, which has a
    token of its own.

    Args:
        config: the service with its key, and the history.
        folder: for clips of tasks that do not say where theirs belong.
        client: makes the HTTP client.
    """

    def __init__(
        self, config: Config, folder: Path, *, client: Callable[[], ReadingClient] = ReadingClient
    ) -> None:
        super().__init__(config, client=client)
        self._folder = folder
        self._kernels = self._other_services = self._fetched = 0
        self._problem = ""
        self._watched_processes: dict[str, int] = {}
        self._alarm: asyncio.TimerHandle | None = None
        #: Keys of tasks whose watch ended here without their end, until a kernel watches them.
        self._let_go: set[str] = set()
        self._is_due = False
        self._sandbox: Endpoint | None = None

    def make_engine(self) -> Engine:
        """Make an engine that only watches."""
        return Engine(self._config.history, self.tell, client=self._make_client, keeps=True)

    # --- from any thread -------------------------------------------------------------------------------

    def wake(self) -> None:
        """Look soon whether there is something to watch; makes no history where there is none."""
        if not Path(self._config.history).is_file() or self._is_due:
            return
        self._is_due = True
        self.engine.call(self._look())

    def report(self) -> KeepingReport:
        """Return what it does now."""
        watching = [
            key for key, job in self.jobs.copy().items() if job.watcher is not None and not job.watcher.done()
        ]
        return KeepingReport(
            tuple(watching), self._kernels, self._other_services, self._fetched, self._problem
        )

    def close(self) -> None:
        """Stop watching, release all tasks, and end the thread."""
        self._drop_engine()
        while self._watched_processes:
            os.close(self._watched_processes.popitem()[1])

    # --- on the engine's loop --------------------------------------------------------------------------

    def adopt(self, row: Row) -> Job:
        """Watch a task of the history. On the engine's loop."""
        state = row.state
        endpoint = self._endpoint_of(state)
        assert endpoint is not None
        folder = state.output_dir
        place: Path | str = self._folder
        if folder is not None and (is_url(folder) or Path(folder).is_absolute()):
            place = folder if is_url(folder) else Path(folder)
        job = self.jobs[state.key] = Job(state, endpoint, place)
        job.listeners.add(self._count(len(state.clips)))
        self.engine.watch(job)
        if job.watcher is not None:
            job.watcher.add_done_callback(lambda _: self._left(job))
        return job

    def _count(self, before: int) -> Callable[[Job], None]:
        have = before

        def note(job: Job) -> None:
            nonlocal have
            self._fetched += max(0, len(job.state.clips) - have)
            have = len(job.state.clips)

        return note

    def _left(self, job: Job) -> None:
        """Forget a task that ended, or that a kernel has taken; look who watches that one now."""
        self.jobs.pop(job.state.key, None)
        if not job.state.is_settled and not self.engine.is_closing:
            self._let_go.add(job.state.key)
            self.wake()

    async def _look(self) -> None:
        self._is_due = False  # first, since a change during the look needs another
        try:
            await self._look_at_history()
        except HistoryError as error:
            self._problem = str(error)
        except Exception:
            log.exception("the keeper could not look at %s", self._config.history)
            self._problem = "An error in cometact_nb; see the server's log."

    async def _look_at_history(self) -> None:
        history = self.engine.history
        if not history.provenance.is_own:
            self._problem = "Somebody else made this history, or it came from another machine."
            return
        self._sandbox = await asyncio.to_thread(_own_sandbox)
        watchers = watchers_of(history, self.engine.now())
        rows = [row for row in search.open_tasks(history) if _is_meant_to_go_on(row.state)]
        self._kernels = self._other_services = 0
        self._problem = ""
        living: set[str] = set()
        for row in rows:
            watcher = watchers.get(row.state.key, "")
            if self._endpoint_of(row.state) is None:
                self._other_services += 1
            elif watcher and not is_dead(watcher):
                self._kernels += 1
                living.add(watcher)
                self._let_go.discard(row.state.key)
            elif row.state.key not in self.jobs and row.state.key not in self._let_go:
                self.adopt(row)
        self._await_the_end_of(living)
        self._set_alarm(history, living - set(self._watched_processes))

    def _endpoint_of(self, state: TaskState) -> Endpoint | None:
        """Return the service of a task, if it is the configured one or the user's own sandbox."""
        config = self._config
        if state.base_url == config.base_url:
            if config.api_key is None and not config.is_loopback:
                self._problem = _NO_KEY
                return None
            return config.endpoint
        mine = self._sandbox
        return mine if mine is not None and state.in_sandbox and state.base_url == mine.base_url else None

    # --- the end of other processes --------------------------------------------------------------------

    def _await_the_end_of(self, processes: set[str]) -> None:
        """Be woken when one of these processes of this machine ends, where the system can tell (Linux)."""
        loop = asyncio.get_running_loop()
        for name in set(self._watched_processes) - processes:
            self._forget(name)
        for name in processes - set(self._watched_processes):
            pid = process_on_this_machine(name)
            if pid is None or not hasattr(os, "pidfd_open"):
                continue
            with suppress(OSError):
                handle = os.pidfd_open(pid)
                self._watched_processes[name] = handle
                loop.add_reader(handle, self._ended, name)

    def _set_alarm(self, history: History, unheard: set[str]) -> None:
        """Look again when the first claim of processes whose end cannot be heard runs out."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        now = self.engine.now()
        if unheard and (end := first_end(history, unheard, now)) is not None:
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(end - now + _AFTER_S, self.wake)

    def _ended(self, name: str) -> None:
        self._forget(name)
        self.wake()

    def _forget(self, name: str) -> None:
        handle = self._watched_processes.pop(name)
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)


def _is_meant_to_go_on(state: TaskState) -> bool:
    """Whether a task has an id, its watch has not ended, and its video has not been given up."""
    goes_on = state.watching and state.clip_error is None and state.status is not Status.NOT_FOUND
    return state.id is not None and goes_on


def _own_sandbox() -> Endpoint | None:
    """Return this user's own sandbox, if it runs: with its token, at its own speed. It is only read."""
    card = read_card(state_of_sandbox())
    if card is None or not is_genuine(card):
        return None
    try:
        speed = float(ask(f"{card['base_url']}/sandbox/info")["speed"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Endpoint(card["base_url"], Secret(card["token"]), time_scale=1 / max(0.1, speed), sandbox=True)
