"""Tells whether a process of this machine still runs."""

from __future__ import annotations

import os
import socket
import sys

__all__ = ["has_ended", "is_dead"]


def has_ended(pid: int) -> bool:
    """Whether no process has this number; False where nobody can tell."""
    if sys.platform == "win32":  # there, os.kill would not ask but send a Ctrl-C
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # somebody else's process
        return False
    return False


def is_dead(owner: str) -> bool:
    """Whether the process that calls itself ``owner`` is known to have ended; False where that is unknown."""
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    return host == socket.gethostname() and pid.isdigit() and has_ended(int(pid))
