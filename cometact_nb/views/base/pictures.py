"""Makes an early frame of a clip small enough for a notebook, or to be sent by the dozen."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from cometact_nb.domain.media import data_uri
from cometact_nb.store.clips.confine import is_poster

__all__ = ["jpeg_uri", "small_jpeg", "still", "thumbnail"]

#: The longest side in pixels, and the most bytes of a JPEG.
_SIDE, _MAX_BYTES = 400, 24_000
#: The same for a picture in the place of a clip that cannot be loaded: each card and small gallery has it.
_STILL_SIDE, _STILL_MAX_BYTES = 160, 2000
#: JPEG qualities to try until the picture is small enough.
_QUALITIES = (72, 60, 48, 36)


def thumbnail(poster: str | None) -> str | None:
    """Make a small data URI of a local picture; None without one, or without the extra ``video``."""
    content = small_jpeg(poster, _SIDE, _MAX_BYTES)
    return jpeg_uri(content) if content else None


def still(poster: str | None) -> str | None:
    """As :func:`thumbnail`, up to 3 KB, for the place of a clip that cannot be loaded."""
    content = small_jpeg(poster, _STILL_SIDE, _STILL_MAX_BYTES)
    return jpeg_uri(content) if content else None


def jpeg_uri(jpeg: bytes) -> str:
    """Write a picture as a ``data:`` URI."""
    return data_uri("image/jpeg", jpeg)


def small_jpeg(poster: str | None, side: int, max_bytes: int) -> bytes:
    """Make a local picture small; return no bytes without one, or without the extra ``video``.

    Args:
        poster: path of the picture.
        side: the longest side, pixels.
        max_bytes: of the JPEG.
    """
    try:
        modified_at = Path(poster).stat().st_mtime_ns if poster else 0
    except (OSError, ValueError):
        return b""
    return _shrink(poster, modified_at, side, max_bytes) if poster and is_poster(poster) else b""


@lru_cache(maxsize=1024)
def _shrink(poster: str, _modified_at: int, side: int, max_bytes: int) -> bytes:
    try:
        from PIL import Image  # noqa: PLC0415  (an extra)

        with Image.open(poster, formats=["JPEG"]) as picture:
            picture.draft("RGB", (side, side))  # this decodes a JPEG at about the final size
            small = picture.convert("RGB")
        small.thumbnail((side, side))
        for quality in _QUALITIES:
            out = io.BytesIO()
            small.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= max_bytes:
                return out.getvalue()
    except (ImportError, OSError, ValueError):
        return b""
    return b""
