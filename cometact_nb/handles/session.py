"""The session of a notebook, which the magic, the panel and Python calls all use.

The public functions describe its calls; the modules below it do the work.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.arguments import check_flags
from cometact_nb.domain.doors import doors
from cometact_nb.domain.price import FREE
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.engine.waits import until_done
from cometact_nb.errors import ConfigError, HistoryError
from cometact_nb.handles import sandbox as embedded
from cometact_nb.handles.account import check_project
from cometact_nb.handles.config import Config, concealed, practising
from cometact_nb.handles.files_session import FilesSession
from cometact_nb.handles.find import find_task
from cometact_nb.handles.prices import Prices, look, with_list
from cometact_nb.handles.reconcile import Reconciliation, count_account, reconcile
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
    from cometact_nb.domain.account_count import AccountCount
    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest, RequestArguments, SweepArguments
    from cometact_nb.domain.service import Secret
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
        """See :func:`cometact_nb.configure`."""
        settings = dict(concealed(settings))
        with self._lock:
            config, service = practising(self._config, self._before_sandbox, settings)
            if {"max_spend", "max_spend_per"} & settings.keys():
                check_project(config, self.notebook_dir)
            if config.output_dir != self._config.output_dir:
                places.check(config.output_dir)
            if config.history != self._config.history:
                self._check_settled()
                self._drop_engine()
            self._config, self._before_sandbox = with_list(config), service
        if service is not None and settings.get("api_key") is not None:
            log.warning("The sandbox is on and needs no key: api_key is used after act.leave_sandbox().")
        return self._config

    def use_sandbox(
        self, speed: float | None = None, *, unless_key: bool = False, url: str | None = None, **options: Any
    ) -> embedded.Sandbox | None:
        """See :func:`cometact_nb.use_sandbox`."""
        check_flags(unless_key=unless_key)
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
        """See :func:`cometact_nb.leave_sandbox`."""
        with self._lock:
            if self._before_sandbox is not None:
                self._config, self._before_sandbox = with_list(self._before_sandbox), None
            return self._config

    def prices(self) -> Prices:
        """See :func:`cometact_nb.prices`."""
        listing = self.run(look(self.engine, self._config.base_url))
        self.take_listed_price()
        return Prices(listing, self._config.price, sandbox=self._config.sandbox)

    def account_count(self, query_key: Secret | None = None, *, yes: bool = False) -> AccountCount:
        """See :func:`cometact_nb.account_count`."""
        return count_account(self, query_key, yes=yes)

    def reconcile(
        self, before: AccountCount, query_key: Secret | None = None, *, yes: bool = False
    ) -> Reconciliation:
        """See :func:`cometact_nb.reconcile`."""
        return reconcile(self, before, query_key, yes=yes)

    # --- tasks -------------------------------------------------------------------------------------

    def submit(self, request: ActTwoRequest | None = None, **fields: Unpack[RequestArguments]) -> Task:
        """See :func:`cometact_nb.submit`."""
        return self.send(self.request(request, **fields), self.look_up_price())

    def send(self, request: ActTwoRequest, config: Config) -> Task:
        """Do what :meth:`submit` does, at the service of ``config``, whatever is configured meanwhile."""
        return submitted(self, request, config)

    def task(self, id: str) -> Task:  # noqa: A002  (the vendor's own word)
        """See :func:`cometact_nb.task`."""
        return find_task(self, id)

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
        **fields: Unpack[SweepArguments],
    ) -> Sweep:
        """See :func:`cometact_nb.sweep`."""
        spec = self.specify(dict(fields), table=table, replicates=replicates, allow_unlisted=allow_unlisted)
        return self._same_or_new(Sweep(self, spec, name))

    def sweeps(self, limit: int = 50) -> SweepHistory:
        """See :func:`cometact_nb.sweeps`."""
        return find_sweeps(self, limit)

    def sweep_by_name(self, name: str, *, resume: bool = True) -> Sweep:
        """See :func:`cometact_nb.sweep_by_name`."""
        check_flags(resume=resume)

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
        if before is not None and sweep.spec in (before.spec, before.spec.at_first):
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
        """See :func:`cometact_nb.inspect`."""
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
