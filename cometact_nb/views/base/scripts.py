"""The scripts and style sheets of the views, as the text that a page gets.

One module of several files: there is no bundler, and a module of a widget cannot import its neighbour.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["GALLERY", "joined"]

_STATIC = Path(__file__).parent / "static"
#: The gallery without what brings the clips: a kernel's messages, or files beside a report.
GALLERY = (
    "dom.js",
    "frame_lock.js",
    "gallery_tile.js",
    "gallery_compare.js",
    "gallery_blind.js",
    "gallery_player.js",
    "gallery_view.js",
)


def joined(*names: str) -> str:
    """The files of ``static/`` of these names, one after the other."""
    return "".join((_STATIC / name).read_text("utf-8") for name in names)
