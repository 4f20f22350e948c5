"""Delay forks of this process while SQLite holds a lock on a file.

The child would inherit the record of the lock, though not the lock, and could never open that file again
(sqlite.org/howtocorrupt.html, 2.6).
"""

from __future__ import annotations

import os
import threading

__all__ = ["no_fork"]

#: Hold this around everything that locks a file.
no_fork = threading.RLock()
#: A fork waits for that this long, in seconds. A longer holder is itself waiting for another process.
_PATIENCE_S = 2.0
_forking = threading.local()


def _before() -> None:
    _forking.waited = no_fork.acquire(timeout=_PATIENCE_S)


def _after() -> None:
    if _forking.waited:
        no_fork.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
