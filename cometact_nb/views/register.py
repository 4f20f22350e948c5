"""Tells IPython how to show this package's values: tasks, sweeps and histories live, others as cards."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from cometact_nb.handles.shared import session
from cometact_nb.handles.views import install
from cometact_nb.views.base.output import in_terminal, page_folder, shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path

    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.history import TaskHistory
    from cometact_nb.handles.saved_clip import SavedClip
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task

__all__ = ["register"]


class PageViews:
    """Draws views for the handles; each is imported at its first use."""

    def gallery(self, sweep: ClipSet, rows: str | None, columns: str | None) -> Any:
        from cometact_nb.views.gallery.gallery import Gallery  # noqa: PLC0415

        return Gallery(sweep, rows, columns)

    def compare(self, sweep: ClipSet) -> Any:
        from cometact_nb.views.pairs.pairs import Pairs  # noqa: PLC0415

        return Pairs(sweep)

    def widget(self, thing: Task | Sweep | TaskHistory) -> Any:
        modules = {"Task": "task.show", "Sweep": "sweep.show", "TaskHistory": "history.table"}
        return _view(modules[type(thing).__name__], "widget_alone")(thing)

    def export(self, sweep: ClipSet, folder: str | PathLike[str], *, overwrite: bool, **options: Any) -> Path:
        from cometact_nb.views.report.film import export_film, is_film  # noqa: PLC0415

        if is_film(folder):
            return export_film(sweep, folder, overwrite=overwrite, **options)
        from cometact_nb.views.report.export import export  # noqa: PLC0415

        return export(sweep, folder, overwrite=overwrite)

    def working(self, what: str) -> AbstractContextManager[Callable[[float], None]]:
        from cometact_nb.views.base.waiting_line import waiting_line  # noqa: PLC0415

        return waiting_line(what)

    def waiting(self, task: Task) -> AbstractContextManager[Callable[[], object]]:
        """In a terminal a wait shows a line of text; in a notebook the card does."""
        if not in_terminal():
            return nullcontext(lambda: None)
        from cometact_nb.views.task.text import waiting  # noqa: PLC0415

        return waiting(task)


def register() -> None:
    """Let this room draw for the handles; tell IPython, if it runs, how to show values at a cell's end."""
    install(PageViews())
    here = shell()
    if here is None:
        return
    live = here.display_formatter.ipython_display_formatter
    html = here.display_formatter.formatters["text/html"]
    # What other formatters say stays: this only adds the description beside it.
    here.display_formatter.mimebundle_formatter.for_type_by_name(
        "cometact_nb.domain.inspection.facts", "Inspection", _inspection
    )
    for formatter, home, name, draw in (
        (live, "handles.task", "Task", _view("task.show", "show", once_per_cell=True)),
        (live, "handles.sweep.sweep", "Sweep", _view("sweep.show", "show", once_per_cell=True)),
        (live, "handles.history", "TaskHistory", _view("history.table", "show")),
        (html, "domain.inspection.facts", "Inspection", _view("task.inspection", "inspection_html")),
        (html, "handles.saved_clip", "SavedClip", _saved_clip),
        (html, "handles.saved_clip", "Verification", _view("task.clip_page", "verification_html")),
        (html, "handles.prepare", "Prepared", _view("inputs.prepared", "prepared_html")),
        (html, "handles.sweep.plan", "Plan", _view("sweep.plan", "plan_html")),
        (html, "handles.reconcile", "Reconciliation", _view("money.reconciliation", "reconciliation_html")),
        (html, "handles.prices", "Prices", _view("money.prices", "prices_html")),
        (html, "handles.spending", "SpendingTable", _view("money.spending", "spending_html")),
        (html, "handles.sweep.saved", "SweepHistory", _view("sweep.table", "sweeps_html")),
        (html, "handles.sweep.noise", "NoiseFloor", _view("sweep.noise", "noise_floor_html")),
        (html, "handles.sweep.preferences", "Preferences", _view("pairs.preferences", "preferences_html")),
        (html, "handles.sweep.measured", "Measured", _view("sweep.measured", "measured_html")),
    ):
        formatter.for_type_by_name(f"cometact_nb.{home}", name, draw)


def _view(module: str, function: str, **options: Any) -> Callable[[Any], Any]:
    """A function of this room; its module is imported when it is first called."""

    def draw(value: Any) -> Any:
        return getattr(importlib.import_module(f"cometact_nb.views.{module}"), function)(value, **options)

    return draw


def _inspection(_: Any, **__: Any) -> dict[str, Any]:
    return dict(_view("base.view_mime", "view_data")("inspection"))


def _saved_clip(saved: SavedClip) -> Any:
    return _view("task.clip_page", "saved_html", notebook_dir=page_folder(session()))(saved)
