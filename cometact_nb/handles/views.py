"""The interface by which handles show views. The room of views implements it; handles know no widgets."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from os import PathLike
    from pathlib import Path

__all__ = ["Views", "install", "progress_line", "views"]


class Views(Protocol):
    """Draws tasks and sweeps, which are ``Any`` here, since the handles import this module."""

    def gallery(self, sweep: Any, rows: str | None, columns: str | None) -> Any:
        """See :meth:`cometact_nb.Sweep.gallery`."""

    def compare(self, sweep: Any) -> Any:
        """See :meth:`cometact_nb.Sweep.compare`."""

    def widget(self, thing: Any) -> Any:
        """Return a live widget of a task, a sweep or a history, alone, for a front end that asks for one."""

    def export(self, sweep: Any, folder: str | PathLike[str], *, overwrite: bool, **options: Any) -> Path:
        """See :meth:`cometact_nb.Sweep.export`."""

    def working(self, what: str) -> AbstractContextManager[Callable[[float], None]]:
        """Show the progress of long work; its caller calls the returned function with the share done, 0–1."""

    def waiting(self, task: Any) -> AbstractContextManager[Callable[[], object]]:
        """Show a wait for ``task``; its caller calls the returned function every moment."""


_views: Views | None = None


def install(drawer: Views) -> None:
    """Let ``drawer`` draw for every session of this process from now on."""
    global _views  # noqa: PLW0603  (one per process is the point)
    _views = drawer


def views() -> Views:
    """Return the drawer of this process.

    Raises:
        ConfigError: none was installed; importing ``cometact_nb`` does that.
    """
    if _views is None:
        from cometact_nb.errors import ConfigError  # noqa: PLC0415  (with pathlib; the package's import needs neither)

        raise ConfigError("Nothing here can show a view. Import cometact_nb first.")
    return _views


def progress_line(
    what: str, progress: Callable[[float], object] | None = None
) -> AbstractContextManager[Callable[[float], object]]:
    """Give a function to call with the share of long work that is done, 0–1.

    Args:
        what: the work, such as "Publishing talk.mp4", for a line, which the main thread alone writes.
        progress: is called in place of the line.
    """
    if progress is not None or _views is None or threading.current_thread() is not threading.main_thread():
        return nullcontext(progress or (lambda _: None))
    return _views.working(what)
