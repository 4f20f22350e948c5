"""Makes paths relative to a notebook's folder, so that both can move together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["relative"]


def relative(path: str, folder: Path) -> str | None:
    """Return ``path`` relative to ``folder``, with slashes; None where that is impossible.

    The name of a link inside the folder counts, not its target: a server serves ``clips/`` although it points
    to another disk.
    """
    if not path or "://" in path or "\0" in path:
        return None
    try:
        result = os.path.relpath(path, folder)
        if result.startswith(os.pardir):
            real = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
            result = real if not real.startswith(os.pardir) else result
        quote(result, errors="surrogateescape")
    except (ValueError, OSError):  # another drive, or a name that no URL can hold
        return None
    return result.replace(os.sep, "/")
