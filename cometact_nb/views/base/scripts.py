"""The scripts and style sheets of the views, as the text that a page gets.

One module of several files: there is no bundler, and a module of a widget cannot import its neighbour.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["GALLERY", "joined"]

_VIEWS = Path(__file__).parents[1]
#: The gallery without what brings the clips: a kernel's messages, or files beside a report.
GALLERY = (
    "base/dom.js",
    "gallery/frame_lock.js",
    "gallery/tile.js",
    "gallery/compare.js",
    "gallery/blind.js",
    "gallery/player.js",
    "gallery/view.js",
)


def joined(*names: str) -> str:
    """The files of this room with these names, such as ``"base/dom.js"``, one after the other."""
    return "".join((_VIEWS / name).read_text("utf-8") for name in names)
