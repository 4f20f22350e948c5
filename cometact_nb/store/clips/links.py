"""How a saved notebook names a file: relative to its own folder, so that both can move together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["relative"]


def relative(path: str, folder: Path) -> str | None:
    """``path`` as a relative path from ``folder``, with slashes; None when there is none.

    A link inside the folder is followed by name first: a server serves ``clips/`` although it points to
    another disk.
    """
    if not path or "://" in path or "\0" in path:
        return None
    try:
        found = os.path.relpath(path, folder)
        if found.startswith(os.pardir):
            real = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
            found = real if not real.startswith(os.pardir) else found
        quote(found, errors="surrogateescape")
    except (ValueError, OSError):  # another drive, or a name that no URL can hold
        return None
    return found.replace(os.sep, "/")
