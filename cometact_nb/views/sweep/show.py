"""Shows a sweep in a notebook: live while something may happen, plain HTML after everything is done.

While cells are left that a click may buy (again), the widget stays, so that the click can be made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import in_notebook, page_folder
from cometact_nb.views.base.view_mime import sweep_key
from cometact_nb.views.sweep.facts import is_over
from cometact_nb.views.sweep.record import record_html, record_text
from cometact_nb.views.task import show as status

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.views.sweep.widget import SweepWidget

__all__ = ["hush", "show", "widget_alone", "widget_of"]

#: A sweep lives as long as its session, and so do its view and what brings its outputs up to date.
_widgets: dict[Sweep, SweepWidget] = {}
_outputs: dict[Sweep, LiveOutput] = {}


def show(sweep: Sweep, *, once_per_cell: bool = False) -> None:
    """Show ``sweep``: live in a notebook, text elsewhere. Call it from the main thread.

    Args:
        sweep: the sweep.
        once_per_cell: do nothing if this execution of this cell has shown the sweep already.
    """
    if once_per_cell and status.mark_shown(f"sweep {id(sweep)}"):
        return
    if sweep not in _outputs:
        _outputs[sweep] = LiveOutput(
            "Act-Two sweep",
            lambda: widget_of(sweep),
            lambda: _record(sweep),
            lambda: _is_final(sweep),
            "sweep",
            lambda: {"key": sweep_key(sweep.name, sweep.session.config.base_url)},
        )
        if in_notebook():
            _follow(sweep, _outputs[sweep])
    _outputs[sweep].show()


def hush(sweep: Sweep) -> None:
    """Do not show ``sweep`` in this execution of this cell, though it be the cell's last expression."""
    status.mark_shown(f"sweep {id(sweep)}")


def widget_of(sweep: Sweep) -> SweepWidget:
    """Return the live view of a sweep, one for all its outputs."""
    if sweep not in _widgets:
        from cometact_nb.views.sweep.widget import SweepWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

        _widgets[sweep] = SweepWidget(sweep)
    return _widgets[sweep]


def widget_alone(sweep: Sweep) -> SweepWidget:
    """Return a live view of its own: a front end that places it itself closes it, too."""
    from cometact_nb.views.sweep.widget import SweepWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

    return SweepWidget(sweep)


def _record(sweep: Sweep) -> dict[str, str]:
    folder = page_folder(sweep.session)
    html = record_html(sweep, folder=folder, brief=sweep.state is SweepState.RUNNING)
    return {"text/html": html, "text/plain": record_text(sweep, folder=folder)}


def _is_final(sweep: Sweep) -> bool:
    return sweep.session.config.freeze and is_over(sweep)


def _follow(sweep: Sweep, output: LiveOutput) -> None:
    """Bring the outputs up to date: at times while the sweep runs, and at once when it begins or stops."""
    last: object = None

    def changed(_: Sweep) -> None:
        """Update the outputs; on the notifier's thread, whose updates reach the right cell."""
        nonlocal last
        now = (_is_final(sweep), _standing(sweep))
        if now != last:
            last = now
            output.update()
        elif sweep.state is SweepState.RUNNING:
            output.refresh()

    sweep.add_listener(changed)


def _standing(sweep: Sweep) -> tuple[Any, ...]:
    """Return the facts whose change needs a new record; a running sweep changes many times a second."""
    if sweep.state is SweepState.RUNNING:
        return (sweep.state,)
    ends = tuple(
        (cell.job.state.key, cell.job.state.is_settled) if cell.job is not None else cell.status
        for cell in sweep.cells
    )
    return sweep.state, sweep.problem, ends
