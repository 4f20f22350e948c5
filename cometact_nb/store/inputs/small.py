"""Makes a small picture of an input, for a notebook, a history or a report."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from cometact_nb.store.clips.video import read_facts

__all__ = ["small_picture"]

#: The longest side in pixels, and the most bytes.
_SIDE, _MAX_BYTES = 320, 24_000
_QUALITIES = (78, 60, 45, 30)
_PICTURES = {".jpg", ".jpeg", ".png"}


def small_picture(path: Path) -> bytes:
    """Return a JPEG of a prepared picture, or of an early frame of a prepared clip.

    It is empty without the extra ``video``, and for a file that is gone or cannot be read.

    Args:
        path: of the file, upright.
    """
    try:
        from PIL import Image  # noqa: PLC0415  (an extra)

        if path.suffix.lower() in _PICTURES:
            with Image.open(path, formats=["JPEG", "PNG"]) as picture:
                return _small(picture)
        with tempfile.TemporaryDirectory() as folder:
            poster = Path(folder) / "poster.jpg"
            if not read_facts(path, poster)[1]:
                return b""
            with Image.open(poster, formats=["JPEG"]) as picture:
                return _small(picture)
    except (ImportError, OSError, ValueError):
        return b""


def _small(picture: Any) -> bytes:
    from PIL import Image  # noqa: PLC0415

    picture.draft("RGB", (_SIDE, _SIDE))
    picture.thumbnail((_SIDE, _SIDE))
    whole = picture.convert("RGBA")
    ground = Image.new("RGBA", whole.size, "white")
    ground.alpha_composite(whole)
    content = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        ground.convert("RGB").save(out, "JPEG", quality=quality)
        content = out.getvalue()
        if len(content) <= _MAX_BYTES:
            break
    return content
