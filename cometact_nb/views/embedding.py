"""Clips inside a page, for those who ask for it: a notebook to be sent as one file."""

from __future__ import annotations

import base64
from pathlib import Path

from cometact_nb.domain.media import mime_of

__all__ = ["data_uri"]


def data_uri(path: str, most: int) -> str:
    """A file as a ``data:`` URL; nothing when it is larger than ``most`` bytes or cannot be read."""
    try:
        if Path(path).stat().st_size > most:
            return ""
        content = Path(path).read_bytes()
    except OSError:
        return ""
    kind = mime_of(path, "video/mp4")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
