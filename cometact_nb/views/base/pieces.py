"""Sends files to a page as buffers of messages, which every front end shows and no notebook stores."""

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

#: The most bytes of one message. A whole clip in one message would delay all messages after it.
_PIECE_MAX_BYTES = 1 << 20
#: One file is fetched at a time: a page that has waited long asks again, and finds the copy by then.
_finding = threading.Lock()


def read_piece(
    name: str, find: Callable[[], Path], request: dict[str, Any], size: int
) -> tuple[dict[str, Any], list[bytes]]:
    """Read a piece of a file for ``pieces.js``.

    It may take as long as the fetch of a clip from a store, so it needs a thread of its own.

    Args:
        name: of the file.
        find: returns its path on this disk, or raises ``ClipError``.
        request: from the page, returned with the answer; its ``offset`` is the start of the piece, bytes.
        size: of the piece, bytes.

    Returns:
        a message and its buffers; an empty message where there is no such piece.
    """
    if request["offset"] < 0:
        return {}, []
    try:
        with _finding:
            path = find()
        if not path.is_file() and path.exists():  # a pipe or a device may never answer
            return {**request, "error": words.clean(f"{name} is no file.")}, []
        with path.open("rb") as file:
            if not _is_media(file.read(16)):
                return {**request, "error": words.clean(f"{name} is no video or picture.")}, []
            total = file.seek(0, 2)
            file.seek(request["offset"])
            piece = file.read(min(max(size, 1), _PIECE_MAX_BYTES))
    except OSError as error:
        return {**request, "error": words.clean(f"{name} cannot be read: {error.strerror or error}")}, []
    except ValueError:
        return {**request, "error": words.clean(f"{name} cannot be read: its path is none")}, []
    except ClipError as error:
        return {**request, "error": words.message(error)}, []
    if not piece and total:
        return {}, []
    mime = mime_of(name, "video/mp4")
    return {**request, "total": total, "mime": mime, "name": name}, [piece]


def _is_media(head: bytes) -> bool:
    """Whether a file with this beginning is a clip or a poster; a page gets no other file."""
    return not head or looks_like_video(head) or head.startswith(b"\xff\xd8\xff")
