"""Waiting for what another thread or process does: for the state itself, never for a time in which it should be there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: So long that only what will never happen takes it, however busy the machine is.
_AT_MOST_S = 90.0


def until(happened: Callable[[], object]) -> None:
    """Return as soon as ``happened()`` is true; fail when it has not become true for a minute and a half."""
    deadline = time.monotonic() + _AT_MOST_S
    while not happened():
        assert time.monotonic() < deadline, f"it did not happen within {_AT_MOST_S:g} s"
        threading.Event().wait(0.01)
