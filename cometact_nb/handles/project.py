"""A project's own settings: the places of its clips and its history, and whether to look at inputs.

Their file is ``cometact_nb.toml``, or ``[tool.cometact_nb]`` in ``pyproject.toml``, in the notebook's folder
or above it::

    output_dir = "clips"            # from this file's folder; or a URL such as s3://bucket/clips
    history = "history.sqlite"
    look = "never"                  # do not look at inputs before a request

A project may come from others, so its file cannot decide where a key goes, how much may be spent, or where
files of this machine become public.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cometact_nb.errors import ConfigError
from cometact_nb.store.journal.place import default_history, plain_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "history_path",
    "history_setting",
    "is_url",
    "notebook_folder",
    "project_folder",
    "project_settings",
]

_OWN, _SHARED = "cometact_nb.toml", "pyproject.toml"
_SETTINGS = ("output_dir", "history", "look")


def is_url(place: object) -> bool:
    """Whether a folder is a URL such as ``s3://bucket/clips`` and not a path."""
    scheme, separator, _ = str(place).partition("://")
    # One letter is a drive; "::" chains stores, as in fsspec.
    return bool(separator) and len(scheme) > 1 and scheme.replace("::", "").replace("+", "").isalnum()


def notebook_folder(otherwise: Path) -> Path:
    """Return the folder of this kernel's notebook; ``otherwise`` without a notebook, as in a script."""
    notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
    return notebook.parent if notebook.is_absolute() and notebook.parent.is_dir() else otherwise


def history_path(folder: Path) -> str:
    """Return the history's path by the environment and the project of ``folder``, as any kernel there does.

    Raises:
        ConfigError: a project's file cannot be read.
    """
    return plain_path(history_setting(os.environ, project_settings(folder)))


class Variables(Protocol):
    """The part of the environment that settings need."""

    def get(self, name: str, /) -> str | None:
        """Return the variable, or None."""


def history_setting(environ: Variables, project: Mapping[str, str]) -> str:
    """Return the history of the environment, else of the project, else of the user's data folder."""
    return environ.get("COMETACT_NB_HISTORY") or project.get("history") or default_history()


def project_settings(folder: Path) -> dict[str, str]:
    """Read the nearest project file, from ``folder`` upwards to the repository's folder.

    Args:
        folder: of the notebook.

    Returns:
        ``output_dir`` and ``history``, absolute, and ``look``, if the file has them.

    Raises:
        ConfigError: the file cannot be read, or holds something else.
    """
    path, table = _project(folder)
    return {key: _value(path, key, value) for key, value in table.items()}


def project_folder(folder: Path) -> Path | None:
    """Return the folder of the nearest project file, or None where there is none.

    Args:
        folder: of the notebook.

    Raises:
        ConfigError: the file cannot be read.
    """
    path, _ = _project(folder)
    return path.parent.resolve() if path.name else None


def _project(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the nearest project file and its settings; a path without a name where there is none."""
    for directory in _upwards(folder):
        for name in (_OWN, _SHARED):
            path = directory / name
            if path.is_file():
                table = _table(path)
                if table is not None:
                    return path, table
    return Path(), {}


def _upwards(folder: Path) -> Iterator[Path]:
    for directory in (folder, *folder.parents):
        yield directory
        if (directory / ".git").exists():
            return


def _table(path: Path) -> dict[str, Any] | None:
    """Read the settings in a file; None for a ``pyproject.toml`` without any."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}).") from None
    if path.name == _SHARED and "tool.cometact_nb" not in text:
        return None
    import tomllib  # noqa: PLC0415  (few folders have such a file, and every kernel looks for one)

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from None
    table = data.get("tool", {}).get("cometact_nb") if path.name == _SHARED else data
    return table if isinstance(table, dict) else None


def _value(path: Path, name: str, value: Any) -> str:
    if name in {"publish_to", "publish_base"}:
        raise ConfigError(
            f"{path} sets {name!r}. A project may come from others and must not say where your files become "
            f"public: act.configure({name}=…) or COMETACT_NB_{name.upper()} does.",
            guide="own-files",
        )
    if name not in _SETTINGS:
        raise ConfigError(
            f"{path} sets {name!r}. A project's file sets {', '.join(_SETTINGS[:-1])} and {_SETTINGS[-1]}; "
            "anything else is for act.configure() or the environment."
        )
    if name == "look":
        return str(value)  # it is checked with the other settings
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{path} sets {name} to {value!r}. Give a path in quotes.")
    if is_url(value) or value == ":memory:":
        return value
    return str(path.parent / Path(value).expanduser())
