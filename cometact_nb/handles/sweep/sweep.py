"""A sweep: many requests that differ in a few fields, planned, bought once, watched and compared as one.

Longer than other modules, since it is the whole of what a user may do with a sweep, and half of it is that
reference. What it decides stands elsewhere: `domain/sweep`, `sweep_choice`, `sweep_plan`; `sweep_run` buys.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.domain.doors import doors
from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.sweep.grid import expand
from cometact_nb.domain.sweep.rating import NO_RATING, Rating
from cometact_nb.domain.sweep.rules import FAILED, IN_DOUBT, assign, doubts
from cometact_nb.domain.task import Status
from cometact_nb.engine.notify import Listeners, Soon
from cometact_nb.engine.waits import Waits
from cometact_nb.errors import (
    ActTwoError,
    ConfigError,
    HistoryError,
    RequestError,
    SweepPaused,
)
from cometact_nb.handles.sweep.cell import Cell, row
from cometact_nb.handles.sweep.choice import Choice, may_be_served, see
from cometact_nb.handles.sweep.inputs import Inputs
from cometact_nb.handles.sweep.noise import map_clips, noise_floor
from cometact_nb.handles.sweep.plan import Approval, Plan, approve, check_max_spend
from cometact_nb.handles.sweep.runner import Entry, Runner, catch_up
from cometact_nb.handles.table import frame_of
from cometact_nb.handles.views import views
from cometact_nb.store.journal import sweeps as store

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from os import PathLike
    from pathlib import Path

    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.noise import Executor, NoiseFloor

__all__ = ["Cell", "Sweep"]

log = logging.getLogger("cometact_nb")

R = TypeVar("R")

#: Views are told of a change at most this often, seconds.
_TELL_S = 0.4

#: Methods that the runner, the views and the session call.
_OF_ITS_PARTS = {"add_listener", "attach", "changed", "keep", "leave", "look", "recorded", "recount"}


@doors
class Sweep:
    """A grid of requests, bought once. Made by :func:`sweep`, never directly.

    All attributes may be read from any thread.

    Args:
        session: buys and watches its tasks.
        spec: what was asked for.
        name: under which it is found again; None derives one from ``spec``.
        kept: the sweep as the history has it, when it was found there.
    """

    def __init__(
        self, session: Core, spec: Spec, name: str | None = None, kept: store.SweepRow | None = None
    ) -> None:
        planned = expand(spec)
        config = session.config
        self.session = session
        self.name = _checked_name(name) if name is not None else spec.default_name
        self.spec = spec
        self.axes = planned.axes
        self.ratings: dict[str, Rating] = {}
        self.base_url = config.base_url if kept is None else kept.base_url
        here = self.base_url == config.base_url
        in_sandbox = kept is not None and kept.sandbox
        self.endpoint = config.endpoint if here else Endpoint(self.base_url, sandbox=in_sandbox)
        self._entries = [Entry(cell) for cell in planned.cells]
        self.cells: tuple[Cell, ...] = tuple(Cell(session, entry, self._rating_of) for entry in self._entries)
        self._doubts = doubts(planned)
        self._terms = kept.terms if kept is not None else store.Terms(state="planned")
        #: Why what was approved does not hold here; empty when it does.
        self._doubt = kept.doubt if kept is not None else ""
        self._canary = self._terms.canary
        self._approval = Approval(self._terms.approved_usd, self._terms.agreed_usd)
        self._spent_usd = 0.0
        self._elsewhere_usd = 0.0
        self._runner = Runner(self, session, self._entries)
        self._choice = Choice(self._entries, lambda: self._runner.state == "running")
        self._inputs = Inputs(
            session, (entry.cell.request for entry in self._entries), lenient=spec.allow_unlisted
        )
        self._listeners = Listeners[Sweep](self, session.call_soon)
        self._tell_later = Soon(_after_a_while, self._listeners.tell)
        self._waits = Waits(session.need_here, self._is_still, self._goes_on)

    # --- what is known -----------------------------------------------------------------------------

    @property
    def sandbox(self) -> bool:
        """Whether it runs in the sandbox, where nothing is billed."""
        return self.endpoint.sandbox

    @property
    def state(self) -> str:
        """``"planned"``, ``"running"``, ``"paused"``, ``"cancelled"``, ``"finished"`` or ``"unfinished"``.

        The last one means that all was sent, and that a task is watched no more before its end is known.
        """
        state = self._runner.state
        if state == "planned" and all(entry.job is not None for entry in self._entries):
            state = "bought"
        if state == "bought" and not self._is_settled():
            return "running"
        if state == "bought":
            return "unfinished" if self._unwatched() else "finished"
        return state

    @property
    def problem(self) -> str:
        """Why it is paused or unfinished, in words; an empty string when the user paused it, or it is not."""
        if not self._runner.problem and self.state == "unfinished":
            return self._why_unfinished()
        return self._runner.problem

    @property
    def spent_usd(self) -> float:
        """What it has cost so far, US dollars, by the prices its tasks were bought at."""
        return self._spent_usd

    @property
    def approved_usd(self) -> float:
        """What it may cost in all, US dollars: what the user agreed to, or what went without a yes."""
        return self._terms.approved_usd

    @property
    def plan(self) -> Plan:
        """What :meth:`run` would do now. Looks the cells up in the history, and waits for the inspections.

        Raises:
            HistoryError: the history could not be read.
        """
        self.look()
        return self._plan(self._choice.wanted(), self.session.config)

    def to_buy(self, *, retry: bool = False) -> int:
        """How many cells :meth:`run` (or :meth:`retry`) would send now, as far as is known; asks nobody.

        Args:
            retry: those of ``retry()``, which pays again, instead of those of ``run()``.
        """
        return len(self._choice.again() if retry else self._choice.wanted())

    @property
    def counts(self) -> Counter[str]:
        """How many cells there are of each status."""
        return Counter(cell.status for cell in self.cells)

    # --- what can be done --------------------------------------------------------------------------

    def look(self) -> Sweep:
        """Find in the history what cells have been bought, here or by another kernel, and watch what runs.

        Raises:
            HistoryError: the history could not be read.
        """
        self.session.run(self._find_out())
        return self

    def run(self, max_cost: float | None = None, *, yes: bool = False, canary: bool | None = None) -> Sweep:
        """Buy the cells that have not been bought, in the background, and return at once.

        Args:
            max_cost: US dollars that the sweep may cost in all, what it has cost so far included: a hard
                stop, counted before each request.
            yes: buy also above ``configure(ask_above=…)``, or as many cells as ``max_cost`` allows.
            canary: send one cell of each pair of inputs ahead and the others when it ended well. None does so
                for more than four cells.

        Returns:
            this sweep.

        Raises:
            RequestError: an input is bad; nothing was sent.
            ApprovalNeeded: it costs more than goes without a yes; nothing was sent.
            BudgetError: it costs more than ``max_cost`` or ``configure(max_spend=…)``; nothing was sent.
            ConfigError: no key, or another service is configured; nothing was sent.
        """
        self.look()
        return self._start(self._choice.wanted(), max_cost, yes=yes, canary=canary)

    def resume(self) -> Sweep:
        """Go on by itself if the sweep was running when its kernel ended, within what was approved then.

        Unlike :meth:`run` it raises nothing: what keeps it from going on is its :attr:`problem`.
        """
        wanted = self._choice.wanted()
        if self._terms.state != "running" or self._runner.state == "running" or not wanted:
            return self
        if self._doubt:
            cost = self.session.config.price.estimate(len(wanted))
            self._runner.hold(_asks(self._doubt, self.name, len(wanted), cost))
            return self
        try:
            self._start(wanted, canary=self._canary, approved=self._approval)
        except ActTwoError as error:
            self._runner.problem = str(error)
        return self

    def retry(
        self,
        *,
        failed: bool = True,
        cancelled: bool = False,
        forgotten: bool = False,
        doubtful: bool = False,
        max_cost: float | None = None,
        yes: bool = False,
    ) -> Sweep:
        """Buy cells again that ended without a video, and **pay for them again**.

        A cell in doubt (``UNCONFIRMED``, ``NOT_FOUND``) is among them only with ``doubtful=True``. Look for
        it in the vendor's log first, and settle it with ``cell.task.confirm(…)`` or ``.forget()``.

        Args:
            failed: those that failed or were refused, and those that were stopped with them.
            cancelled: those that were cancelled.
            forgotten: those that you gave up with ``.forget()``.
            doubtful: those that may have been bought: their answer was lost, or the service does not know the
                id that it gave. **They may be paid for twice.**
            max_cost: as in :meth:`run`.
            yes: as in :meth:`run`.

        Returns:
            this sweep.

        Raises:
            ActTwoError: as :meth:`run`.
        """
        self.look()
        again = self._choice.again(failed=failed, cancelled=cancelled, forgotten=forgotten, doubtful=doubtful)
        return self._start(again, max_cost, yes=yes, canary=self._canary)

    def pause(self) -> Sweep:
        """Buy no more for now, in whichever kernel; :meth:`run` goes on. Tasks at the service go on.

        Another kernel that buys for the sweep stops within two seconds.
        """
        self.session.run(self._pause())
        return self

    def cancel(self) -> Sweep:
        """Buy no more, in whichever kernel, and ask the service to cancel what has not ended.

        Another kernel that buys for the sweep stops within two seconds.

        Raises:
            ActTwoError: the service did not cancel all; it says why.
        """
        refusals = self.session.run(self._cancel())
        if refusals:
            raise ActTwoError(f"{len(refusals)} tasks were not cancelled: {refusals[0]}")
        return self

    def wait(self, timeout_s: float | None = None) -> Sweep:
        """Wait until every cell has ended. A cell that failed raises nothing; see ``cells``.

        Args:
            timeout_s: seconds to wait at the most; None waits for as long as it takes.

        Returns:
            this sweep.

        Raises:
            SweepPaused: cells are left that nothing will send by itself.
            WaitTimeout: ``timeout_s`` ran out; the sweep goes on.
            WaitInterrupted: the user interrupted; the sweep goes on.
        """
        self._waits.wait(timeout_s)
        self.session.flush()
        self._raise_if_left()
        return self

    def __await__(self) -> Generator[Any, None, Sweep]:
        """``await sweep``: as :meth:`wait`, leaving the kernel free. An interrupt ends the wait only."""
        return self._wait_async().__await__()

    async def _wait_async(self) -> Sweep:
        await self._waits.wait_async()
        await asyncio.to_thread(self.session.flush)
        self._raise_if_left()
        return self

    def rate(
        self,
        cell: Cell,
        *,
        stars: int | None = None,
        favourite: bool | None = None,
        note: str | None = None,
        blind: bool = False,
    ) -> Rating:
        """Keep what you think of a cell's clip. What is None stays as it was; ``stars=0`` takes them back.

        Stars given blind and stars given openly stand beside each other; neither replaces the other.

        Args:
            cell: one of ``cells`` with a task.
            stars: 1–5, or 0 for none.
            favourite: mark it as one.
            note: free text, up to 2,000 characters.
            blind: the stars were given with the parameters hidden.

        Returns:
            the rating as it is kept now.

        Raises:
            ConfigError: no task yet, or a value that is no rating.
            HistoryError: it could not be kept.
        """
        job = cell.job
        if job is None:
            raise ConfigError(f"Cell {cell.index + 1} has no clip yet, so there is nothing to rate.")
        now = time.time()
        rating = cell.rating.changed(stars=stars, favourite=favourite, note=note, blind=blind, now=now)

        async def keep() -> None:
            store.set_rating(self.session.engine.history, job.state.key, rating)
            self.ratings[job.state.key] = rating
            self.changed()

        self.session.run(keep())
        return rating

    def to_rows(self) -> list[dict[str, Any]]:
        """One mapping a cell: its parameters, what became of it, where its clip is, and its rating."""
        return [row(cell) for cell in self.cells]

    def to_frame(self) -> Any:
        """The same as a pandas DataFrame.

        Raises:
            ConfigError: pandas is not installed.
        """
        return frame_of(self.to_rows())

    def map(self, fn: Callable[[Clip], R], executor: Executor | None = None) -> list[R | None]:
        """``fn(clip)`` for each cell, in the order of ``cells``; None for a cell without a clip.

        Args:
            fn: called with a :class:`Clip`. For other processes it must be importable there, and so must
                what it returns; for other machines the clips' folder must be mounted at the same path.
            executor: any of ``concurrent.futures``, Dask's ``client.get_executor()``, ipyparallel's
                ``client.load_balanced_view().executor``. None calls ``fn`` here, one clip after the other.

        Returns:
            what ``fn`` returned.

        Raises:
            ConfigError: an executor that has no ``submit``. What ``fn`` raises comes through, with a note
                that names the clip, when all the others have ended.
        """
        return map_clips(fn, [cell.clip for cell in self.cells], executor)

    def noise_floor(self, distance: Callable[[Clip, Clip], float] | None = None) -> NoiseFloor:
        """How far each knob moves the clips, against how far they differ by chance.

        Args:
            distance: of two clips, ≥ 0; None takes the mean absolute difference of their frames, 0–255.

        Returns:
            a table; ``to_rows()`` gives it as numbers.
        """
        return noise_floor([(cell.params, cell.replicate, cell.clip) for cell in self.cells], distance)

    def gallery(self, rows: str | None = None, columns: str | None = None) -> Any:
        """The clips side by side, played frame by frame together.

        Args:
            rows: the swept field down the side; None picks one.
            columns: the swept field across; None picks one.

        Returns:
            a widget; show it by naming it at the end of a cell.

        Raises:
            ConfigError: a field that is not swept.
        """
        return views().gallery(self, rows, columns)

    def export(self, folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write a report that needs nothing but a browser: a page, the clips, a CSV.

        Args:
            folder: made if missing; relative to the notebook's folder.
            overwrite: replace an earlier report in it.

        Returns:
            the page's path; at the end of a cell, a link to it.

        Raises:
            ConfigError: the folder holds something else.
        """
        return views().export(self, folder, overwrite=overwrite)

    def __dir__(self) -> list[str]:
        """List what a user asks of a sweep; what its own parts ask of it is not completed."""
        return sorted(set(super().__dir__()) - _OF_ITS_PARTS)

    def add_listener(self, callback: Callable[[Sweep], object]) -> Callable[[], None]:
        """Call ``callback(sweep)`` at once and after changes, on a background thread.

        Changes that follow fast on each other are told a few times a second at the most.

        Args:
            callback: called with this sweep.

        Returns:
            a function that removes the listener.
        """
        return self._listeners.add(callback)

    def leave(self) -> None:
        """Let waits end: the session is closed."""
        self._waits.leave()

    # --- what the runner asks for, on the engine's loop ---------------------------------------------

    def _rating_of(self, key: str) -> Rating:
        return self.ratings.get(key, NO_RATING)

    def attach(self, entry: Entry, job: Job) -> None:
        """``job`` is the task of a cell from now on."""
        entry.job = job
        job.listeners.add(partial(self._job_changed, entry))

    def changed(self) -> None:
        """Something is new: settle waits now, tell listeners soon."""
        if self._is_still():
            self._listeners.tell()  # before waits end, which let views draw what came before
            self._waits.end()
        else:
            self._tell_later()

    def keep(self, state: str) -> None:
        """Record where the run stands."""
        terms = store.Terms(
            state=state,
            approved_usd=self._approval.approved_usd,
            agreed_usd=self._approval.agreed_usd,
            problem=self._runner.problem or None if state == "paused" else None,
            canary=self._canary,
            sandbox=self.sandbox,
        )
        store.save(self.session.engine.history, self.name, self.base_url, self.spec, terms)
        self._terms = terms  # only now: what could not be recorded does not go on by itself

    def recorded(self) -> tuple[str, str | None] | None:
        """State and problem as any kernel has recorded them last."""
        return store.state_of(self.session.engine.history, self.name, self.base_url)

    def recount(self) -> None:
        """Learn anew from the history what the sweep has cost, whichever kernels bought for it."""
        try:
            self._spent_usd = store.cost_usd(self.session.engine.history, self.name, self.base_url)
        except HistoryError as error:
            log.warning("what sweep %r has cost could not be counted anew: %s", self.name, error)

    # --- inside ------------------------------------------------------------------------------------

    def _job_changed(self, entry: Entry, job: Job) -> None:
        if entry.job is job:
            self._runner.note(entry)

    async def _pause(self) -> None:
        self._runner.pause()
        self._stop_elsewhere("paused")

    async def _cancel(self) -> list[str]:
        self._runner.stop()
        self._stop_elsewhere("cancelled")
        with suppress(HistoryError):  # then what another kernel has sent is not known, and goes on
            await self._find_out()
        return await self._runner.cancel()

    def _stop_elsewhere(self, state: str) -> None:
        """Record that the user stops the sweep, for another kernel that runs it."""
        recorded = self.recorded()
        if recorded is not None and recorded[0] == "running":
            store.stop(self.session.engine.history, self.name, self.base_url, state)

    async def _find_out(self) -> None:
        history = self.session.engine.history
        identities = {entry.cell.identity for entry in self._entries}
        found = store.owned(history, self.base_url, identities)
        rows = {row.owned.state.key: row for row in found}
        served = assign((entry.cell for entry in self._entries), [row.owned for row in found])
        for entry in self._entries:
            owner = served.get(entry.cell.key)
            if owner is None or self._choice.is_coming(entry):
                continue
            row = rows[owner.state.key]
            if entry.job is not None and entry.job.state.key == owner.state.key:
                catch_up(self.session, entry.job, row.row)
            elif may_be_served(entry, owner.state.key):
                entry.reused = row.sweep != self.name
                entry.signed_anew = owner.content_hash not in {None, entry.cell.request.content_hash}
                self.attach(entry, self.session.adopt(row.row))
        self.recount()
        self._elsewhere_usd = store.unagreed_elsewhere(history, self.name, self.base_url, identities)
        keys = [entry.job.state.key for entry in self._entries if entry.job is not None]
        self.ratings.update(store.ratings(history, keys))
        self.changed()

    def _plan(self, wanted: Sequence[Entry], config: Config) -> Plan:
        counts = self.counts
        unfinished = sum(
            1 for entry in self._entries if entry.job is not None and not entry.job.state.status.is_terminal
        )
        seen = self._inputs.findings()
        errors = [found for found in seen if found.severity == "error"]
        warnings = [found for found in seen if found not in errors]
        left = len(self._choice.without_task())
        return Plan(
            name=self.name,
            axes=self.axes,
            cells=len(self._entries),
            done=counts[Status.SUCCEEDED],
            running=unfinished,
            failed=sum(counts[status] for status in FAILED),
            forgotten=counts[Status.FORGOTTEN],
            unconfirmed=counts[Status.UNCONFIRMED],
            not_found=counts[Status.NOT_FOUND],
            stopped=max(0, left - sum(1 for entry in wanted if entry.job is None)),
            to_buy=len(wanted),
            queued=sum(self._choice.is_coming(entry) for entry in self._entries),
            price=config.price,
            spent_usd=self.spent_usd,
            agreed_usd=self._approval.agreed_usd,
            elsewhere_usd=self._elsewhere_usd,
            signed_anew=sum(entry.signed_anew for entry in self._entries),
            waiting=self._waiting(wanted),
            warnings=(*self._doubts, *warnings),
            errors=tuple(errors),
            sandbox=self.sandbox,
            ask_above=config.ask_above,
        )

    def _waiting(self, wanted: Sequence[Entry]) -> tuple[str, ...]:
        """Each cell in doubt, and why."""
        why = {
            Status.UNCONFIRMED: "was sent, and its answer was lost",
            Status.NOT_FOUND: "was accepted, and the service does not know its id",
        }
        return tuple(
            f"cell {entry.cell.index + 1} ({entry.job.state.id or entry.job.state.key}"
            f"{', submitted alone' if entry.reused else ''}) {why[entry.job.state.status]}"
            for entry in self._entries
            if entry.job is not None and entry.job.state.status in IN_DOUBT and entry not in wanted
        )

    def _start(
        self,
        wanted: list[Entry],
        max_cost: float | None = None,
        *,
        yes: bool = False,
        canary: bool | None,
        approved: Approval | None = None,
    ) -> Sweep:
        """Buy cells within what is approved for them; ``approved`` is what was approved earlier for them."""
        seen = {entry: see(entry) for entry in wanted}
        config = self.session.config  # once: the price that is agreed to is that of the service checked
        if wanted:
            plan = self._plan(wanted, config)
            if plan.errors:
                raise RequestError(plan.errors)
            self._check_service(wanted, config)
            check_max_spend(plan, config.max_spend, self.session.engine.spent_usd, yes=yes)
            approved = approved or approve(plan, self._approval, max_cost, yes=yes)
        approval = approved or self._approval

        async def begin() -> None:
            self.recount()
            self._record_approval(approval, canary)
            # Another thread may have begun the same meanwhile: what it buys is not bought again.
            left = [entry for entry, before in seen.items() if self._choice.as_seen(entry, before)]
            self._runner.start(
                left,
                price_usd=config.price.usd_per_request if wanted else None,
                approved_usd=approval.approved_usd,
                canary=canary,
            )

        self.session.run(begin())
        if config.wait:
            self.wait()
        return self

    def _record_approval(self, approval: Approval, canary: bool | None) -> None:
        """Put on disk what is agreed to, before the first request, so that any kernel can go on.

        Raises:
            HistoryError: it could not be recorded, and so it does not hold.
        """
        before = self._approval, self._canary
        self._approval, self._canary = approval, canary
        try:
            self.keep("running")
        except BaseException:
            self._approval, self._canary = before
            raise
        self._doubt = ""

    def _check_service(self, wanted: Sequence[Entry], config: Config) -> None:
        """Raise what the first request would be refused for."""
        if config.base_url != self.base_url:
            cure = "Configure that service again, or make a new sweep."
            if self.sandbox:
                cure = (
                    "That was a sandbox, which ends with its kernel: make a new sweep. If it was started by "
                    f"cometact-nb sandbox and still runs: act.use_sandbox(speed, url={self.base_url!r})."
                )
            raise ConfigError(
                f"Sweep {self.name!r} belongs to {self.base_url}, but new requests go to {config.base_url}. "
                f"{cure}"
            )
        self.endpoint = config.endpoint
        for request in {entry.pair: entry.cell.request for entry in wanted}.values():
            self.session.check(request)

    def _is_settled(self) -> bool:
        """Whether no task of it is under way."""
        return all(entry.job is None or entry.job.state.is_settled for entry in self._entries)

    def _is_still(self) -> bool:
        """Whether nothing more happens by itself."""
        return self._runner.state != "running" and self._is_settled()

    def _unwatched(self) -> list[TaskState]:
        """Tasks that nobody asks about any more, and whose end is not known."""
        jobs = [entry.job for entry in self._entries if entry.job is not None]
        return [job.state for job in jobs if not job.state.watching and not job.state.status.is_terminal]

    def _why_unfinished(self) -> str:
        left = self._unwatched()
        many = "1 task is" if len(left) == 1 else f"{len(left)} tasks are"
        why = next((state.problem for state in left if state.problem), None)
        return f"{many} watched no more{f' ({why})' if why else ''}; act.resume() asks again"

    def _raise_if_left(self) -> None:
        if self.state == "unfinished":
            raise SweepPaused(f"Sweep {self.name!r} is unfinished: {self._why_unfinished()}.", self)
        left = [cell for cell in self.cells if cell.status in {"PLANNED", "QUEUED"}]
        if not left or self.state == "cancelled":
            return
        why = f"is paused: {self.problem}" if self.problem else f"is {self.state}"
        raise SweepPaused(
            f"Sweep {self.name!r} {why.rstrip('.')}. {len(left)} cells were not bought; sweep.run() goes on.",
            self,
        )

    def _goes_on(self, what: str) -> str:
        return (
            f"Sweep {self.name!r} {what}; the sweep itself goes on. "
            f"act.sweep_by_name({self.name!r}) finds it again."
        )

    def __len__(self) -> int:
        return len(self.cells)

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        mark = " · sandbox" if self.sandbox else ""
        return f"<Sweep {self.name!r}: {len(self.cells)} cells, {self.state} · {told}{mark}>"


def _after_a_while(work: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_later(_TELL_S, work)


def _asks(doubt: str, name: str, cells: int, cost: str) -> str:
    """Why a sweep waits for its user's word, and how to give it."""
    return (
        f"{doubt[:1].upper()}{doubt[1:]}. So nothing is bought by itself; the {cells} cells that are left "
        f"cost {cost}. act.sweep_by_name({name!r}).run(yes=True) buys them, .run(max_cost=…) up to an amount."
    )


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or len(name) > 100 or not name.isprintable():  # noqa: PLR2004
        raise ConfigError(f"name={name!r} is no name for a sweep. Give up to 100 printable characters.")
    return name.strip()
