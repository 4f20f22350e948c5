"""Tells whether a process of this machine still runs."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

__all__ = ["has_ended", "is_dead", "process_on_this_machine"]


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
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended, and its parent has not noted that yet; False where nobody can tell."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return status.rpartition(b")")[2].split()[:1] == [b"Z"]


def is_dead(owner: str) -> bool:
    """Whether the process that calls itself ``owner`` is known to have ended; False where that is unknown."""
    pid = process_on_this_machine(owner)
    return pid is not None and has_ended(pid)


def process_on_this_machine(owner: str) -> int | None:
    """Return the number of the process that calls itself ``owner``; None for one of another machine."""
    host, _, rest = owner.partition("/")
    pid = rest.partition("/")[0]
    return int(pid) if host == socket.gethostname() and pid.isdigit() else None
