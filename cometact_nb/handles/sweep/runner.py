"""Buys the cells of a sweep in order, a few at a time, without those that would certainly fail.

Everything here runs on the engine's loop.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from cometact_nb.api import flow
from cometact_nb.domain.advice import advise
from cometact_nb.domain.money import usd
from cometact_nb.domain.price import is_over
from cometact_nb.domain.sweep.rules import blamed, shares
from cometact_nb.domain.sweep.run import (
    AllSent,
    CellAccepted,
    CellStruck,
    Mark,
    RunBegan,
    RunBroke,
    RunCancelled,
    RunHeld,
    RunNotResumed,
    RunPaused,
    RunWidened,
    SweepRun,
    SweepState,
    step,
)
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, HistoryError
from cometact_nb.handles.sweep.ledger import catch_up
from cometact_nb.handles.sweep.trials import Trials
from cometact_nb.store.journal.claims import BudgetUsed, CellClaim, CellTaken, SweepHalted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.run import SweepEvent
    from cometact_nb.engine.job import Job
    from cometact_nb.engine.sending import Verdict
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.entries import Entries, Entry
    from cometact_nb.handles.sweep.ledger import Ledger

__all__ = ["Runner"]

log = logging.getLogger("cometact_nb")
#: A sweep waits out a throttling account: an hour of refusals, not a minute.
_LIMITS = flow.CreateLimits(attempts=200, patience_s=3600.0)
#: Seconds between looks whether the user has paused or cancelled the sweep in another kernel.
_LISTEN_S = 1.0


class Runner:
    """The run of one sweep.

    Args:
        entries: the cells, in order.
        core: watches their tasks, and has the settings and the places at the service.
        ledger: records the state of the run, and counts its cost.
        changed: called after a change of the cells or the state.
    """

    def __init__(self, entries: Entries, core: Core, ledger: Ledger, changed: Callable[[], object]) -> None:
        self._entries = entries
        self._core = core
        self._ledger = ledger
        self._changed = changed
        self._slots = core.slots
        self._trials = Trials()
        self._run = SweepRun()
        self.approved_usd = self._price_usd = 0.0
        self._news = asyncio.Event()
        self._posting: Job | None = None
        self._sending = asyncio.Lock()  #: this sweep's own share in that of the gate
        self._buying: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        entries.on_change = self.note

    @property
    def state(self) -> SweepState:
        """The state of the run; on any thread."""
        return self._run.state

    @property
    def problem(self) -> str:
        """The reason why it is paused or was not resumed; empty when its user paused it, or it is neither."""
        return self._run.problem

    @property
    def is_running(self) -> bool:
        """Whether it sends cells."""
        return self._run.state is SweepState.RUNNING

    # --- what the sweep asks for -------------------------------------------------------------------

    def start(
        self,
        targets: Sequence[Entry],
        *,
        price_usd: float | None,
        approved_usd: float,
        canary: bool | None,
    ) -> None:
        """Buy the cells in ``targets``, up to ``approved_usd``.

        Args:
            targets: cells without a task, or with a task to replace.
            price_usd: of each, also when another service is configured meanwhile; None for the price of the
                cells that wait already.
            approved_usd: US dollars that the sweep may cost in all.
            canary: whether one cell of each pair of inputs goes first; None: if more than four wait, or one
                was sent ahead that has not ended.
        """
        self._entries.queue(targets)
        self.approved_usd = approved_usd
        self._price_usd = self._price_usd if price_usd is None else price_usd
        self._trials.forget_unsent()
        for entry in self._entries:
            if entry.job is not None and not entry.inside:
                entry.inside, self._slots.inside = True, self._slots.inside + 1
            self._note(entry)
        self._trials.choose(len(self._entries.queued), canary)
        self._step(RunBegan())
        self._news.set()
        if self._buying is None or self._buying.done():
            self._buying = asyncio.create_task(self._buy_all())
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        self._changed()

    def pause(self) -> None:
        """Buy no more for now. Tasks at the service go on."""
        self._halt(RunPaused())

    def hold(self, reason: str) -> None:
        """Wait for the user's approval, without a record of that, since the present record is not theirs."""
        self._step(RunHeld(reason))

    def widen(self) -> None:
        """Wait for the user's approval of cells that were added."""
        self._step(RunWidened())

    def not_resumed(self, problem: str) -> None:
        """Note why a run could not go on by itself."""
        self._step(RunNotResumed(problem))

    def stop(self, reason: str = "the sweep was cancelled") -> None:
        """Buy no more, since the sweep is being cancelled. Tasks at the service go on for now."""
        self._stop_queued(reason)
        self._halt(RunCancelled(self._is_at_work))

    async def cancel(self) -> list[str]:
        """Buy no more, and ask the service to cancel unfinished tasks; return its refusals."""
        self.stop()
        return await self._cancel_all()

    async def _cancel_all(self) -> list[str]:
        # At once, those that have an id: a request that is under way may take minutes to be answered.
        jobs = [job for job in self._unfinished() if job.state.id is not None]
        await asyncio.gather(*(self._core.engine.cancel(job) for job in jobs))
        async with self._sending:  # it has its id after this
            late = [job for job in self._unfinished() if job not in jobs]
        await asyncio.gather(*(self._core.engine.cancel(job) for job in late))
        return [job.state.cancel_message for job in (*jobs, *late) if job.state.cancel_message]

    def _unfinished(self) -> list[Job]:
        return [job for job in self._entries.jobs if not job.state.status.is_terminal]

    def note(self, entry: Entry) -> None:
        """Take note that the task of a cell has changed."""
        self._note(entry)
        self._changed()

    # --- inside ------------------------------------------------------------------------------------

    def _step(self, event: SweepEvent) -> bool:
        """Change the state, and return whether the event applied. Only this method changes it."""
        before, self._run = self._run, step(self._run, event)
        self._entries.is_running = self.is_running
        return self._run is not before

    async def _listen(self) -> None:
        """Stop buying soon after the user has stopped the sweep in another kernel."""
        while self.is_running:
            await self._core.engine.clock.sleep(_LISTEN_S)
            try:
                recorded = self._ledger.recorded()
            except HistoryError as error:
                log.warning("sweep %r does not hear other kernels: %s", self._ledger.name, error)
                continue
            if recorded is not None and recorded[1] is None and self.is_running:
                await self._obey(recorded[0])

    async def _obey(self, word: str) -> None:
        """Do what the user did in another kernel, by its record; any other word changes nothing."""
        if word == SweepState.PAUSED:
            self._halt(RunPaused("it was paused in another kernel"), record=False)
        elif word == SweepState.CANCELLED:
            self._stop_queued("the sweep was cancelled in another kernel")
            self._halt(RunCancelled(), record=False)
            for refusal in await self._cancel_all():
                log.warning("sweep %r was cancelled in another kernel: %s", self._ledger.name, refusal)

    @property
    def _is_at_work(self) -> bool:
        """Whether a task is at the service, which can be cancelled even when nothing is left to pause."""
        return any(not _has_ended(job) for job in self._entries.jobs)

    def _stop_queued(self, reason: str) -> None:
        for entry in self._entries.queued:
            self._entries.stop(entry, reason)

    def _halt(self, event: SweepEvent, *, record: bool = True) -> None:
        if self._step(event) and record:
            self._record()
        if self._posting is not None:
            self._posting.given_up.set()
            self._posting.wake.set()
        self._news.set()
        self._changed()

    def _record(self) -> None:
        try:
            self._ledger.keep(self.state, self.problem)
        except HistoryError as error:  # a full disk; the stop of the spending goes on all the same
            log.warning("sweep %r has stopped, which could not be recorded: %s", self._ledger.name, error)

    async def _buy_all(self) -> None:
        try:
            while self.is_running and self._entries.queued:
                await self._slots.enter(self._core.config.max_in_flight)
                entry = self._trials.pick(self._entries.queued)
                if entry is None:
                    self._slots.leave()
                    await self._something()
                    continue
                entry.inside = True
                try:
                    await self._buy(entry)
                finally:
                    self._leave_if_ended(entry)
            if self._step(AllSent()):
                self._ledger.keep(self.state)
        except asyncio.CancelledError:
            raise
        except ActTwoError as error:
            self._halt(RunBroke(str(error)))
        except Exception as error:
            log.exception("sweep %r broke", self._ledger.name)
            self._halt(RunBroke(f"an error in cometact_nb ({type(error).__name__}); please report it"))
        finally:
            self._changed()

    async def _something(self) -> None:
        """Wait until a trial ends or the state changes."""
        if self.is_running and self._entries.queued:
            self._news.clear()
            await self._news.wait()

    async def _buy(self, entry: Entry) -> None:
        """Send one cell, and act on the answer."""
        async with self._slots.sending, self._sending:
            # A signature may block. It comes before there is a task: a stop meanwhile finds the cell in line.
            request = await asyncio.to_thread(self._core.own_files.links, entry.cell.request)
            if not self.is_running or entry.mark is not Mark.QUEUED:
                return
            if is_over(self._ledger.spent_usd + self._price_usd, self.approved_usd):
                self._halt(RunBroke(self._used_up))
                return
            job = self._posting = self._core.new_job(self._ledger.endpoint)
            self._entries.attach(entry, job)
            entry.reason = word = ""
            try:
                verdict = await self._send(entry, job, request)
            except CellTaken as taken:
                self._withdraw(entry, job)  # in case the other task cannot be read
                self._entries.attach(entry, self._adopted(taken.key))
                return
            except BudgetUsed:
                self._withdraw(entry, job)
                self._halt(RunBroke(f"{self._used_up}, with what another kernel bought for it"))
                return
            except SweepHalted as halted:
                self._withdraw(entry, job)
                word = halted.state
            except ActTwoError:
                self._withdraw(entry, job)
                raise
            finally:
                self._posting = None
                self._ledger.recount()
        if word:  # outside of the lock, which a cancel waits for
            await self._obey(word)
        else:
            self._judge(entry, verdict)

    def _withdraw(self, entry: Entry, job: Job) -> None:
        """Forget a task that was never sent."""
        self._core.drop_job(job)
        self._entries.detach(entry)

    def _adopted(self, key: str) -> Job:
        row = self._core.engine.history.find(key)
        if row is None:
            raise ActTwoError(f"The history names task {key} for a cell, but does not have it.")
        job = self._core.adopt(row)
        catch_up(self._core, job, row)
        return job

    @property
    def _used_up(self) -> str:
        return f"its budget of {usd(self.approved_usd)} is used up"

    async def _send(self, entry: Entry, job: Job, request: ActTwoRequest) -> Verdict:
        alike = self._entries.alike(entry)
        beside = tuple(other.job.state.key for other in alike if other.job is not None and other is not entry)
        name, replicate = self._ledger.name, entry.cell.replicate
        claim = CellClaim(name, replicate, entry.instead_of, self.approved_usd, beside)
        return await self._core.engine.submit(
            job,
            request,
            self._price_usd,
            account=self._core.account(self._core.config, self._price_usd),
            cell=claim,
            limits=_LIMITS,
            before_record=lambda verdict: self._take_back(entry, job, verdict),
        )

    def _take_back(self, entry: Entry, job: Job, verdict: Verdict) -> None:
        """Free a cell if any other would be refused now, too: it waits on, and nobody sees it as refused."""
        if isinstance(verdict, flow.Declined) and verdict.is_general:
            entry.instead_of = job.state.key
            self._entries.detach(entry)
            if self.state is SweepState.CANCELLED:
                self._entries.stop(entry, "the sweep was cancelled")

    def _judge(self, entry: Entry, verdict: Verdict) -> None:
        """Act on an answer's meaning for the remaining cells."""
        match verdict:
            case flow.Created():
                self._step(CellAccepted())
                return
            case flow.Doubtful():
                self._strike("answers were lost; each request may have been paid for", verdict.reason)
            case flow.Declined() if verdict.is_general:
                if self.is_running:
                    self._halt(RunBroke(verdict.message))
            case flow.Declined():
                self._stop_alike(entry, "it was refused")
                self._strike("cells were refused", verdict.message)
        self._trials.drop(entry)

    def _strike(self, what: str, reason: str) -> None:
        was_running = self.is_running
        self._step(CellStruck(what, reason, left=bool(self._entries.queued)))
        if was_running and not self.is_running:
            self._record()
            self._changed()

    def _note(self, entry: Entry) -> None:
        """Act on a task's end."""
        job = entry.job
        if job is None or not _has_ended(job):
            return
        self._leave_if_ended(entry)
        status = job.state.status
        if status is Status.FAILED:
            self._stop_alike(entry, "it failed")
        is_unblamed = status is Status.FAILED and not blamed(entry.cell.request, job.state)
        self._trials.end(entry, is_proof=status is Status.SUCCEEDED or is_unblamed)
        self._news.set()

    def _leave_if_ended(self, entry: Entry) -> None:
        if entry.inside and (entry.job is None or _has_ended(entry.job)):
            entry.inside = False
            self._slots.leave()

    def _stop_alike(self, failed: Entry, how: str) -> None:
        """Stop the waiting cells that would fail like this one."""
        if failed.job is None:
            return
        blame = blamed(failed.cell.request, failed.job.state)
        headline = advise(failed.job.state).headline
        fields = " and ".join(name.replace("_", " ") for name in blame)
        for entry in self._entries.queued:
            if shares(entry.cell.request, blame):
                self._entries.stop(
                    entry, f"cell {failed.cell.index + 1} has the same {fields}, and {how}: {headline}"
                )


def _has_ended(job: Job) -> bool:
    """Whether a task takes no place any more: it ended, or nobody here will learn of its end."""
    return job.state.status.is_terminal or not job.state.watching
