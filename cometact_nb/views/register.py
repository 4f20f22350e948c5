"""How IPython shows this package's values: tasks, sweeps and histories live, others as tables and cards."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cometact_nb.views.base.output import page_folder, shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.handles.saved_clip import SavedClip

__all__ = ["register"]


def register() -> None:
    """Tell IPython how to show values at a cell's end; without IPython there is nothing to do."""
    here = shell()
    if here is None:
        return
    live = here.display_formatter.ipython_display_formatter
    html = here.display_formatter.formatters["text/html"]
    for formatter, home, name, draw in (
        (live, "task", "Task", _view("task.show", "show", once_per_cell=True)),
        (live, "sweep.sweep", "Sweep", _view("sweep.show", "show", once_per_cell=True)),
        (live, "history", "TaskHistory", _view("history.table", "show")),
        (html, "saved_clip", "SavedClip", _saved_clip),
        (html, "saved_clip", "Verification", _view("task.clip_page", "verification_html")),
        (html, "sweep.plan", "Plan", _view("sweep.plan", "plan_html")),
        (html, "sweep.saved", "SweepHistory", _view("sweep.table", "sweeps_html")),
        (html, "sweep.noise", "NoiseFloor", _view("sweep.noise", "noise_floor_html")),
    ):
        formatter.for_type_by_name(f"cometact_nb.handles.{home}", name, draw)


def _view(module: str, function: str, **options: Any) -> Callable[[Any], Any]:
    """A function of this room; its module is imported when it is first called."""

    def draw(shown: Any) -> Any:
        return getattr(importlib.import_module(f"cometact_nb.views.{module}"), function)(shown, **options)

    return draw


def _saved_clip(shown: SavedClip) -> Any:
    from cometact_nb.handles.session import session  # noqa: PLC0415  (httpx and SQLite, when they are needed)

    return _view("task.clip_page", "saved_html", notebook_dir=page_folder(session()))(shown)
