"""The shared client of a notebook: what the magic, the panel and Python calls all go through.

Longer than other modules, since everything public passes here and is described here; what it does stands in
`engine`, `lookup`, `settle`, `precheck`, `embedded` and the modules of sweeps.
"""

from __future__ import annotations

import logging
import os
import threading
from concurrent import futures
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain import task as events
from cometact_nb.domain.doors import doors
from cometact_nb.domain.price import FREE
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.inspector import Inspector
from cometact_nb.engine.job import Job
from cometact_nb.engine.notify import Notifier
from cometact_nb.engine.slots import Gate
from cometact_nb.engine.waits import until_done
from cometact_nb.errors import ActTwoError, CancelRefused, ConfigError, HistoryError, WaitInterrupted
from cometact_nb.handles import precheck, settle
from cometact_nb.handles import sandbox as embedded
from cometact_nb.handles.config import Config, concealed, practising
from cometact_nb.handles.find import find_task
from cometact_nb.handles.project import notebook_folder
from cometact_nb.handles.sweep.saved import find_sweeps
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.handles.task import Task, error_for
from cometact_nb.store.clips import places
from cometact_nb.store.clips.confine import allowed_folders, confined
from cometact_nb.store.clips.media import find_moved
from cometact_nb.store.journal.history import Row
from cometact_nb.store.journal.sweeps import find

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import Finding, MediaRef
    from cometact_nb.handles.sweep.saved import SweepHistory
    from cometact_nb.store.journal.sweeps import SweepRow

__all__ = ["Session"]

T = TypeVar("T")
log = logging.getLogger("cometact_nb")
#: How long a wait lets views draw the end before it returns, seconds.
_DRAW_S = 5.0
#: How long an interrupted submit may take to stop, seconds.
_STOPPING_S = 1.0


@doors
class Session:
    """One configuration, one engine, all tasks of this process.

    Args:
        config: default :meth:`Config.from_environment`.
        client: makes the HTTP client; None for the usual one.
    """

    def __init__(self, config: Config | None = None, *, client: Callable[[], Client] | None = None) -> None:
        self._make_client = client or Client
        self._started_in = Path.cwd()
        self._config = config or Config.from_environment(folder=self.notebook_dir)
        self._engine: Engine | None = None
        self._spent_usd = 0.0  #: by engines that were closed
        self._notifier = Notifier()
        self._inspector = Inspector()
        self._tasks: dict[str, Task] = {}
        self._told: set[str] = set()
        self._sweeps: dict[tuple[str, str], Sweep] = {}
        #: The places at the service that sweeps share.
        self.gate = Gate()
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._sandbox: embedded.Sandbox | None = None
        self._before_sandbox: Config | None = None

    def __repr__(self) -> str:
        where = f"SANDBOX at {self._config.base_url}" if self._config.sandbox else self._config.base_url
        count = len(self._tasks)
        return f"<Session: {where}, {count} task{'' if count == 1 else 's'} in this kernel>"

    # --- settings ----------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """The present settings; the key is not shown by their repr."""
        return self._config

    @property
    def notebook_dir(self) -> Path:
        """The folder that relative paths start from, the notebook's own, else where Python started."""
        return notebook_folder(self._started_in)

    @property
    def sandbox(self) -> embedded.Sandbox | None:
        """The sandbox that new tasks go to, or None."""
        return self._sandbox if self._before_sandbox is not None else None

    def configure(self, **settings: Any) -> Config:
        """Change settings. Tasks under way keep theirs.

        While the sandbox is on, settings hold there and stay after :meth:`leave_sandbox`. Three are of the
        service: ``base_url`` leaves the sandbox; ``api_key`` is kept for afterwards; ``price`` counts in the
        sandbox, too, so that limits can be rehearsed, and a price of 0 is for the sandbox alone.

        Args:
            settings: see :class:`Config`; None leaves a setting as it is.

        Returns:
            the settings as they are now; the key is not shown.

        Raises:
            ConfigError: an unknown setting, a bad value, or another history while tasks are watched.
        """
        settings = dict(concealed(settings))
        with self._lock:
            config, service = practising(self._config, self._before_sandbox, settings)
            if config.output_dir != self._config.output_dir:
                places.check(config.output_dir)
            if config.history != self._config.history:
                self._drop_engine()
            self._config, self._before_sandbox = config, service
        if service is not None and settings.get("api_key") is not None:
            log.warning("The sandbox is on and needs no key: api_key is used after act.leave_sandbox().")
        return config

    def use_sandbox(
        self, speed: float | None = None, *, unless_key: bool = False, url: str | None = None, **options: Any
    ) -> embedded.Sandbox | None:
        """Send new tasks to a stand-in on this machine that renders real clips. Nothing is billed.

        Args:
            speed: how many times faster than the real service, 0.1–1000; default
                ``COMETACT_NB_SANDBOX_SPEED``, then 12 (a task takes about 6 s). Polls are spaced alike.
            unless_key: do nothing, and return None, when a key is configured: for notebooks that run on
                either.
            url: of a sandbox that runs already (``cometact-nb sandbox --speed …``) and outlives this kernel;
                ``speed`` is then the one it was started with.
            options: such as ``scenario="lost-answer"``; see ``cometact-nb sandbox --help``.

        Returns:
            the sandbox, with URLs of sample characters and references.

        Raises:
            ConfigError: the extra ``sandbox`` is not installed, or a value is wrong.
        """
        with self._lock:
            if unless_key and (self._before_sandbox or self._config).api_key is not None:
                return None
            running = self._sandbox_like(embedded.checked_speed(speed), url, options)
            price = FREE if self._before_sandbox is None else self._config.price
            self._before_sandbox = self._before_sandbox or self._config
            self._config = replace(
                self._config,
                base_url=running.base_url,
                api_key=Secret(embedded.KEY),
                price=price,
                time_scale=1 / running.speed,
                sandbox=True,
            )
            return running

    def _sandbox_like(self, speed: float, url: str | None, options: dict[str, Any]) -> embedded.Sandbox:
        """The sandbox that runs already, if it is as asked for, or else another one."""
        running = self._sandbox
        if url is not None:
            running = embedded.attach(url, speed)
        elif running is None or not running.alive or (running.speed, running.options) != (speed, options):
            running = embedded.start(speed, **options)
        self._sandbox = running
        return running

    def leave_sandbox(self) -> Config:
        """Send new tasks to the paid service again. Settings that were changed meanwhile stay."""
        with self._lock:
            if self._before_sandbox is not None:
                self._config, self._before_sandbox = self._before_sandbox, None
            return self._config

    # --- tasks -------------------------------------------------------------------------------------

    def submit(self, request: ActTwoRequest | None = None, **fields: Any) -> Task:
        """Send one paid request and return when it is answered.

        Both inputs are looked at first, for 3 s at the most; ``configure(look="never")`` leaves that out.
        What is only doubtful about them is in ``task.warnings``.

        Args:
            request: what to send; or give its ``fields``.
            fields: of :class:`ActTwoRequest`.

        Returns:
            the task, watched in the background from now on.

        Raises:
            RequestError: the request is wrong, or an input was seen to be; nothing was sent.
            ConfigError: no key, or no connection can be made; nothing was sent.
            BudgetError: it would go over ``configure(max_spend=…)``; nothing was sent.
            HistoryError: the intent could not be recorded; nothing was sent.
            RefusedError: the service said no; nothing was bought.
            NotSentError: the service was not reached; nothing was bought.
            UnconfirmedError: sent, and the answer was lost; ``.task`` is kept and never sent again by itself.
        """
        if request is None:
            request = ActTwoRequest(**fields)
        elif fields:
            request = request.replace(**fields)
        return self.send(request, self._config)

    def send(self, request: ActTwoRequest, config: Config) -> Task:
        """As :meth:`submit`, to the service of ``config``, whatever is configured meanwhile."""
        precheck.check(request, config)
        job = Job(TaskState(key=new_key()), config.endpoint, self.output_folder())
        if config.look != "never":
            job.warnings = self._look(request, config)

        async def begin() -> flow.Created | flow.Declined | flow.Doubtful:
            self.handle(job)  # here: an interrupt before this leaves no task that is never sent
            price = config.price.usd_per_request
            settle.warn_of_doubt(self.engine.history, config.base_url, request)
            return await self.engine.submit(job, request, price, max_spend=config.max_spend)

        try:
            verdict = self._until_sent(job, begin())
        except ActTwoError:
            if job.state.request is None:  # its intent was never recorded
                self.drop_job(job)
            raise
        task = self.handle(job)
        if not isinstance(verdict, flow.Created):
            raise error_for(task)
        if config.wait:
            task.wait()
        return task

    def _until_sent(self, job: Job, work: Coroutine[Any, Any, T]) -> T:
        """Wait until a request is answered. An interrupt stops it unless it is on its way."""
        sending = self.engine.call(work)
        try:
            until_done(sending)
        except KeyboardInterrupt:
            self.engine.give_up(job)
            with suppress(KeyboardInterrupt, TimeoutError, futures.CancelledError, ActTwoError):
                sending.result(_STOPPING_S)
            if job.state.request is None:
                self.drop_job(job)
            raise WaitInterrupted(_interrupted(job)) from None
        return sending.result()

    def task(self, name: str) -> Task:
        """The task with this id, from this session, from history, or made elsewhere with the same key.

        An unfinished one is watched from then on.

        Args:
            name: the service's id, a local key, or their first characters (4 or more) if history has it.

        Raises:
            ConfigError: the name is no id.
            HistoryError: several tasks start with it, or the history cannot be read.
        """
        return find_task(self, name)

    def tasks(self) -> list[Task]:
        """The tasks of this process, newest first."""
        return list(reversed(self._tasks.copy().values()))

    def cancel(self, task: Task) -> None:
        """See :meth:`Task.cancel`.

        Args:
            task: of this session.

        Raises:
            CancelRefused: the service has not answered yet, so that there is no id to cancel by.
        """
        self.run(self.engine.cancel(task._job))  # noqa: SLF001  (a handle's job is the session's)
        if task.id is None and not task.status.is_terminal:
            raise CancelRefused(
                "The service has not given the task an id yet; ask again when it has. If it refuses the "
                "request, it is not sent again."
            )

    def refresh(self, task: Task) -> None:
        """See :meth:`Task.refresh`.

        Args:
            task: of this session.
        """
        job = task._job  # noqa: SLF001
        if job.endpoint.api_key is None and job.endpoint.base_url == self._config.base_url:
            job.endpoint = self._config.endpoint
        self.run(self.engine.resume(job))

    def confirm(self, task: Task, task_id: str) -> None:
        """See :meth:`Task.confirm`.

        Args:
            task: an unconfirmed one.
            task_id: as the vendor's log has it.

        Raises:
            ActTwoError: the task is not unconfirmed, or the id is none.
        """
        settle.confirm(self, task, task_id)

    def forget(self, task: Task) -> None:
        """See :meth:`Task.forget`.

        Args:
            task: an unconfirmed one.

        Raises:
            ActTwoError: the task is not unconfirmed.
        """
        settle.forget(self, task)

    def resubmit(self, task: Task) -> Task:
        """See :meth:`Task.resubmit`.

        Args:
            task: one that has ended.

        Raises:
            ActTwoError: the task has not ended, or its request is not known.
        """
        return settle.resubmit(self, task)

    # --- sweeps ------------------------------------------------------------------------------------

    def sweep(
        self,
        table: Any = None,
        *,
        name: str | None = None,
        replicates: int = 1,
        allow_unlisted: bool = False,
        **fields: Any,
    ) -> Sweep:
        """Plan many requests; nothing is sent before :meth:`Sweep.run`.

        Args:
            table: rows of fields, if the cells are no grid: a DataFrame, a mapping of columns of the same
                length, or a list of mappings or :class:`ActTwoRequest`.
            name: under which the sweep is found again; by default derived from what is asked for.
            replicates: how often each request is bought.
            allow_unlisted: see :class:`ActTwoRequest`.
            fields: of :class:`ActTwoRequest`; each a value, or a list, range or array of values, of which
                every combination is a cell.

        Returns:
            the sweep.

        Raises:
            RequestError: with everything that is wrong about any of its requests.
            ConfigError: a name that is none.
        """
        spec = specify(fields, table=table, replicates=replicates, allow_unlisted=allow_unlisted)
        return self._known(Sweep(self, spec, name))

    def sweeps(self, limit: int = 50) -> SweepHistory:
        """The sweeps of the history, the one that was last run first: how far each came, and what it cost.

        Args:
            limit: how many at the most.

        Raises:
            HistoryError: the history could not be read.
        """
        return find_sweeps(self, limit)

    def sweep_by_name(self, name: str, *, resume: bool = True) -> Sweep:
        """A sweep from the history, in any kernel: shows what is done, watches what runs.

        Args:
            name: the sweep's.
            resume: buy the cells that are left, if the sweep was running when its kernel ended, and within
                what was approved then. False only looks.

        Raises:
            HistoryError: no sweep has this name, or the history cannot be read.
        """

        async def read() -> SweepRow | None:
            return find(self.engine.history, name, self._config.base_url)

        known = self._sweeps.get((name, self._config.base_url))
        if known is not None:
            return known
        row = self.run(read())
        if row is None:
            raise HistoryError(f"The history has no sweep {name!r}. act.sweeps() lists those it has.")
        sweep = self._known(Sweep(self, row.spec, row.name, row)).look()
        if resume:
            sweep.resume()
        return sweep

    def _known(self, sweep: Sweep) -> Sweep:
        """``sweep``, or the one of the same name and content that this process has already."""
        before = self._sweeps.get((sweep.name, sweep.base_url))
        if before is not None and before.spec == sweep.spec:
            return before
        if before is not None and before.state == "running":
            if [cell.key for cell in before.cells] == [cell.key for cell in sweep.cells]:
                return before  # the same files under links that were signed anew
            raise ConfigError(
                f"Sweep {sweep.name!r} is running and asks for something else. Give the new one another "
                "name, or pause() the running one first."
            )
        self._sweeps[sweep.name, sweep.base_url] = sweep
        return sweep

    # --- inputs ------------------------------------------------------------------------------------

    def inspect(
        self, url_or_path: str | os.PathLike[str] | MediaRef, role: Role | None = None, *, fresh: bool = False
    ) -> Inspection:
        """What is against an input, what is doubtful, and what was not looked at. Nothing is submitted.

        At most about 10 s, 4 MB and 12 requests; the key is not sent.

        Args:
            url_or_path: of a character or a reference clip, or what :func:`~cometact_nb.image` and
                :func:`~cometact_nb.video` give. A relative path starts from the notebook's folder.
            role: ``"character"`` or ``"reference"``; None takes an image for a character and a video for a
                reference.
            fresh: look again; otherwise what was seen in the last ten minutes is used.

        Returns:
            the findings. A bad input is never raised, and a network that fails leaves ``ok`` at None.

        Raises:
            ConfigError: an argument of another kind.
        """
        work = self.begin_inspect(url_or_path, role, fresh=fresh)
        try:
            until_done(work)
        except KeyboardInterrupt:
            work.cancel()
            raise
        return work.result()

    def begin_inspect(
        self, url_or_path: str | os.PathLike[str] | MediaRef, role: Role | None = None, *, fresh: bool = False
    ) -> futures.Future[Inspection]:
        """As :meth:`inspect`, without waiting. A callback of the future runs on the engine's thread."""
        folder, sandbox = self.notebook_dir, self._config.is_loopback

        async def look() -> Inspection:
            return await self._inspector.inspect(
                self.engine.client, url_or_path, role, folder=folder, sandbox=sandbox, fresh=fresh
            )

        return self.engine.call(look())

    def begin_look(self, ref: MediaRef, role: Role) -> futures.Future[Inspection | None]:
        """Look at an input that is to be paid for, for 3 s at the most, without waiting for it.

        Args:
            ref: the input.
            role: what it is to be used as.
        """
        sandbox = self._config.is_loopback

        async def look() -> Inspection | None:
            return await self._inspector.before_sending(
                self.engine.client, ref, role, sandbox=sandbox, within_s=precheck.LOOK_S
            )

        return self.engine.call(look())

    def _look(self, request: ActTwoRequest, config: Config) -> tuple[Finding, ...]:
        """Look at both inputs of a request; an interrupt ends it, and nothing was sent."""

        async def look() -> tuple[Finding, ...]:
            return await precheck.look(request, config, self._inspector, self.engine.client)

        work = self.engine.call(look())
        try:
            until_done(work)
        except KeyboardInterrupt:
            work.cancel()
            raise
        return work.result()

    def check(self, request: ActTwoRequest) -> None:
        """Raise what :meth:`submit` would raise about ``request`` before it sends anything.

        Args:
            request: nothing is fetched to judge it.

        Raises:
            RequestError: an input is on this machine, or a look of the last ten minutes saw it to be bad.
            ConfigError: no key, or a place for the clips that cannot be used.
        """
        precheck.check(request, self._config)
        precheck.check_what_was_seen(request, self._config, self._inspector)

    def call_soon(self, work: Callable[..., object], *args: Any) -> None:
        """Run ``work(*args)`` on the notifier's thread and return at once."""
        self._notifier.put(lambda: work(*args))

    def flush(self, timeout_s: float = _DRAW_S) -> bool:
        """Wait until listeners were told of everything so far; False when that took too long."""
        return self._notifier.flush(timeout_s)

    def close(self) -> None:
        """Stop watching and close everything. Tasks at the service go on and can be found again."""
        if not self.is_here:
            return  # they are the parent's
        with self._lock:
            engine, sandbox = self._engine, self._sandbox
        # Without the lock: what runs on the engine's loop may ask for the engine before it ends.
        if engine is not None:
            engine.close()
        self._inspector.close()
        if sandbox is not None:
            sandbox.stop()
        with self._lock:
            if engine is not None and self._engine is engine:
                self._engine, self._spent_usd = None, engine.spent_usd
        self._leave_all()
        with self._lock:
            self._sandbox = None if self._sandbox is sandbox else self._sandbox

    def _leave_all(self) -> None:
        """Let go of what nobody watches any more: waits end, and the next look asks the history."""
        things: list[Task | Sweep] = [*self.tasks(), *self._sweeps.copy().values()]
        for thing in things:
            thing.leave()
        self._tasks.clear()
        self._sweeps.clear()
        self._notifier.stop()

    # --- inside ------------------------------------------------------------------------------------

    @property
    def is_here(self) -> bool:
        """Whether this process made it. A forked one has no share in its thread, connections and file."""
        return os.getpid() == self._pid

    def need_here(self) -> None:
        """Raise unless :attr:`is_here`.

        Raises:
            ConfigError: nothing would ever answer.
        """
        if not self.is_here:
            raise ConfigError(
                "This was made before this process was forked, and belongs to the other one. "
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
            return running  # without the lock: its own thread asks, too, and must not wait for a sandbox
        with self._lock:
            if self._engine is None:
                self._engine = Engine(
                    self._config.history, self._changed, client=self._make_client, spent_usd=self._spent_usd
                )
            return self._engine

    def output_folder(self) -> Path | str:
        """Where clips of new tasks go: an absolute path, or the URL of a folder."""
        folder = self._config.output_dir
        return folder if isinstance(folder, str) else (self.notebook_dir / folder).resolve()

    def adopt(self, row: Row) -> Job:
        """A task found in history, watched on if it has not ended. Call it on the engine's loop."""
        known = self._tasks.get(row.state.key)
        if known is not None:
            return known._job  # noqa: SLF001
        config = self._config
        here = row.state.base_url == config.base_url
        endpoint = config.endpoint if here else Endpoint(row.state.base_url, sandbox=row.state.in_sandbox)
        row = self.confined(row)
        job = Job(row.state, endpoint, self.output_folder())
        self.handle(job)
        moved = find_moved(row.state, job.output_dir)
        if moved:
            self.engine.apply(job, events.ClipsMoved(at=self.engine.now(), clips=moved))
        self.engine.take_up(job, row)
        return job

    def confined(self, row: Row) -> Row:
        """``row`` without files that it may not name, where somebody else made the history. On the loop.

        Args:
            row: of the history.
        """
        history = self.engine.history
        if not row.state.clips or history.provenance.is_own:
            return row
        state = confined(row.state, allowed_folders(history.path, self.output_folder()))
        return Row(state, row.owner, row.updated_at)

    def handle(self, job: Job) -> Task:
        """The task of a job, known to this session from now on."""
        # No lock: the engine's thread comes here, too, and must not wait for a sandbox that starts. One step
        # of a dict is safe, and tasks() reads a copy.
        return self._tasks.get(job.state.key) or self._tasks.setdefault(job.state.key, Task(self, job))

    def new_job(self, endpoint: Endpoint) -> Job:
        """A task to be, known to this session from now on."""
        job = Job(TaskState(key=new_key()), endpoint, self.output_folder())
        self.handle(job)
        return job

    def drop_job(self, job: Job) -> None:
        """Forget a task that was never begun."""
        self._tasks.pop(job.state.key, None)

    def run(self, work: Coroutine[Any, Any, T], what: str = "It") -> T:
        """Do ``work`` on the engine's thread and wait for it. An interrupt ends the wait only."""
        future = self.engine.call(work)
        try:
            until_done(future)
        except KeyboardInterrupt:
            raise WaitInterrupted(f"{what}; that goes on. act.session().tasks() shows it.") from None
        return future.result()

    def _changed(self, job: Job) -> None:
        """On the engine's thread: settle waits at once, tell listeners soon."""
        task = self._tasks.get(job.state.key)
        if task is None:
            return
        task.changed()
        if task.key in self._told:
            return  # a telling is under way to come, and will show the newest state
        self._told.add(task.key)

        def tell() -> None:
            self._told.discard(task.key)
            task.tell()

        self._notifier.put(tell)

    def another(self) -> Session:
        """One with the same settings, for a process that was forked from this one's."""
        made = Session(self._config)
        made._before_sandbox = self._before_sandbox
        made._sandbox = replace(self._sandbox, process=None) if self._sandbox else None
        return made

    def _drop_engine(self) -> None:
        if self._engine is None:
            return
        watched = any(not task.state.is_settled for task in self.tasks())
        if watched or any(sweep.state == "running" for sweep in self._sweeps.copy().values()):
            raise ConfigError(
                "history cannot be changed while tasks are watched. Set it at the top of a notebook."
            )
        self._engine.close()
        self._inspector.close()
        self._spent_usd, self._engine = self._engine.spent_usd, None


def _interrupted(job: Job) -> str:
    """What an interrupt did to a submit."""
    state = job.state
    if state.request is None:
        return "Interrupted before it was sent. Nothing was bought."
    if state.status is Status.REFUSED:
        return (
            f"Interrupted while it waited to be sent again: it is not. Nothing was bought. ({state.failure})"
        )
    name = state.id or state.key
    return f"{name} is being sent, once; that goes on. act.session().tasks() shows it."
