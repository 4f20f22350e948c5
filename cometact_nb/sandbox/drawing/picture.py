"""Hangs the picture of a character inside its request, a ``data:`` URI, behind the performer."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["hang", "picture_in"]

#: Larger pictures are ignored: a small file can claim to be a huge image.
_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")


def picture_in(uri: str) -> bytes | None:
    """Read the picture of a ``data:image/…`` URI as a small PNG file; None where there is none."""
    from PIL import Image  # noqa: PLC0415  (Pillow takes 50 ms, and starting must be fast)

    head, comma, data = uri.partition(",")
    if not head.startswith("data:image/") or not comma:
        return None
    try:
        content = unquote_to_bytes(data)
        if head.endswith(";base64"):
            content = base64.b64decode(content, validate=False)
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            if opened.width * opened.height > _PIXELS:
                return None
            small = opened.convert("RGB")
        small.thumbnail((480, 480))
    except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError):
        return None
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


def hang(wall: Image, picture: bytes) -> None:
    """Hang a picture, in a white frame, in the upper right corner of ``wall``."""
    from PIL import Image, ImageDraw  # noqa: PLC0415

    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    width, height = wall.size
    image.thumbnail((int(width * 0.22), int(height * 0.3)))
    if max(image.size) < min(width, height) * 0.15:
        scale = min(width * 0.22 / image.width, height * 0.3 / image.height)
        image = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    margin = max(10, min(wall.size) // 30)
    edge = max(3, margin // 3)
    left, top = width - margin - edge - image.width, margin + edge
    box = (left - edge, top - edge, left + image.width + edge, top + image.height + edge)
    pen = ImageDraw.Draw(wall, "RGBA")
    for spread in range(edge, 0, -1):  # a soft shadow, thrown to the lower left
        shadow = (box[0] - 2 * spread, box[1], box[2] - spread // 2, box[3] + 2 * spread)
        pen.rounded_rectangle(shadow, radius=edge + spread, fill=(48, 16, 62, 90 // edge))
    pen.rounded_rectangle(box, radius=edge, fill=(255, 255, 255))
    wall.paste(image, (left, top))
