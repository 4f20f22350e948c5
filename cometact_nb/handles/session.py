"""The session of a notebook, which the magic, the panel and Python calls all use.

It is longer than other modules because it describes every public call; the modules below it do the work.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.domain.price import FREE
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.engine.waits import until_done
from cometact_nb.errors import ConfigError, HistoryError
from cometact_nb.handles import sandbox as embedded
from cometact_nb.handles.config import Config, concealed, practising
from cometact_nb.handles.files_session import FilesSession
from cometact_nb.handles.find import find_task
from cometact_nb.handles.sweep.saved import find_sweeps
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.handles.task import Task, submitted, task_of
from cometact_nb.store.clips import places
from cometact_nb.store.journal.sweeps import find

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Unpack

    from cometact_nb.api.client import Client
    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest, RequestArguments
    from cometact_nb.handles.sweep.saved import SweepHistory
    from cometact_nb.store.journal.sweeps import SweepRow

__all__ = ["Session"]

log = logging.getLogger("cometact_nb")


@doors
class Session(FilesSession):
    """One configuration, one engine, all tasks of this process.

    Args:
        config: default :meth:`Config.from_environment`.
        client: makes the HTTP client; None for the usual one.
    """

    def __init__(self, config: Config | None = None, *, client: Callable[[], Client] | None = None) -> None:
        super().__init__(config, client=client)
        self._sweeps: dict[tuple[str, str], Sweep] = {}
        self._sandbox: embedded.Sandbox | None = None
        self._before_sandbox: Config | None = None

    def __repr__(self) -> str:
        where = f"SANDBOX at {self._config.base_url}" if self._config.sandbox else self._config.base_url
        count = len(self.jobs)
        return f"<Session: {where}, {count} task{'' if count == 1 else 's'} in this kernel>"

    # --- settings ----------------------------------------------------------------------------------

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
            the present settings; their repr hides the key.

        Raises:
            ConfigError: an unknown setting, a bad value, or another history while tasks are watched.
        """
        settings = dict(concealed(settings))
        with self._lock:
            config, service = practising(self._config, self._before_sandbox, settings)
            if config.output_dir != self._config.output_dir:
                places.check(config.output_dir)
            if config.history != self._config.history:
                self._check_settled()
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
                ``COMETACT_NB_SANDBOX_SPEED``, then 12 (a task takes about 6 s); at ``url``, its own.
                Polls are spaced alike.
            unless_key: do nothing, and return None, when a key is configured: for notebooks that run on
                either.
            url: of a sandbox that was started by hand (``cometact-nb sandbox``); None finds this user's own,
                which outlives its kernel, or starts it.
            options: of the tasks of this kernel: ``scenario="lost-answer"`` or a list, ``concurrency``,
                ``duration_s``, ``clip_s``, ``url_ttl_s`` (seconds), ``shape``, ``seed``; see
                ``cometact-nb sandbox --help``.

        Returns:
            the sandbox, with URLs of sample characters and references.

        Raises:
            ConfigError: the extra ``sandbox`` is not installed, or a value is wrong.
        """
        with self._lock:
            if unless_key and (self._before_sandbox or self._config).api_key is not None:
                return None
            running = self._sandbox_like(speed, url, options)
            price = FREE if self._before_sandbox is None else self._config.price
            self._before_sandbox = self._before_sandbox or self._config
            self._config = replace(
                self._config,
                base_url=running.base_url,
                api_key=running.key,
                price=price,
                time_scale=1 / running.speed,
                sandbox=True,
            )
            return running

    def _sandbox_like(
        self, speed: float | None, url: str | None, options: dict[str, Any]
    ) -> embedded.Sandbox:
        """Return this user's own sandbox, or the one at ``url``, at its own speed unless told another."""
        if url is None:
            self._sandbox = embedded.find(embedded.checked_speed(speed), **options)
        else:
            self._sandbox = embedded.attach(
                url, None if speed is None else embedded.checked_speed(speed), **options
            )
        return self._sandbox

    def leave_sandbox(self) -> Config:
        """Send new tasks to the paid service again. Settings changed meanwhile stay."""
        with self._lock:
            if self._before_sandbox is not None:
                self._config, self._before_sandbox = self._before_sandbox, None
            return self._config

    # --- tasks -------------------------------------------------------------------------------------

    def submit(self, request: ActTwoRequest | None = None, **fields: Unpack[RequestArguments]) -> Task:
        """Send one paid request, and return after the answer.

        It looks at both inputs first, for at most 3 s; ``configure(look="never")`` leaves that out. Doubtful
        points are in ``task.warnings``.

        Args:
            request: to send; or give its ``fields``.
            fields: of :class:`ActTwoRequest`. An input may be a path, if ``configure(publish_to=…)`` says
                where it becomes public first, or in the sandbox; see ``act.guide("own-files")``.

        Returns:
            the task, watched in the background from now on.

        Raises:
            RequestError: the request is wrong, or an input breaks a rule of the vendors; nothing was sent.
            ConfigError: no key, or no connection can be made; nothing was sent.
            InputError: a file of this machine cannot become an input; nothing was sent.
            PublishError: a file of this machine could not be published; nothing was sent.
            BudgetError: it would go over ``configure(max_spend=…)``; nothing was sent.
            HistoryError: the intent could not be recorded; nothing was sent.
            RefusedError: the service said no; nothing was bought.
            NotSentError: the service was not reached; nothing was bought.
            UnconfirmedError: sent, and the answer was lost; ``.task`` is recorded, never sent again.
                With ``.sent`` False: ``.task`` is an earlier one for the same video, in doubt; nothing was
                sent beside it.
        """
        return self.send(self.request(request, **fields), self._config)

    def send(self, request: ActTwoRequest, config: Config) -> Task:
        """Do what :meth:`submit` does, at the service of ``config``, whatever is configured meanwhile."""
        return submitted(self, request, config)

    def task(self, name: str) -> Task:
        """Return the task with this id, from this session, from history, or made elsewhere with the same key.

        It watches an unfinished one from then on.

        Args:
            name: the service's id, a local key, or their first characters (4 or more) if history has it.

        Raises:
            ConfigError: the name is no id.
            HistoryError: several tasks start with it, or the history cannot be read.
        """
        return find_task(self, name)

    def tasks(self) -> list[Task]:
        """Return the tasks of this process, newest first."""
        return [task_of(self, job) for job in reversed(self.jobs.copy().values())]

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
        """Plan many requests; send nothing before :meth:`Sweep.run`.

        Args:
            table: rows of fields, if the cells are no grid: a DataFrame, a mapping of columns of the same
                length, or a list of mappings or :class:`ActTwoRequest`.
            name: of the sweep, to find it again; by default derived from its requests.
            replicates: how often to buy each request.
            allow_unlisted: see :class:`ActTwoRequest`.
            fields: of :class:`ActTwoRequest`; each a value, or a list, range or array of values, of which
                every combination is a cell.

        Returns:
            the sweep.

        Raises:
            RequestError: with everything that is wrong about any of its requests.
            ConfigError: the name cannot be used.
        """
        spec = self.specify(fields, table=table, replicates=replicates, allow_unlisted=allow_unlisted)
        return self._same_or_new(Sweep(self, spec, name))

    def sweeps(self, limit: int = 50) -> SweepHistory:
        """List the sweeps of the history, the last run first, with their progress and cost.

        Args:
            limit: the most sweeps to list.

        Raises:
            HistoryError: the history could not be read.
        """
        return find_sweeps(self, limit)

    def sweep_by_name(self, name: str, *, resume: bool = True) -> Sweep:
        """Take up a sweep from the history, in any kernel: show finished cells and watch running ones.

        Args:
            name: of the sweep.
            resume: buy the remaining cells, if the sweep was running when its kernel ended, within the
                approved cost. False only looks.

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
        sweep = self._same_or_new(Sweep(self, row.spec, row.name, row)).look()
        if resume:
            sweep.resume()
        return sweep

    def _same_or_new(self, sweep: Sweep) -> Sweep:
        """Return ``sweep``, or the one with its name and content that this process already has."""
        before = self._sweeps.get((sweep.name, sweep.base_url))
        if before is not None and before.spec == sweep.spec:
            return before
        if before is not None and before.state is SweepState.RUNNING:
            if [cell.key for cell in before.cells] == [cell.key for cell in sweep.cells]:
                return before  # the same files under links with new signatures
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
        """Inspect an input: its errors, its doubtful points, and what was not looked at. Submit nothing.

        It takes at most about 10 s, 4 MB and 12 requests, and sends no key.

        Args:
            url_or_path: of a character or a reference clip, or a result of :func:`~cometact_nb.image` or
                :func:`~cometact_nb.video`. A relative path starts from the notebook's folder.
            role: ``"character"`` or ``"reference"``; None takes an image for a character and a video for a
                reference.
            fresh: look again; otherwise an inspection of the last ten minutes is used.

        Returns:
            the findings. A bad input never raises, and after a network failure ``ok`` is None.

        Raises:
            ConfigError: an argument has another type.
        """
        work = self.begin_inspect(url_or_path, role, fresh=fresh)
        try:
            until_done(work)
        except KeyboardInterrupt:
            work.cancel()
            raise
        return work.result()

    def close(self) -> None:
        """Stop watching and close everything. Tasks at the service go on and can be found again."""
        if not self.is_here:
            return  # they belong to the parent
        with self._lock:
            engine, sandbox = self._engine, self._sandbox
        # Without the lock: work on the engine's loop may ask for the engine before it ends.
        if engine is not None:
            engine.close()
        self.inspector.close()
        if sandbox is not None and sandbox.process is not None:
            sandbox.stop()
        with self._lock:
            if engine is not None and self._engine is engine:
                self._engine, self._spent_usd = None, engine.spent_usd
        self._leave_all()
        with self._lock:
            self._sandbox = None if self._sandbox is sandbox else self._sandbox

    def _leave_all(self) -> None:
        """Release what nobody watches any more: waits end, and the next look reads the history."""
        for handle in self.handles.copy().values():
            handle.leave()
        for sweep in self._sweeps.copy().values():
            sweep.leave()
        self.jobs.clear()
        self.handles.clear()
        self._sweeps.clear()
        self._notifier.stop()

    # --- inside ------------------------------------------------------------------------------------

    def another(self) -> Session:
        """Make a session with the same settings, for a process that was forked from this one's."""
        session = Session(self._config)
        session._before_sandbox = self._before_sandbox
        session._sandbox = replace(self._sandbox, process=None) if self._sandbox else None
        return session

    def _check_settled(self) -> None:
        """Raise while a task is watched, whose history must stay.

        Raises:
            ConfigError: a task is watched, or a sweep runs.
        """
        watched = any(not job.state.is_settled for job in self.jobs.copy().values())
        if watched or any(sweep.state is SweepState.RUNNING for sweep in self._sweeps.copy().values()):
            raise ConfigError(
                "history cannot be changed while tasks are watched. Set it at the top of a notebook."
            )
