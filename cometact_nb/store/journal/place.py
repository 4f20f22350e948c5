"""The path of a history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["default_history", "is_default_history", "plain_path"]


def plain_path(value: Any) -> str:
    """Return a history's path in its stored form: without ``~``, or ``":memory:"``."""
    return str(value) if str(value) == ":memory:" else str(Path(value).expanduser())


def default_history() -> str:
    """Return the path of the history in the user's own data folder."""
    import platformdirs  # noqa: PLC0415  (27 ms that `import cometact_nb` need not pay)

    return str(Path(platformdirs.user_data_dir("cometact_nb", appauthor=False)) / "history.sqlite")


def is_default_history(path: str) -> bool:
    """Whether this is the history in the user's own data folder, which belongs to no project."""
    return Path(path).absolute() == Path(default_history()).absolute()
