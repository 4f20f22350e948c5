"""The core of all handles: the settings, the engine, the tasks of this process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cometact_nb.api.client import Client
from cometact_nb.domain import events
from cometact_nb.domain.doors import doors
from cometact_nb.domain.money import remaining
from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.task import TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.inspector import Inspector
from cometact_nb.engine.job import Job
from cometact_nb.engine.notify import Notifier
from cometact_nb.engine.slots import Slots
from cometact_nb.engine.waits import until_done
from cometact_nb.errors import ConfigError, WaitInterrupted
from cometact_nb.handles import precheck
from cometact_nb.handles.account import account_of, spent_micro
from cometact_nb.handles.config import Config
from cometact_nb.handles.no_copies import NoCopies
from cometact_nb.handles.own_files import OwnFiles
from cometact_nb.handles.prices import PriceLook, with_list
from cometact_nb.handles.project import notebook_folder
from cometact_nb.store.clips.confine import allowed_folders, confined
from cometact_nb.store.clips.media import find_moved
from cometact_nb.store.journal.history import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent import futures

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import Finding, MediaRef
    from cometact_nb.domain.money import Account
    from cometact_nb.domain.request import ActTwoRequest

__all__ = ["Core", "Handle"]

T = TypeVar("T")
#: A wait gives views this many seconds to draw the end before it returns.
_DRAW_S = 5.0


class Handle(Protocol):
    """The user's object for one job."""

    def changed(self) -> None:
        """Take note that the job has changed; on the engine's thread."""

    def leave(self) -> None:
        """Take note that nobody watches the job any more."""


@doors
class Core(NoCopies):
    """One configuration, one engine, all tasks of this process.

    Args:
        config: the settings; None takes them from the environment.
        client: makes the HTTP client; None for the usual one.
    """

    def __init__(self, config: Config | None = None, *, client: Callable[[], Client] | None = None) -> None:
        self._make_client = client or Client
        self._started_in = Path.cwd()
        self._config = with_list(config or Config.from_environment(folder=self.notebook_dir))
        self._engine: Engine | None = None
        self._spent_usd = 0.0  #: by engines that were closed
        self._notifier = Notifier()
        #: Looks at inputs, and remembers for a while what it saw.
        self.inspector = Inspector()
        #: Looks at the service's price list.
        self.price_look = PriceLook()
        #: The local files that are inputs here.
        self.own_files = OwnFiles(self)
        #: The tasks of this process by their local key, the oldest first.
        self.jobs: dict[str, Job] = {}
        #: The handles in use, by the same key.
        self.handles: dict[str, Any] = {}
        #: The places at the service, which sweeps share.
        self.slots = Slots()
        self._lock = threading.RLock()
        self._pid = os.getpid()

    @property
    def config(self) -> Config:
        """The present settings; their repr hides the key."""
        return self._config

    def look_up_price(self) -> Config:
        """Look at the price list if an estimate needs it, at most once a day; return the settings.

        It waits 2 s at the most, and no failure stops work.
        """
        if self._config.look == "never":
            return self._config
        self.price_look.wait(lambda: self.engine, self._config)
        return self.take_listed_price()

    def take_listed_price(self) -> Config:
        """Let estimates use a price of today's list, unless the user set one; return the settings."""
        with self._lock:
            self._config = with_list(self._config)
            return self._config

    @property
    def notebook_dir(self) -> Path:
        """The folder that relative paths start from, the notebook's own, else where Python started."""
        return notebook_folder(self._started_in)

    # --- inputs ------------------------------------------------------------------------------------

    def begin_inspect(
        self, url_or_path: str | os.PathLike[str] | MediaRef, role: Role | None = None, *, fresh: bool = False
    ) -> futures.Future[Inspection]:
        """Start what :meth:`inspect` does, without waiting. Callbacks run on the engine's thread."""
        folder, sandbox = self.notebook_dir, self._config.is_loopback

        async def look() -> Inspection:
            return await self.inspector.inspect(
                self.engine.client, url_or_path, role, folder=folder, sandbox=sandbox, fresh=fresh
            )

        return self.engine.call(look())

    def begin_look(self, ref: MediaRef, role: Role) -> futures.Future[Inspection | None]:
        """Start a look at an input before it is paid for, for at most 3 s, without waiting.

        Args:
            ref: the input.
            role: the purpose of the input.
        """
        sandbox, is_planned = self._config.is_loopback, self.own_files.is_planned(ref.uri)

        async def look() -> Inspection | None:
            if is_planned:  # it was looked at on this machine, and is not at its place yet
                return None
            return await self.inspector.before_sending(
                self.engine.client, ref, role, sandbox=sandbox, within_s=precheck.LOOK_S
            )

        return self.engine.call(look())

    def look(self, request: ActTwoRequest, config: Config) -> tuple[Finding, ...]:
        """Look at both inputs of a request; an interrupt ends the look, and nothing was sent.

        Args:
            request: to be sent.
            config: of the service that would get it.
        """

        async def look() -> tuple[Finding, ...]:
            return await precheck.look(request, config, self.inspector, self.engine.client)

        work = self.engine.call(look())
        try:
            until_done(work)
        except KeyboardInterrupt:
            work.cancel()
            raise
        return work.result()

    def check(self, request: ActTwoRequest) -> None:
        """Raise the errors that :meth:`submit` would raise before it sends ``request``.

        Args:
            request: judged without fetching anything.

        Raises:
            RequestError: an input is on this machine, or a look of the last ten minutes found it bad.
            ConfigError: no key, or a place for the clips that cannot be used.
        """
        precheck.check(request, self._config)
        precheck.check_recent_looks(request, self._config, self.inspector)

    # --- threads -----------------------------------------------------------------------------------

    def call_soon(self, work: Callable[..., object], *args: Any) -> None:
        """Run ``work(*args)`` on the notifier's thread and return at once."""
        self._notifier.put(lambda: work(*args))

    def flush(self, timeout_s: float = _DRAW_S) -> bool:
        """Wait until listeners know everything so far; return False when that takes too long."""
        return self._notifier.flush(timeout_s)

    @property
    def is_here(self) -> bool:
        """Whether this process made it; a forked process has no share in its thread, connections and file."""
        return os.getpid() == self._pid

    def need_here(self) -> None:
        """Raise unless :attr:`is_here`.

        Raises:
            ConfigError: this is a forked process, where nothing would ever answer.
        """
        if not self.is_here:
            raise ConfigError(
                "This was made before this process was forked, and belongs to the parent process. "
                "act.submit(…) and act.task(id) work here, too."
            )

    @property
    def engine(self) -> Engine:
        """The background thread, started at first use.

        Raises:
            ConfigError: this process was forked from the one that it runs in.
        """
        self.need_here()
        if (running := self._engine) is not None:
            return running  # without the lock: the engine's thread must not wait for a sandbox
        with self._lock:
            if self._engine is None:
                self._engine = self.make_engine()
            return self._engine

    def make_engine(self) -> Engine:
        """Make the engine, at its first use; one that runs on another clock is made by a subclass."""
        return Engine(self._config.history, self.tell, client=self._make_client, spent_usd=self._spent_usd)

    def output_folder(self) -> Path | str:
        """Return the folder for clips of new tasks: an absolute path, or a URL."""
        folder = self._config.output_dir
        return folder if isinstance(folder, str) else (self.notebook_dir / folder).resolve()

    def account(self, config: Config, price_usd: float | None = None) -> Account:
        """Return what the next purchase is recorded with, and its limit.

        Args:
            config: with the price and the limit.
            price_usd: of the purchase, US dollars; None for the price of ``config``.

        Raises:
            ConfigError: the limit is a project's, and there is none.
        """
        return account_of(config, self.notebook_dir, price_usd)

    def spent(self, config: Config) -> tuple[Account, int]:
        """Return the limit of ``config`` and what counts against it now, in millionths of a US dollar.

        Args:
            config: with the limit.

        Raises:
            HistoryError: the history could not be read.
            ConfigError: the limit is a project's, and there is none.
        """
        account = self.account(config)

        async def count() -> int:
            return spent_micro(self.engine, account, sandbox=config.sandbox)

        return account, self.run(count())

    def limit_line(self, config: Config) -> str:
        """Say what the limit of ``config`` still allows; empty without one, and where nothing has a price.

        Args:
            config: with the limit.

        Raises:
            ActTwoError: see :meth:`spent`.
        """
        if config.max_spend is None or not config.price.usd_per_request:
            return ""
        return remaining(*self.spent(config))

    def adopt(self, row: Row) -> Job:
        """Take over a task from the history, and watch it if it has not ended. On the engine's loop."""
        existing = self.jobs.get(row.state.key)
        if existing is not None:
            return existing
        config = self._config
        here = row.state.base_url == config.base_url
        endpoint = config.endpoint if here else Endpoint(row.state.base_url, sandbox=row.state.in_sandbox)
        row = self.confined(row)
        job = self.register(Job(row.state, endpoint, self.output_folder()))
        moved = find_moved(row.state, job.output_dir)
        if moved:
            self.engine.apply(job, events.ClipsMoved(at=self.engine.now(), clips=moved))
        self.engine.take_up(job, row)
        return job

    def confined(self, row: Row) -> Row:
        """Remove from ``row`` files that somebody else's history may not name. On the engine's loop.

        Args:
            row: of the history.
        """
        history = self.engine.history
        if not row.state.clips or history.provenance.is_own:
            return row
        state = confined(row.state, allowed_folders(history.path, self.output_folder()))
        return Row(state, row.owner, row.updated_at)

    def register(self, job: Job) -> Job:
        """Register ``job``, and return it or the job of the same key that this process already has.

        Args:
            job: a task with its key.
        """
        # No lock: the engine's thread gets here, too, and must not wait for a sandbox that starts. One step
        # of a dict is safe, and readers of the jobs copy them first.
        return self.jobs.setdefault(job.state.key, job)

    def new_job(self, endpoint: Endpoint) -> Job:
        """Make and register a job for a new task."""
        return self.register(Job(TaskState(key=new_key()), endpoint, self.output_folder()))

    def drop_job(self, job: Job) -> None:
        """Forget a job whose task was never sent."""
        self.jobs.pop(job.state.key, None)
        self.handles.pop(job.state.key, None)

    def run(self, work: Coroutine[Any, Any, T], what: str = "What was asked for has begun") -> T:
        """Run ``work`` on the engine's thread and wait for it. An interrupt ends only the wait."""
        future = self.engine.call(work)
        try:
            until_done(future)
        except KeyboardInterrupt:
            raise WaitInterrupted(f"{what}; that goes on. act.session().tasks() shows it.") from None
        return future.result()

    def tell(self, job: Job) -> None:
        """Tell the job's handle that it changed; on the engine's thread."""
        handle: Handle | None = self.handles.get(job.state.key)
        if handle is not None:
            handle.changed()

    def _drop_engine(self) -> None:
        """Close the engine, so that the next one starts with the settings of that time."""
        if self._engine is not None:
            self._engine.close()
            self.inspector.close()
            self._spent_usd, self._engine = self._engine.spent_usd, None
