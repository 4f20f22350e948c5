"""Hashes files of this machine, each once as long as it stays the same on the disk."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["content_hash", "note_hash"]

_PIECE = 1024**2
_MOST_FILES = 512
#: A file that was changed less than this long ago may change again under the same time: disks round it.
_SETTLED_NS = 2_000_000_000

_lock = threading.Lock()
#: The hash by the state of a file; see :func:`_state`.
_known: OrderedDict[tuple[int, ...], str] = OrderedDict()


def content_hash(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """Return the SHA-256 of a file, hexadecimal; one that did not change since is not read again.

    Args:
        path: the file.
        check: called for each MB; it may raise to stop.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        state = _state(status)
        with _lock:
            if (known := _known.get(state)) is not None:
                return known
        is_settled = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED_NS
        digest = hashlib.sha256()
        while piece := file.read(_PIECE):
            check()
            digest.update(piece)
        if is_settled and _state(os.fstat(file.fileno())) == state:
            _remember(state, digest.hexdigest())
    return digest.hexdigest()


def note_hash(path: Path, sha256: str) -> None:
    """Remember the hash of a file that this process has just written and hashed, if it is there.

    Args:
        path: the file under its final name.
        sha256: hexadecimal.
    """
    try:
        state = _state(path.stat())
    except OSError:
        return
    _remember(state, sha256)


def _state(status: os.stat_result) -> tuple[int, ...]:
    """Return the facts of which one differs after any change: place on the disk, size, times."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _remember(state: tuple[int, ...], sha256: str) -> None:
    with _lock:
        _known[state] = sha256
        _known.move_to_end(state)
        while len(_known) > _MOST_FILES:
            _known.popitem(last=False)
