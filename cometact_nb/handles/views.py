"""What the handles ask to be drawn. The room of views implements it, and nothing here knows of widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from os import PathLike
    from pathlib import Path

__all__ = ["Views", "install", "views"]


class Views(Protocol):
    """Draws tasks and sweeps. They are ``Any`` here: the handles stand above this module."""

    def gallery(self, sweep: Any, rows: str | None, columns: str | None) -> Any:
        """See :meth:`cometact_nb.Sweep.gallery`."""

    def export(self, sweep: Any, folder: str | PathLike[str], *, overwrite: bool) -> Path:
        """See :meth:`cometact_nb.Sweep.export`."""

    def waiting(self, task: Any) -> AbstractContextManager[Callable[[], object]]:
        """Show that ``task`` is waited for; the function that comes back is called every moment."""


_views: Views | None = None


def install(drawer: Views) -> None:
    """Let ``drawer`` draw for every session of this process from now on."""
    global _views  # noqa: PLW0603  (one per process is the point)
    _views = drawer


def views() -> Views:
    """What draws in this process.

    Raises:
        ConfigError: nothing was installed; importing ``cometact_nb`` does it.
    """
    if _views is None:
        raise ConfigError("Nothing here can show a view. Import cometact_nb first.")
    return _views
