"""An early frame of a clip as a picture small enough to be kept in a notebook, or sent by the dozen."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from pathlib import Path

from cometact_nb.store.clips.confine import is_poster

__all__ = ["data_uri", "small_jpeg", "thumbnail"]

#: The longest side in pixels, and what a JPEG may take in bytes.
_SIDE, _MAX_BYTES = 400, 24_000
#: Qualities that are tried until the picture is small enough.
_QUALITIES = (72, 60, 48, 36)


def thumbnail(poster: str | None) -> str | None:
    """A local picture as a small data URI; None when there is none, or the extra ``video`` is missing."""
    content = small_jpeg(poster, _SIDE, _MAX_BYTES)
    return data_uri(content) if content else None


def data_uri(jpeg: bytes) -> str:
    """A picture as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def small_jpeg(poster: str | None, side: int, max_bytes: int) -> bytes:
    """A local picture made small; empty when there is none, or the extra ``video`` is missing.

    Args:
        poster: path of the picture.
        side: the longest side, pixels.
        max_bytes: what the JPEG may take.
    """
    try:
        written = Path(poster).stat().st_mtime_ns if poster else 0
    except (OSError, ValueError):
        return b""
    return _made(poster, written, side, max_bytes) if poster and is_poster(poster) else b""


@lru_cache(maxsize=1024)
def _made(poster: str, _written: int, side: int, max_bytes: int) -> bytes:
    try:
        from PIL import Image  # noqa: PLC0415  (an extra)

        with Image.open(poster, formats=["JPEG"]) as picture:
            picture.draft("RGB", (side, side))  # a JPEG is decoded at about the wanted size
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
