"""The sample characters and reference clips: their names, their types, and their URLs."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

__all__ = ["IMAGE_FORMATS", "SAMPLES", "TYPES", "subject"]

SAMPLES = {
    "characters": ("hero.png", "robot.jpg", "ada.webp"),
    "character_videos": ("hero.mp4",),
    "references": ("smile.mp4", "talk.mp4", "wave.mp4"),
}
"""File names by what they are for; each is served as ``/samples/NAME``."""

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "mp4": "video/mp4"}
"""Content-Type by extension."""

IMAGE_FORMATS: dict[str, Literal["PNG", "JPEG", "WEBP"]] = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
"""Pillow's word by extension."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def subject(uri: str) -> str:
    """Return the renderer's name for a character's or reference's URI.

    Args:
        uri: from the request, already checked.

    Returns:
        ``hero`` for ``http://127.0.0.1:…/samples/hero.png?x`` of this or an earlier sandbox; the name of an
        input that a client has put there, which says its content; for anything else the URI itself, without
        the scenario in it, so that a rehearsed fault changes no clip.
    """
    if uri.startswith("data:"):
        return uri
    parts = urlsplit(uri)
    folder, _, name = parts.path.rpartition("/")
    if parts.hostname in _LOOPBACK and folder == "/samples" and any(name in s for s in SAMPLES.values()):
        return name.rpartition(".")[0]
    if parts.hostname in _LOOPBACK and folder == "/inputs":
        return name
    return re.sub(r"(?<=[?&])scenario=[^&#]*&?", "", uri).rstrip("?&")
