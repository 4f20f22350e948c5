"""The one session of a process. Its heavy modules are imported at the first call."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cometact_nb.handles.session import Session

__all__ = ["session", "session_if_any"]

#: Kept when the module is loaded anew, as %autoreload does: a new session would know neither the user's
#: limits nor what was spent.
_shared: Session | None = globals().get("_shared")
_lock = threading.Lock()


def session() -> Session:
    """Return the session that the magic, the panel and the functions of this package share."""
    from cometact_nb.handles.session import Session  # noqa: PLC0415  (httpx and SQLite, when they are needed)

    global _shared  # noqa: PLW0603  (one per process is the point)
    with _lock:
        if _shared is None or not _shared.is_here:
            _shared = Session() if _shared is None else _shared.another()
            atexit.register(_shared.close)
        return _shared


def session_if_any() -> Session | None:
    """Return the shared session, or None if there is none yet; make none."""
    return _shared
