"""Files for a page, as the buffers of messages: shown by every front end, stored in no notebook."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.media import mime_of
from cometact_nb.errors import ClipError
from cometact_nb.store.clips.video import looks_like_video
from cometact_nb.views.base import wording as words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["read_piece"]

#: What one message carries at the most. A clip in one message would hold up all that a page hears after it.
_PIECE_MAX_BYTES = 1 << 20
#: One file is fetched at a time: a page that has waited long asks again, and is to find the copy by then.
_finding = threading.Lock()


def read_piece(
    name: str, find: Callable[[], Path], asked: dict[str, Any], size: int
) -> tuple[dict[str, Any], list[bytes]]:
    """The answer to a request of ``pieces.js`` for a piece of a file.

    It may take as long as a clip takes to come from a store, so it is for a thread of its own.

    Args:
        name: of the file.
        find: says where it is on this disk, or raises ``ClipError``.
        asked: what comes back with the answer; its ``offset`` is where the piece begins, bytes.
        size: of the piece, bytes.

    Returns:
        a message and its buffers; an empty message where there is no such piece.
    """
    if asked["offset"] < 0:
        return {}, []
    try:
        with _finding:
            path = find()
        if not path.is_file() and path.exists():  # a pipe or a device may never answer
            return {**asked, "error": words.clean(f"{name} is no file.")}, []
        with path.open("rb") as file:
            if not _is_media(file.read(16)):
                return {**asked, "error": words.clean(f"{name} is no video or picture.")}, []
            total = file.seek(0, 2)
            file.seek(asked["offset"])
            piece = file.read(min(max(size, 1), _PIECE_MAX_BYTES))
    except OSError as error:
        return {**asked, "error": words.clean(f"{name} cannot be read: {error.strerror or error}")}, []
    except ValueError:
        return {**asked, "error": words.clean(f"{name} cannot be read: its path is none")}, []
    except ClipError as error:
        return {**asked, "error": words.message(error)}, []
    if not piece and total:
        return {}, []
    mime = mime_of(name, "video/mp4")
    return {**asked, "total": total, "mime": mime, "name": name}, [piece]


def _is_media(head: bytes) -> bool:
    """Whether a file that begins so is a clip or a poster: whatever else a record names is not sent."""
    return not head or looks_like_video(head) or head.startswith(b"\xff\xd8\xff")
