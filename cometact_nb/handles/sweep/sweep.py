"""A sweep: many requests that differ in a few fields, planned, bought once, watched and compared as one."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.arguments import check_flags, local_path
from cometact_nb.domain.doors import doors
from cometact_nb.domain.sweep.grid import expand, specify, with_more
from cometact_nb.domain.sweep.rules import checked_name, doubts
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.engine.notify import Listeners, Soon
from cometact_nb.engine.waits import Waits
from cometact_nb.errors import ActTwoError, ConfigError, HistoryError
from cometact_nb.handles.sweep.cell import Cell
from cometact_nb.handles.sweep.entries import Entries
from cometact_nb.handles.sweep.inputs import Inputs
from cometact_nb.handles.sweep.ledger import Ledger
from cometact_nb.handles.sweep.purchase import Purchase
from cometact_nb.handles.sweep.runner import Runner
from cometact_nb.handles.sweep.waiting import Waiting
from cometact_nb.handles.views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from pathlib import Path

    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.domain.sweep.rating import RoundRating
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.plan import Plan
    from cometact_nb.store.journal.sweeps import SweepRow

__all__ = ["Cell", "Sweep"]

#: The least seconds between two calls of a sweep's listeners.
_TELL_S = 0.4

#: Methods that the runner, the views and the session call.
_OF_ITS_PARTS = {
    "add_listener",
    "attach",
    "buy_all_the_same",
    "changed",
    "is_model_missing",
    "keep",
    "last_round",
    "leave",
    "look",
    "recorded",
    "recount",
}


@doors
class Sweep(Waiting):
    """A grid of requests, bought once. Made by :func:`sweep`, never directly.

    All attributes may be read from any thread.

    Args:
        session: buys and watches its tasks.
        spec: the specification.
        name: of the sweep, to find it again; None derives one from ``spec``.
        row: its record, for a sweep from the history.
    """

    def __init__(
        self, session: Core, spec: Spec, name: str | None = None, row: SweepRow | None = None
    ) -> None:
        planned = expand(spec)
        self.session = session
        self.name = checked_name(name) if name is not None else spec.default_name
        self.spec = spec
        self.axes = planned.axes
        self._entries = Entries(planned.cells)
        self.cells: tuple[Cell, ...] = self._handles()
        self._ledger = Ledger(session, self.name, spec, row)
        self._runner = Runner(self._entries, session, self._ledger, self._changed)
        requests = (entry.cell.request for entry in self._entries)
        self._purchase = Purchase(
            session,
            self._entries,
            self._ledger,
            self._runner,
            axes=self.axes,
            doubts=doubts(planned),
            inputs=Inputs(session, requests, lenient=spec.allow_unlisted),
        )
        self._growing = threading.Lock()
        self._listeners = Listeners[Sweep](self, session.call_soon)
        self._tell_later = Soon(_after_a_while, self._listeners.tell)
        self._waits = Waits(session.need_here, self._is_still, self._goes_on)

    @property
    def plan(self) -> Plan:
        """The effect of :meth:`run` now. Reading it looks cells up in the history and waits for inspections.

        Raises:
            HistoryError: the history could not be read.
        """
        self.look()
        return self._purchase.plan(self._entries.to_buy(), self.session.look_up_price())

    @property
    def is_model_missing(self) -> bool:
        """Whether a purchase needs a yes since the service had no channel for the model within the hour."""
        return self._ledger.is_model_missing

    def buy_all_the_same(self) -> None:
        """Take note that a page's user has read that, and buys nevertheless."""
        self._ledger.buy_all_the_same()

    # --- what can be done --------------------------------------------------------------------------

    def look(self) -> Sweep:
        """Find in the history which cells are bought, here or by another kernel, and watch running tasks.

        Raises:
            HistoryError: the history could not be read.
        """
        self.session.run(self._look())
        return self

    def extend(self, rows: Any) -> Sweep:
        """Add cells, which :meth:`run` buys; nothing is sent now. Cells that are there keep their places.

        A row whose video the sweep has already adds nothing, so that a notebook may run the same line again.
        Once one of its cells was bought, :func:`sweep_by_name` finds the added ones, too. A kernel that
        had the sweep before buys only those that it named itself.

        Args:
            rows: a table, as :func:`sweep` takes it. A row sets the fields in which it differs; it has the
                others from what all cells share.

        Returns:
            this sweep.

        Raises:
            RequestError: a row makes no request; nothing was added.
            ConfigError: cells of the sweep are being bought, here or in another kernel.
            HistoryError: the cells could not be recorded; nothing was added.
        """
        more = specify({}, table=rows, allow_unlisted=self.spec.allow_unlisted)
        linked = self.session.own_files.spec(more).rows or []
        with self._growing:  # of two threads, each adds to what the other has added
            spec = with_more(self.spec, linked)
            if spec != self.spec:
                self.session.run(self._widen(spec))
                self.look()
        return self

    def run(self, max_cost: float | None = None, *, yes: bool = False, canary: bool | None = None) -> Sweep:
        """Buy the cells that have not been bought, in the background, and return at once.

        Args:
            max_cost: US dollars that the sweep may cost in all, with its cost so far: a hard stop, counted
                before each request.
            yes: buy also above ``ask_above``, after a ``model_not_found``, or as many as ``max_cost`` allows.
            canary: send one cell of each pair of inputs first, and the others after its success. None does so
                for more than four cells.

        Returns:
            this sweep.

        Raises:
            RequestError: an input is bad; nothing was sent.
            ApprovalNeeded: it costs more than its limit without approval; nothing was sent.
            BudgetError: it costs more than ``max_cost`` or ``configure(max_spend=…)``; nothing was sent.
            ConfigError: no key, or another service is configured; nothing was sent.
        """
        check_flags(yes=yes, canary=canary)
        self.look()
        self._purchase.start(self._entries.to_buy(), max_cost, yes=yes, canary=canary)
        return self._waited()

    def resume(self) -> Sweep:
        """Go on if the sweep was running when its kernel ended, within the approved cost.

        Unlike :meth:`run` it raises nothing: the reason why it cannot go on is its :attr:`problem`.
        """
        if self._purchase.resume():
            with suppress(ActTwoError):  # it becomes the sweep's problem, too
                self._waited()
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
            failed: cells that failed or were refused, and those that were stopped with them.
            cancelled: cells that were cancelled.
            forgotten: cells that you gave up with ``.forget()``.
            doubtful: cells that may have been bought: their answer was lost, or the service does not know the
                id that it gave. **They may be paid for twice.**
            max_cost: see :meth:`run`.
            yes: see :meth:`run`.

        Returns:
            this sweep.

        Raises:
            ActTwoError: see :meth:`run`.
        """
        check_flags(failed=failed, cancelled=cancelled, forgotten=forgotten, doubtful=doubtful, yes=yes)
        self.look()
        again = self._entries.again(
            failed=failed, cancelled=cancelled, forgotten=forgotten, doubtful=doubtful
        )
        self._purchase.start(again, max_cost, yes=yes, canary=self._ledger.canary)
        return self._waited()

    def pause(self) -> Sweep:
        """Buy no more for now, in any kernel; :meth:`run` goes on. Tasks at the service go on.

        Another kernel that buys for the sweep stops within two seconds.
        """
        self.session.run(self._pause())
        return self

    def cancel(self) -> Sweep:
        """Buy no more, in any kernel, and ask the service to cancel unfinished tasks.

        Another kernel that buys for the sweep stops within two seconds.

        Raises:
            ActTwoError: the service did not cancel all; it says why.
        """
        refusals = self.session.run(self._cancel())
        if refusals:
            raise ActTwoError(f"{len(refusals)} tasks were not cancelled: {refusals[0]}")
        return self

    def gallery(self, rows: str | None = None, columns: str | None = None) -> Any:
        """Show the clips side by side, played frame by frame together.

        Args:
            rows: the axis down the side; None picks one.
            columns: the axis across; None picks one.

        Returns:
            a widget; show it by naming it at the end of a cell.

        Raises:
            ConfigError: the sweep has no such axis.
        """
        return views().gallery(self, rows, columns)

    def export(
        self,
        folder: str | PathLike[str],
        *,
        overwrite: bool = False,
        cells: Sequence[Cell] | None = None,
        divider: bool = False,
        reference: bool = True,
        width: int = 1920,
        progress: Callable[[float], None] | None = None,
    ) -> Path:
        """Write a report, a film, or a picture.

        A folder's name gives a report that needs only a browser: a page, the clips, a CSV. A name with
        ``.mp4`` gives a film of the clips in step, each with its label (H.264, at most 3840×2160), with the
        reference's picture and sound where it can be had; one with ``.png`` a picture of them. An interrupt
        leaves no file. Films need the extra ``video``.

        Args:
            folder: made if missing; relative to the notebook's folder.
            overwrite: replace an earlier report in it, or the file.
            cells: for a film or a picture: those to show, in this order; None shows all.
            divider: for a film of two cells: lay both over each other, with a divider that moves.
            reference: for a film or a picture: show the reference of the first cell, and take its sound.
            width: of a film or a picture, 160–3840 pixels; less where it would be more than 2160 high.
            progress: called with the share of a film that is done, 0–1, in place of the bar.

        Returns:
            the path of the page or the file; at the end of a cell, a report's is a link.

        Raises:
            ConfigError: the folder holds something else, the file is there, an argument cannot be used, no
                clip can be played, or the extra is missing.
        """
        check_flags(overwrite=overwrite, divider=divider, reference=reference)
        return views().export(
            self,
            local_path("folder", folder),
            overwrite=overwrite,
            cells=cells,
            divider=divider,
            reference=reference,
            width=width,
            progress=progress,
        )

    def __dir__(self) -> list[str]:
        """List the names for users, without those for the package's own modules."""
        return sorted(set(super().__dir__()) - _OF_ITS_PARTS)

    def add_listener(self, callback: Callable[[Sweep], object]) -> Callable[[], None]:
        """Call ``callback(sweep)`` at once and after changes, on a background thread.

        Fast changes lead to a few calls a second at most.

        Args:
            callback: called with this sweep.

        Returns:
            a function that removes the listener.
        """
        return self._listeners.add(callback)

    def leave(self) -> None:
        """End all waits: the session is closed."""
        self._waits.leave()

    # --- inside ------------------------------------------------------------------------------------

    def _ratings_of(self, key: str) -> tuple[RoundRating, ...]:
        return self._ledger.ratings.get(key, ())

    def _changed(self) -> None:
        """Settle waits now and call listeners soon, after a change. On the engine's loop."""
        if self._runner.is_running or self._entries.at_work:
            self._tell_later()
        else:
            self._listeners.tell()  # before waits end, since they let views draw everything up to now
            self._waits.end()

    def _handles(self, first: int = 0) -> tuple[Cell, ...]:
        entries = islice(self._entries, first, None)
        return tuple(Cell(self.session, entry, self._ratings_of) for entry in entries)

    async def _widen(self, spec: Spec) -> None:
        recorded, planned = self._ledger.recorded(), expand(spec)
        goes_on = recorded is not None and recorded[0] == SweepState.RUNNING
        if self._runner.is_running or (
            goes_on and not self._ledger.has_recorded([cell.key for cell in planned.cells])
        ):
            raise ConfigError(
                f"Sweep {self.name!r} is being bought, so it takes no more cells now. Wait until all are "
                "sent, or pause() it; then run() buys the new ones with those that are left."
            )
        self._ledger.widen(spec, recorded)
        self.spec, self.axes = spec, planned.axes
        self._entries.widen(planned.cells)
        self._purchase.widen(planned.axes, doubts(planned))
        self._runner.widen()
        self.cells = (*self.cells, *self._handles(len(self.cells)))
        self._changed()

    async def _look(self) -> None:
        self._ledger.look_up(self._entries)
        self._changed()

    async def _pause(self) -> None:
        self._runner.pause()
        self._ledger.stop_elsewhere(SweepState.PAUSED)

    async def _cancel(self) -> list[str]:
        self._runner.stop()
        self._ledger.stop_elsewhere(SweepState.CANCELLED)
        with suppress(HistoryError):  # then tasks of another kernel are unknown here, and go on
            await self._look()
        return await self._runner.cancel()

    def _waited(self) -> Sweep:
        return self.wait() if self.session.config.wait else self

    def __len__(self) -> int:
        return len(self.cells)

    def _display_(self) -> Any:
        """Return what marimo shows, by its protocol for objects."""
        return views().widget(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        mark = " · sandbox" if self.sandbox else ""
        return f"<Sweep {self.name!r}: {len(self.cells)} cells, {self.state} · {counts}{mark}>"


def _after_a_while(work: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_later(_TELL_S, work)
