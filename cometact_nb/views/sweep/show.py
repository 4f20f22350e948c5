"""Showing a sweep in a notebook: live while something may happen, plain HTML once all is bought and done.

A page that knows a widget's type shows nothing else of its output, and a widget lives only as long as its
kernel. So a live sweep has two outputs: the widget, and a record that needs no kernel, hidden by the widget's
style sheet. When the sweep is over the widget goes and the record is seen. While cells are left that a click
may buy (again), the widget stays, so that the click can be made.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cometact_nb.views.base.output import in_notebook, page_folder, put_out, widget_data, write
from cometact_nb.views.sweep.facts import is_over
from cometact_nb.views.sweep.record import record_html, record_text
from cometact_nb.views.task import show as status

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.views.sweep.widget import SweepWidget

__all__ = ["Display", "hush", "show", "widget_of"]

_LIVE = "The sweep is live only while its kernel runs. How it stood last:"
_NOTHING = {"text/html": "", "text/plain": ""}
#: A sweep lives as long as its session, and so does its view.
_widgets: dict[Sweep, SweepWidget] = {}


def show(sweep: Sweep, *, once_per_cell: bool = False) -> None:
    """Show ``sweep``: live in a notebook, text elsewhere. Call it from the main thread.

    Args:
        sweep: the sweep.
        once_per_cell: do nothing if this execution of this cell has shown the sweep already.
    """
    if once_per_cell and status.was_shown(f"sweep {id(sweep)}"):
        return
    if in_notebook():
        Display(sweep)
    else:
        write(sys.stdout, record_text(sweep, folder=page_folder(sweep.session)) + "\n")


def hush(sweep: Sweep) -> None:
    """Do not show ``sweep`` in this execution of this cell, though it be the cell's last expression."""
    status.was_shown(f"sweep {id(sweep)}")


def widget_of(sweep: Sweep) -> SweepWidget:
    """The live view of a sweep, one for all places that show it."""
    if sweep not in _widgets:
        from cometact_nb.views.sweep.widget import SweepWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

        _widgets[sweep] = SweepWidget(sweep)
    return _widgets[sweep]


class Display:
    """The outputs of one cell that show one sweep.

    Args:
        sweep: the sweep to show.
    """

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._frozen = self._is_final()
        self._recorded = _standing(sweep)
        self._handles = [put_out(self._live()), put_out(self._record())]
        sweep.add_listener(self._changed)
        # What happened between the first drawing and the listening would go unseen.
        sweep.session.call_soon(self._changed, sweep)

    def _is_final(self) -> bool:
        return self._sweep.session.config.freeze and is_over(self._sweep)

    def _live(self) -> dict[str, Any]:
        """The live view, or nothing when the record alone is left."""
        if self._frozen:
            return _NOTHING
        return {**widget_data(widget_of(self._sweep)), "text/html": f"<p>{_LIVE}</p>", "text/plain": _LIVE}

    def _record(self) -> dict[str, Any]:
        sweep = self._sweep
        folder = page_folder(sweep.session)
        return {
            "text/html": record_html(sweep, folder=folder),
            "text/plain": record_text(sweep, folder=folder),
        }

    def _changed(self, sweep: Sweep) -> None:
        """On the notifier's thread, from where display updates reach the right cell."""
        final, standing = self._is_final(), _standing(sweep)
        turned = final != self._frozen
        if not turned and (standing == self._recorded or standing[0] == "running"):
            return
        self._frozen, self._recorded = final, standing
        # The record first, so that it is there when it is seen; each is a task of its own for the page.
        self._handles[1].update(self._record(), raw=True)
        if turned:
            self._handles[0].update(self._live(), raw=True)


def _standing(sweep: Sweep) -> tuple[Any, ...]:
    """What a record is written anew for: not each percent."""
    ends = tuple(
        (cell.job.state.key, cell.job.state.is_settled) if cell.job is not None else cell.status
        for cell in sweep.cells
    )
    return sweep.state, sweep.problem, ends
