"""Clicks that pay, in pages of which there may be several and which may be late: each counts once."""

from __future__ import annotations

import threading

__all__ = ["Gate"]


class Gate:
    """Lets one submission through at a time, and each only once.

    A click carries the token it saw. Tokens change when a submission was answered, so a second click, from
    whichever view and however late it arrives, finds its token spent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = 1
        self._taken = False

    @property
    def token(self) -> int:
        """What the next click must carry."""
        return self._token

    @property
    def taken(self) -> bool:
        """Whether a submission is under way."""
        return self._taken

    def take(self, token: object = None) -> bool:
        """Begin a submission; False when one is under way or the token (None: the present one) is spent."""
        with self._lock:
            if self._taken or (token is not None and token != self._token):
                return False
            self._taken = True
            return True

    def renew(self) -> None:
        """What the next click must carry is another token: what pages show is not so any more."""
        with self._lock:
            self._token += 1

    def release(self) -> None:
        """The submission was answered."""
        with self._lock:
            self._taken = False
            self._token += 1
