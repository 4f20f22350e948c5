"""The live view of a sweep: one model for all cells.

Two small traits say everything that changes: a few characters a cell, and the totals. A page compares them
with what it shows and draws only what is new. They are whole rather than deltas, because a page that was not
there, or came late, must not have to ask a kernel that is busy; for 200 cells that is about 1 KB, a few times
a second at the most. Posters, details and clips come by message, when a page asks for them.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from cometact_nb.domain.money import NO_MODEL
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.errors import ActTwoError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.once import Gate
from cometact_nb.views.base.output import in_background, page_folder
from cometact_nb.views.base.page_widget import PageWidget, plain_layout
from cometact_nb.views.base.pictures import small_jpeg
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.sweep.record import planned_html
from cometact_nb.views.sweep.traits import changing_of, grid_of
from cometact_nb.views.task.card import card_of
from cometact_nb.views.task.facts import CardFacts, live_of
from cometact_nb.views.task.settle import Settling, settling_of
from cometact_nb.views.task.widget import cancel, clip_piece, form_text, input_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.handles.sweep.sweep import Cell, Sweep
    from cometact_nb.handles.task import Task

__all__ = ["SweepWidget"]

#: Pixels, twice what a cell takes on the page; and bytes.
_POSTER_SIDE, _POSTER_MAX_BYTES = 288, 12_000
#: Posters in one message: pages ask for as many at a time.
_POSTERS = 24
#: The most views that may have a cell open; the oldest is forgotten.
_OPEN = 50
#: A sweep of more cells is drawn less often, so that its messages stay as small per second.
_MANY, _MANY_S = 2000, 1.0


class SweepWidget(PageWidget):
    """The live view of one sweep. Python owns its content, the ES module its look.

    Args:
        sweep: to show.
    """

    _esm: ClassVar[Any] = joined("sweep/sweep.js")
    _css: ClassVar[Any] = styles("base/gone.css", "task/status.css", "sweep/sweep.css")

    #: The place of each cell, see :func:`~cometact_nb.views.sweep.traits.grid_of`; changes with its cells.
    grid = traitlets.Dict().tag(sync=True)
    #: Each cell's state, see :func:`~cometact_nb.views.sweep.facts.cell_codes`.
    cells: Any = traitlets.List().tag(sync=True)
    #: Totals, and possible actions.
    head = traitlets.Dict().tag(sync=True)

    def __init__(self, sweep: Sweep) -> None:
        # First: a widget whose making failed is closed, too, when it is collected.
        self._stop_following: Callable[[], None] = lambda: None
        self._sweep = sweep
        self._gate = Gate()
        self._drawing = threading.RLock()
        self._drawn_at = float("-inf")
        #: The open cell of each view, and the last message about it.
        self._open: dict[str, tuple[int, Any]] = {}
        #: Those of cards in doubt that were shown, by the key of the task; held, so that a click counts once.
        self._settlings: dict[str, Settling] = {}
        super().__init__(grid=grid_of(sweep), **self._now(), layout=plain_layout())
        self.on_msg(self._receive)
        self._stop_following = sweep.add_listener(self._changed)

    def close(self) -> None:
        """Show no more changes, and release the browser's copy."""
        self._stop_following()
        super().close()

    @property
    def sweep(self) -> Sweep:
        """The sweep that it shows."""
        return self._sweep

    def draw(self) -> None:
        """Show the present sweep. Any thread may call it."""
        with self._drawing, self.hold_sync():  # one message
            if len(self._sweep) != len(self.cells):
                self.grid = grid_of(self._sweep)
            for name, value in self._now().items():
                setattr(self, name, value)
        self._drawn_at = time.monotonic()
        for view in list(self._open):
            self._tell_of_cell(view)

    def _changed(self, sweep: Sweep) -> None:
        early = len(sweep) > _MANY and time.monotonic() - self._drawn_at < _MANY_S
        if not early or sweep.state is not SweepState.RUNNING:
            self.draw()

    def _now(self) -> dict[str, Any]:
        return changing_of(self._sweep, self._gate.token, acting=self._gate.is_taken)

    # --- messages from the browser, on any thread: they are only handed over -------------------------

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict):
            return
        soon = self._sweep.session.call_soon
        match content:
            case {"type": "hello"}:
                soon(self.draw)
            case {"type": "act", "what": str(what), "token": int(token), "number": int(number)}:
                self.send({"type": "heard", "number": number})
                self._act(what, token, content.get("agreed"))
            case {"type": "posters", "view": str(view), "cells": list(wanted)}:
                soon(self._send_posters, view, wanted[:_POSTERS])
            case {"type": "open", "view": str(view), "cell": int(index)} if 0 <= index < len(self._sweep):
                soon(self._open_cell, view, index)
            case {"type": "close", "view": str(view)}:
                soon(self._open.pop, view, None)
            case {"type": "copy", "view": str(view), "cell": int(index), "form": str(form)} if (
                0 <= index < len(self._sweep)
            ):
                soon(self._tell_card, view, index, form_text, form)
            case {
                "type": "input",
                "view": str(view),
                "cell": int(index),
                "name": "character" | "reference" as name,
            } if 0 <= index < len(self._sweep):
                soon(self._tell_card, view, index, input_address, name)
            case {"type": "cancel", "view": str(view), "cell": int(index)} if 0 <= index < len(self._sweep):
                in_background(self._cancel_cell, view, index)
            case {
                "type": "settle",
                "view": str(view),
                "cell": int(index),
                "what": str(what),
                "token": int(token),
            } if 0 <= index < len(self._sweep):
                in_background(self._settle_cell, view, index, what, token, str(content.get("id", "")))
            case {
                "type": "clip",
                "view": str(view),
                "cell": int(index),
                "index": int(number),
                "offset": int(offset),
                "size": int(size),
            } if 0 <= index < len(self._sweep):
                in_background(self._send_piece, view, index, (number, offset, size))

    def _act(self, what: str, token: int, agreed: Any) -> None:
        """Act once for a click, from any view and however late."""
        if what == "pause":
            in_background(self._do, what, 0.0)  # it spends nothing, and may come twice
        elif what in {"run", "retry", "cancel"} and self._gate.take(token):
            amount = float(agreed) if isinstance(agreed, (int, float)) else 0.0
            question = self.head.get("actions", {}).get(what, {}).get("ask", "")
            in_background(self._take, what, amount, question)

    def _take(self, what: str, agreed: float, question: str) -> None:
        try:
            self._do(what, agreed, question)
        finally:
            self._gate.release()
            self._sweep.session.call_soon(self.draw)

    def _do(self, what: str, agreed: float, question: str = "") -> None:
        sweep = self._sweep
        try:
            if NO_MODEL in question:  # the page's user has read it
                sweep.buy_all_the_same()
            match what:
                case "pause":
                    sweep.pause()
                case "cancel":
                    self._note("Asking the service to cancel…")
                    sweep.cancel()
                case "run":
                    # The price that the page showed is the most it may cost.
                    sweep.run(max_cost=agreed)
                case "retry":
                    sweep.retry(max_cost=agreed)
            self._note("")
        except ActTwoError as error:
            self._note(words.message(error, 600))
        except Exception as error:
            self._note(f"This failed here ({type(error).__name__}); see the kernel's log.")
            raise

    def _note(self, text: str) -> None:
        self.send({"type": "note", "text": text})

    # --- what a page asks for: on the notifier's thread, but what may take long on one of its own -----

    def _send_posters(self, view: str, indexes: list[Any]) -> None:
        """Send small pictures of finished cells as buffers, which no notebook stores."""
        indices = [index for index in indexes if type(index) is int and 0 <= index < len(self._sweep)]
        pictures = [self._poster(self._sweep.cells[index]) for index in indices]
        self.send({"type": "posters", "view": view, "cells": indices}, pictures)

    def _poster(self, cell: Cell) -> bytes:
        clip = cell.job.state.clip if cell.job is not None else None
        return small_jpeg(clip.poster if clip else None, _POSTER_SIDE, _POSTER_MAX_BYTES)

    def _open_cell(self, view: str, index: int) -> None:
        while len(self._open) >= _OPEN:
            del self._open[next(iter(self._open))]
        self._open[view] = (index, None)
        self._tell_of_cell(view)

    def _tell_of_cell(self, view: str) -> None:
        """Send a view its open cell, if that has changed."""
        index, before = self._open.get(view, (None, None))
        if index is None:
            return
        now = self._details(self._sweep.cells[index])
        comparable = {**now, "live": {**now["live"], "elapsed": None}} if now["live"] else now
        if comparable != before:
            self._open[view] = (index, comparable)
            self.send({"type": "card", "view": view, "cell": index, **now})

    def _details(self, cell: Cell) -> dict[str, Any]:
        session, sandbox = self._sweep.session, self._sweep.sandbox
        if cell.job is None:
            return {"html": planned_html(cell, sandbox=sandbox), "live": None}
        facts = CardFacts(cell.job.state, time.time(), sandbox)
        html = card_of(facts, notebook_dir=page_folder(session), live=True)
        settle = self._settling(cell)
        live = {**live_of(facts), "settle": settle.facts() if settle else None}
        return {"html": html, "live": live}

    def _settling(self, cell: Cell) -> Settling | None:
        task = cell.task
        if task is None or not task.state.is_in_doubt:
            return None
        settling = self._settlings[task.key] = settling_of(task)
        return settling

    def _settle_cell(self, view: str, index: int, what: str, token: int, task_id: str) -> None:
        settling = self._settling(self._sweep.cells[index])
        outcome = settling.settle(what, token, task_id) if settling else "It is settled already."
        self.send({"type": "settled", "view": view, "cell": index, "text": outcome})
        self._tell_of_cell(view)

    def _tell_card(
        self, view: str, index: int, answer: Callable[[Task, str], dict[str, Any] | None], name: str
    ) -> None:
        """Answer a question from the card of a cell."""
        task = self._sweep.cells[index].task
        if task is not None and (content := answer(task, name)):
            self.send({**content, "view": view, "cell": index})

    def _cancel_cell(self, view: str, index: int) -> None:
        task = self._sweep.cells[index].task
        if task is not None and (note := cancel(task)):
            self.send({**note, "view": view})

    def _send_piece(self, view: str, index: int, piece: tuple[int, int, int]) -> None:
        task = self._sweep.cells[index].task
        answer, buffers = clip_piece(task, *piece) if task is not None else ({}, [])
        if answer:
            self.send({**answer, "view": view, "cell": index}, buffers)
