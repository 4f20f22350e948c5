"""The gallery's widget: one model for all clips of a sweep, played frame by frame together."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.errors import ActTwoError
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import in_background, widget_data
from cometact_nb.views.base.page_widget import PageWidget, plain_layout
from cometact_nb.views.base.pieces import read_piece
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.base.view_mime import sweep_key
from cometact_nb.views.gallery import record as gallery_record
from cometact_nb.views.gallery.facts import axis_facts, cell_facts, first_choice, places, references

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["Gallery"]

_FILES = {"clip", "poster"}
#: Cells in one message: some 300 bytes each.
_TOLD_AT_ONCE = 500


class Gallery(PageWidget):
    """The clips of a sweep side by side. Made by :meth:`cometact_nb.Sweep.gallery`.

    It is live: clips come as they are done. Stars, favourites and notes are kept in the history, by clip, and
    stand in ``sweep.to_rows()``.

    Args:
        sweep: what to show.
        rows: the axis down the side, None to pick one.
        columns: the axis across, None to pick one.

    Raises:
        ConfigError: the sweep has no such axis.
    """

    _esm: ClassVar[Any] = joined("gallery/gallery.js")
    _css: ClassVar[Any] = styles("base/gone.css", "gallery/gallery.css")

    #: The sweep's name, and whether it runs in the sandbox.
    title = traitlets.Dict().tag(sync=True)
    #: The axes and their values in words.
    axes: Any = traitlets.List().tag(sync=True)
    #: Which fields are rows and columns, the values picked of the others, the round of ratings that is shown
    #: and by whom, and how a blind rating stands; written by both sides.
    choice = traitlets.Dict().tag(sync=True)

    def __init__(self, sweep: ClipSet, rows: str | None = None, columns: str | None = None) -> None:
        # A widget whose making failed is closed, too, when it is collected.
        self._remove: Callable[[], None] = lambda: None
        self._sweep = sweep
        self._places = places(sweep)
        self._known: dict[int, object] = {cell.index: _sign(cell) for cell in sweep.cells}
        is_sweep = isinstance(sweep, Sweep)  # the extension of JupyterLab finds sweeps by their keys
        facts = {"key": sweep_key(sweep.name, sweep.session.config.base_url)} if is_sweep else {}
        self._output = LiveOutput(
            "Gallery of Act-Two clips",
            lambda: self,
            self._record,
            kind="gallery" if is_sweep else "",
            facts=lambda: facts,
        )
        super().__init__(
            title={
                "name": words.clean(sweep.name, 100),
                "sandbox": sweep.sandbox,
                "again": words.clean(sweep.recall, 160),
            },
            axes=axis_facts(sweep),
            choice=first_choice(sweep, rows, columns),
            layout=plain_layout(),
        )
        self.on_msg(self._receive)
        self._remove = sweep.add_listener(self._changed)

    def close(self) -> None:
        """Show no more changes, and release the browser's copy."""
        self._remove()
        super().close()

    # --- as it is shown ----------------------------------------------------------------------------

    def to_html(self, *, embed: bool = False) -> str:
        """Write the clips as a table that needs neither kernel nor style sheet nor script.

        Args:
            embed: put the clips themselves in it, a third larger than the files, instead of links to them.
        """
        return gallery_record.record_html(self._sweep, self.choice, embed=embed)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
        return {**widget_data(self), **self._record()}, {}

    def _ipython_display_(self) -> None:
        self._output.show()

    def _record(self) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": gallery_record.record_text(self._sweep)}

    # --- what the browser is told and asks -----------------------------------------------------------

    @property
    def _cells(self) -> tuple[Cell, ...]:
        """Its cells: those that the sweep had when it was made."""
        return self._sweep.cells[: len(self._places)]

    def _changed(self, _: ClipSet) -> None:
        """On the notifier's thread, a few times a second at the most: tell what is new, and no more."""
        fresh = [cell for cell in self._cells if self._known.get(cell.index) != _sign(cell)]
        if not fresh:
            return
        self._tell(fresh)
        if self._sweep.state is not SweepState.RUNNING:
            self._output.update()

    def _tell(self, cells: list[Cell] | tuple[Cell, ...]) -> None:
        for start in range(0, len(cells), _TOLD_AT_ONCE):
            some = cells[start : start + _TOLD_AT_ONCE]
            self._known.update((cell.index, _sign(cell)) for cell in some)
            facts = [cell_facts(cell, self._places[cell.index]) for cell in some]
            self.send({"type": "cells", "cells": facts})

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        """Pass a browser's message on to another thread, since it may come on any."""
        soon = self._sweep.session.call_soon
        match content:
            case {"type": "hello"}:
                soon(self._tell, self._cells)
            case {"type": "clip", "file": str(file), "index": int(index), "offset": int(), "size": int()}:
                if file in _FILES and 0 <= index < len(self._sweep.cells):
                    in_background(self._send_piece, file, index, content)
            case {"type": "references"}:
                soon(self._send_references)
            case {"type": "rate", "index": int(index)} if 0 <= index < len(self._sweep.cells):
                soon(self._rate, self._sweep.cells[index], content)

    def _send_piece(self, file: str, index: int, request: dict[str, Any]) -> None:
        clip = self._sweep.cells[index].clip

        def find() -> Path:
            path = None if clip is None else clip.path if file == "clip" else clip.poster
            if path is None:
                raise FileNotFoundError(errno.ENOENT, "there is none")
            return path

        name = clip.name if clip is not None and file == "clip" else f"{file}.jpg"
        answer, buffers = read_piece(name, find, {**request, "type": "clip"}, request["size"])
        if answer:
            self.send(answer, buffers)

    def _send_references(self) -> None:
        self.send({"type": "references", "videos": references(self._sweep)})

    def _rate(self, cell: Cell, request: dict[str, Any]) -> None:
        change = {name: request[name] for name in ("stars", "favourite", "note") if name in request}
        problem = ""
        try:
            round_and_rater = {"in_round": request.get("round", 1), "rater": request.get("rater", "")}
            self._sweep.rate(cell, **change, **round_and_rater, blind=bool(request.get("blind")))
        except ActTwoError as error:
            problem = f"Not kept: {words.message(error)}"
            self._tell([cell])  # as it was
        self.send({"type": "rated", "number": request.get("number"), "problem": problem})


def _sign(cell: Cell) -> object:
    """Compares unequal whenever anything shown about the cell has changed."""
    job = cell.job
    return (cell.status, cell.reason, None if job is None else job.state, cell.ratings)
