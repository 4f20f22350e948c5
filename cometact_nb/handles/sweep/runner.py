"""Buying the cells of a sweep: in order, a few at a time, one after the other, and not what is known to fail.

Everything here runs on the engine's loop.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cometact_nb.api import flow
from cometact_nb.domain.advice import advise
from cometact_nb.domain.price import is_over
from cometact_nb.domain.sweep.rules import blamed, shares
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, HistoryError
from cometact_nb.store.journal.history import BudgetUsed, CellClaim, CellTaken, SweepHalted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.service import Endpoint
    from cometact_nb.domain.sweep.grid import PlannedCell
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.core import Core
    from cometact_nb.store.journal.history import Row

__all__ = ["Entry", "Runner", "catch_up"]

log = logging.getLogger("cometact_nb")

#: A sweep waits out a throttling account: an hour of refusals, not a minute.
_LIMITS = flow.CreateLimits(attempts=200, patience_s=3600.0)
#: So many cells one after the other that were refused, or whose answer was lost, stop the rest.
_STRIKES = 3
#: More cells to buy than this send one of each pair of inputs ahead.
CANARY_ABOVE = 4
#: How often a run looks whether another kernel's user has paused or cancelled the sweep, seconds.
_LISTEN_S = 1.0


@dataclass(eq=False)
class Entry:
    """A cell of a sweep, and what has become of it.

    Args:
        cell: what is wanted.
        job: its task inside the engine, or None before there is one.
        mark: ``"PLANNED"``, ``"QUEUED"`` or ``"STOPPED"`` while there is none.
        reason: why it was stopped, or what it waits for.
        reused: its task was there before the sweep wanted it.
        instead_of: key of the task that a new one is to replace.
    """

    cell: PlannedCell
    job: Job | None = None
    mark: str = "PLANNED"
    reason: str = ""
    reused: bool = False
    instead_of: str | None = None
    inside: bool = False  #: it holds a place of the gate
    signed_anew: bool = False  #: its task was sent with another link to the same files

    @property
    def pair(self) -> tuple[object, object]:
        """The inputs."""
        return self.cell.request.character, self.cell.request.reference


class Host(Protocol):
    """What a runner needs of its sweep."""

    name: str
    #: The service that it buys at.
    endpoint: Endpoint

    @property
    def spent_usd(self) -> float:
        """What the sweep has cost so far, whichever kernels bought for it."""

    def attach(self, entry: Entry, job: Job) -> None:
        """``job`` is the task of a cell from now on."""

    def recount(self) -> None:
        """Learn anew what the sweep has cost: a request was sent, or refused."""

    def changed(self) -> None:
        """Something about the cells or the state is new."""

    def keep(self, state: str) -> None:
        """Record the state of the run, and what paused it."""

    def recorded(self) -> tuple[str, str | None] | None:
        """State and problem as any kernel has recorded them last."""


class Runner:
    """The run of one sweep.

    Args:
        host: the sweep.
        session: watches its tasks, and has the settings and the places at the service.
        entries: the cells, in order.
    """

    def __init__(self, host: Host, session: Core, entries: Sequence[Entry]) -> None:
        self._host = host
        self._session = session
        self._slots = session.slots
        self._entries = entries
        #: Entries by content: replicates are alike.
        self._alike: dict[str, list[Entry]] = {}
        for entry in entries:
            self._alike.setdefault(entry.cell.identity, []).append(entry)
        self.state = "planned"  #: then ``"running"``, ``"paused"``, ``"cancelled"`` or ``"bought"``
        self.problem = ""  #: why it is paused
        self.approved_usd = 0.0
        self._price_usd = 0.0
        self._canary = False
        self._on_trial: dict[tuple[object, object], Entry] = {}
        #: Pairs of inputs the service has taken: a cell ended, and not on their account.
        self._proven: set[tuple[object, object]] = set()
        self._strikes = 0
        self._news = asyncio.Event()
        self._posting: Job | None = None
        self._sending = asyncio.Lock()  #: this sweep's own share in that of the gate
        self._task: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    # --- what the sweep asks for -------------------------------------------------------------------

    def start(
        self,
        wanted: Sequence[Entry],
        *,
        price_usd: float | None,
        approved_usd: float,
        canary: bool | None,
    ) -> None:
        """Buy the cells in ``wanted``, as far as ``approved_usd`` goes.

        Args:
            wanted: cells without a task, or whose task is to be replaced.
            price_usd: what each is counted at, also when another service is configured meanwhile; None: what
                those that wait already are.
            approved_usd: what it may cost in all.
            canary: whether one cell of each pair of inputs goes first; None: if more than four wait, or one
                was sent ahead that has not ended.
        """
        for entry in wanted:
            if entry.job is not None:
                entry.instead_of = entry.job.state.key
            entry.job, entry.mark, entry.reason, entry.reused = None, "QUEUED", "", False
        self.approved_usd = approved_usd
        self._price_usd = self._price_usd if price_usd is None else price_usd
        self._strikes = 0
        # A trial that a pause kept from being sent would hold back its pair for ever.
        self._on_trial = {pair: entry for pair, entry in self._on_trial.items() if entry.job is not None}
        for entry in self._entries:
            if entry.job is not None and not entry.inside:
                entry.inside, self._slots.inside = True, self._slots.inside + 1
            self._note(entry)
        goes_first = len(self.queued) > CANARY_ABOVE or (self._canary and bool(self._on_trial))
        self._canary = goes_first if canary is None else canary
        self.state, self.problem = "running", ""
        self._news.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        self._host.changed()

    def pause(self, reason: str = "") -> None:
        """Buy no more for now. Tasks at the service go on."""
        self._halt("paused", reason)

    def hold(self, reason: str) -> None:
        """Wait for the user's word, without a record of it: what is on record is not theirs."""
        self.state, self.problem = "paused", reason

    def stop(self) -> None:
        """Buy no more: the sweep is being cancelled. What is at the service goes on for now."""
        for entry in self._entries:
            if entry.mark == "QUEUED" and entry.job is None:
                entry.mark, entry.reason = "STOPPED", "the sweep was cancelled"
        self._halt("cancelled", "")

    async def cancel(self) -> list[str]:
        """Buy no more, and ask the service to cancel what has not ended; its refusals come back."""
        self.stop()
        return await self._cancel_all()

    async def _cancel_all(self) -> list[str]:
        # At once, those that have an id: a request that is under way may take minutes to be answered.
        jobs = [job for job in self._unfinished() if job.state.id is not None]
        await asyncio.gather(*(self._session.engine.cancel(job) for job in jobs))
        async with self._sending:  # it has its id after this
            late = [job for job in self._unfinished() if job not in jobs]
        await asyncio.gather(*(self._session.engine.cancel(job) for job in late))
        return [job.state.cancel_message for job in (*jobs, *late) if job.state.cancel_message]

    def _unfinished(self) -> list[Job]:
        return [entry.job for entry in self._entries if entry.job and not entry.job.state.status.is_terminal]

    def note(self, entry: Entry) -> None:
        """The task of a cell has changed."""
        self._note(entry)
        self._host.changed()

    @property
    def queued(self) -> list[Entry]:
        """Cells that wait to be bought."""
        return [entry for entry in self._entries if entry.mark == "QUEUED" and entry.job is None]

    # --- inside ------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Stop buying soon after the user has said so in another kernel."""
        while self.state == "running":
            await self._session.engine.clock.sleep(_LISTEN_S)
            try:
                recorded = self._host.recorded()
            except HistoryError as error:
                log.warning("sweep %r does not hear other kernels: %s", self._host.name, error)
                continue
            if recorded in {("paused", None), ("cancelled", None)} and self.state == "running":
                await self._obey(recorded[0])

    async def _obey(self, state: str) -> None:
        """Do what the user has said in another kernel, which has recorded it."""
        if state == "paused":
            self._halt(state, "it was paused in another kernel", record=False)
            return
        for entry in self.queued:
            entry.mark, entry.reason = "STOPPED", "the sweep was cancelled in another kernel"
        self._halt(state, "", record=False)
        for refusal in await self._cancel_all():
            log.warning("sweep %r was cancelled in another kernel: %s", self._host.name, refusal)

    def _halt(self, state: str, problem: str, *, record: bool = True) -> None:
        # Once all is sent there is nothing to pause; but what is at the service can be cancelled.
        at_work = any(entry.job is not None and not _has_ended(entry.job) for entry in self._entries)
        if self.state in {"running", "paused"} or (state == "cancelled" and at_work):
            self.state, self.problem = state, problem
            if record:
                self._record(state)
        if self._posting is not None:
            self._posting.given_up.set()
            self._posting.wake.set()
        self._news.set()
        self._host.changed()

    def _record(self, state: str) -> None:
        try:
            self._host.keep(state)
        except HistoryError as error:  # a full disk; what stops the spending goes on all the same
            log.warning("sweep %r has stopped, which could not be recorded: %s", self._host.name, error)

    async def _run(self) -> None:
        try:
            while self.state == "running" and self.queued:
                await self._slots.enter(self._session.config.max_in_flight)
                entry = self._pick() if self.state == "running" else None
                if entry is None:
                    self._slots.leave()
                    await self._something()
                    continue
                entry.inside = True
                try:
                    await self._buy(entry)
                finally:
                    self._leave_if_ended(entry)
            if self.state == "running":
                self.state = "bought"
                self._host.keep("bought")
        except asyncio.CancelledError:
            raise
        except ActTwoError as error:
            self._halt("paused", str(error))
        except Exception as error:
            log.exception("sweep %r broke", self._host.name)
            self._halt("paused", f"an error in cometact_nb ({type(error).__name__}); please report it")
        finally:
            self._host.changed()

    async def _something(self) -> None:
        """Wait until a trial ends or the state changes."""
        if self.state == "running" and self.queued:
            self._news.clear()
            await self._news.wait()

    def _pick(self) -> Entry | None:
        """The next cell to buy; None while all that are left wait for a trial."""
        for entry in self.queued:
            if not self._canary or entry.pair in self._proven:
                return entry
            if entry.pair not in self._on_trial:
                self._on_trial[entry.pair] = entry
                return entry
        return None

    async def _buy(self, entry: Entry) -> None:
        async with self._slots.sending, self._sending:
            price = self._price_usd
            if self.state != "running" or entry.mark != "QUEUED":
                return
            if is_over(self._host.spent_usd + price, self.approved_usd):
                self._halt("paused", self._used_up)
                return
            job = self._posting = self._session.new_job(self._host.endpoint)
            self._host.attach(entry, job)
            entry.reason, stopped = "", ""
            try:
                verdict = await self._send(entry, job, price)
            except CellTaken as taken:
                self._session.drop_job(job)
                entry.job = None  # should the other one not be had
                self._host.attach(entry, self._adopted(taken.key))
                return
            except BudgetUsed:
                self._session.drop_job(job)
                entry.job = None
                self._halt("paused", f"{self._used_up}, with what another kernel bought for it")
                return
            except SweepHalted as halted:
                self._session.drop_job(job)
                entry.job = None
                stopped = halted.state
            except ActTwoError:
                self._session.drop_job(job)
                entry.job = None
                raise
            finally:
                self._posting = None
                self._host.recount()
        if stopped:  # outside of the lock, which a cancel waits for
            await self._obey(stopped)
        else:
            self._judge(entry, job, verdict)

    def _adopted(self, key: str) -> Job:
        row = self._session.engine.history.find(key)
        if row is None:
            raise ActTwoError(f"The history names task {key} for a cell, but does not have it.")
        job = self._session.adopt(row)
        catch_up(self._session, job, row)
        return job

    @property
    def _used_up(self) -> str:
        return f"its budget of ${self.approved_usd:.2f} is used up"

    async def _send(
        self, entry: Entry, job: Job, price: float
    ) -> flow.Created | flow.Declined | flow.Doubtful:
        alike = self._alike.get(entry.cell.identity, ())
        beside = tuple(other.job.state.key for other in alike if other.job is not None and other is not entry)
        claim = CellClaim(self._host.name, entry.cell.replicate, entry.instead_of, self.approved_usd, beside)
        return await self._session.engine.submit(
            job,
            entry.cell.request,
            price,
            max_spend=self._session.config.max_spend,
            cell=claim,
            limits=_LIMITS,
        )

    def _judge(self, entry: Entry, job: Job, verdict: flow.Created | flow.Declined | flow.Doubtful) -> None:
        """What an answer means for the cells that are left."""
        match verdict:
            case flow.Created():
                self._strikes = 0
                return
            case flow.Doubtful():
                self._strike("answers were lost; each request may have been paid for", verdict.reason)
            case flow.Declined() if verdict.is_general:
                entry.job, entry.instead_of = None, job.state.key
                if self.state == "cancelled":
                    entry.mark, entry.reason = "STOPPED", "the sweep was cancelled"
                if self.state == "running":
                    self._halt("paused", verdict.message)
            case flow.Declined():
                self._stop_alike(entry, "it was refused")
                self._strike("cells were refused", verdict.message)
        self._on_trial.pop(entry.pair, None)

    def _strike(self, what: str, reason: str) -> None:
        self._strikes += 1
        if self._strikes >= _STRIKES and self.state == "running" and self.queued:
            self._halt("paused", f"{self._strikes} {what} one after the other: {reason}")

    def _note(self, entry: Entry) -> None:
        """Draw the consequences of a task's end."""
        job = entry.job
        if job is None or not _has_ended(job):
            return
        self._leave_if_ended(entry)
        if job.state.status is Status.SUCCEEDED:
            self._proven.add(entry.pair)
        if job.state.status is Status.FAILED:
            self._stop_alike(entry, "it failed")
            if not blamed(entry.cell.request, job.state):
                self._proven.add(entry.pair)
        if self._on_trial.get(entry.pair) is entry:
            del self._on_trial[entry.pair]
        self._news.set()

    def _leave_if_ended(self, entry: Entry) -> None:
        if entry.inside and (entry.job is None or _has_ended(entry.job)):
            entry.inside = False
            self._slots.leave()

    def _stop_alike(self, failed: Entry, how: str) -> None:
        """Stop the waiting cells that would end as this one did."""
        if failed.job is None:
            return
        blame = blamed(failed.cell.request, failed.job.state)
        said = advise(failed.job.state).headline
        named = " and ".join(name.replace("_", " ") for name in blame)
        for entry in self.queued:
            if shares(entry.cell.request, blame):
                entry.mark = "STOPPED"
                entry.reason = f"cell {failed.cell.index + 1} has the same {named}, and {how}: {said}"


def catch_up(session: Core, job: Job, row: Row) -> None:
    """Take over what another kernel has recorded last about a task that nobody here watches."""
    is_news = row.state.status is not job.state.status or row.state.watching != job.state.watching
    if job.state.is_settled and is_news and row.owner != session.engine.history.owner:
        session.engine.publish(job, row.state)
        session.engine.take_up(job, row)


def _has_ended(job: Job) -> bool:
    """Whether a task takes no place any more: it ended, or nobody here will learn when it does."""
    return job.state.status.is_terminal or not job.state.watching
