"""The first frame of a clip as a picture small enough to be kept in a notebook."""

from __future__ import annotations

import base64
import io
from pathlib import Path

__all__ = ["thumbnail"]

#: The longest side in pixels, and what a JPEG may take in bytes.
_SIDE, _MAX_BYTES = 400, 24_000


def thumbnail(poster: str | None) -> str | None:
    """A local picture as a small data URI; None when there is none, or the extra ``video`` is missing."""
    if poster is None or not Path(poster).is_file():
        return None
    try:
        from PIL import Image  # noqa: PLC0415  (an extra)

        with Image.open(poster) as picture:
            picture.thumbnail((_SIDE, _SIDE))
            target = io.BytesIO()
            picture.convert("RGB").save(target, "JPEG", quality=72, optimize=True)
    except (ImportError, OSError, ValueError):
        return None
    content = target.getvalue()
    if len(content) > _MAX_BYTES:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
