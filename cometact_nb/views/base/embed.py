"""Puts clips into a page, for a notebook that is sent as one file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cometact_nb.domain.media import data_uri
from cometact_nb.errors import ClipError
from cometact_nb.store.clips.confine import read_clip

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clip_uri"]

_EBML = b"\x1aE\xdf\xa3"


def clip_uri(path: Path, sha256: str, most: float = math.inf) -> str:
    """Return a clip as a ``data:`` URL; an empty text if it has more than ``most`` bytes or was changed."""
    try:
        if path.stat().st_size > most:
            return ""
        content = read_clip(path, sha256)
    except (OSError, ValueError, ClipError):  # ValueError: no file can have such a path
        return ""
    kind = "video/webm" if content.startswith(_EBML) else "video/mp4"
    return data_uri(kind, content)
