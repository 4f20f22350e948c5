"""Makes each paying click count once, also in several pages and in late ones."""

from __future__ import annotations

import threading

__all__ = ["Gate"]


class Gate:
    """Lets one submission through at a time, and each only once.

    A click carries the token of its page. The answer to a submission changes the token, so a second click,
    from any view and however late, has a spent token.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = 1
        self._is_taken = False

    @property
    def token(self) -> int:
        """The token that the next click must carry."""
        return self._token

    @property
    def is_taken(self) -> bool:
        """Whether a submission is under way."""
        return self._is_taken

    def take(self, token: object = None) -> bool:
        """Begin a submission; return False during another or for a spent token (None: the present one)."""
        with self._lock:
            if self._is_taken or (token is not None and token != self._token):
                return False
            self._is_taken = True
            return True

    def renew(self) -> None:
        """Change the token, since pages show an old state."""
        with self._lock:
            self._token += 1

    def release(self) -> None:
        """End the submission, after its answer."""
        with self._lock:
            self._is_taken = False
            self._token += 1
