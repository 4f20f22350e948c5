"""Checks of users' arguments: one clear error in place of a traceback, before anything is done."""

from __future__ import annotations

import math
import os
from pathlib import Path
from types import NoneType
from typing import Any

from cometact_nb.errors import ConfigError

__all__ = ["check_flags", "check_seconds", "local_path"]


def check_flags(**flags: Any) -> None:
    """Raise unless each value is True, False or None: the text "no" is true for Python, and would agree.

    Args:
        flags: values by the names of their arguments; None is one that was not given.

    Raises:
        ConfigError: a value is none of them; NumPy's own are taken.
    """
    for name, value in flags.items():
        if not isinstance(value, (bool, NoneType)) and type(value).__name__ not in {"bool_", "bool"}:
            raise ConfigError(f"{name}={value!r} is neither True nor False.")


def check_seconds(name: str, value: Any) -> None:
    """Raise unless ``value`` is None or a number of seconds. Infinity is taken; not a number is not.

    Args:
        name: of the argument.
        value: from the user.

    Raises:
        ConfigError: it is none.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and (not is_number or math.isnan(value)):
        raise ConfigError(f"{name}={value!r} is not a number of seconds. Give one, or None for no limit.")


def local_path(name: str, value: Any) -> Path:
    """Return a path of this machine, with ``~`` replaced by the home folder.

    Args:
        name: of the argument.
        value: from the user.

    Raises:
        ConfigError: it is no path.
    """
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise ConfigError(f"{name}={value!r} is no path. Give it as text, or as a Path.")
    return Path(text).expanduser()
