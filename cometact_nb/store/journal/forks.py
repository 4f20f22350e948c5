"""Keeps a process from forking while SQLite has a lock on a file.

The child would inherit the record of the lock, though not the lock, and could never open that file again
(sqlite.org/howtocorrupt.html, 2.6).
"""

from __future__ import annotations

import os
import threading

__all__ = ["no_fork"]

#: Held around everything that takes a lock on a file.
no_fork = threading.RLock()
#: How long a fork waits for it, seconds. Whoever holds it that long waits for another process.
_PATIENCE_S = 2.0
_forking = threading.local()


def _before() -> None:
    _forking.waited = no_fork.acquire(timeout=_PATIENCE_S)


def _after() -> None:
    if _forking.waited:
        no_fork.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
