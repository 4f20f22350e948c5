"""The shared session with this room's views at hand: what the magic and the functions of the package use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cometact_nb.handles import session as sessions
from cometact_nb.views.base.output import in_terminal

if TYPE_CHECKING:
    from cometact_nb.handles.session import Session

__all__ = ["session"]


def session() -> Session:
    """The session of this process; it can draw, and in a terminal a wait shows a line of text."""
    shared = sessions.session()
    shared.views = _view
    if in_terminal():
        from cometact_nb.views.task.text import waiting  # noqa: PLC0415  (a notebook has no need of it)

        shared.waiting = waiting
    return shared


def _view(name: str) -> Any:
    """The module that draws something."""
    return importlib.import_module(f"cometact_nb.views.{name}")
