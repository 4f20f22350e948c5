"""The state of a running sandbox: its clients, its tasks, its books."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.clients import Clients, Settings
from cometact_nb.sandbox.drawing.samples import SAMPLES
from cometact_nb.sandbox.drawing.workshop import Workshop
from cometact_nb.sandbox.inputs import InputStore
from cometact_nb.sandbox.tasks import Tasks

if TYPE_CHECKING:
    import argparse

    from cometact_nb.sandbox.shelf import Shelf

__all__ = ["State"]

_TICK_S = 0.05
#: Seconds between checks whether anybody still needs this process.
_IDLE_TICK_S = 1.0


class State:
    """Clients, tasks and books of one running sandbox.

    Args:
        options: as parsed by ``python -m cometact_nb.sandbox``.
        shelf: for a state that outlives this process; None for a sandbox that forgets it.
    """

    def __init__(self, options: argparse.Namespace, shelf: Shelf | None = None) -> None:
        self.shelf = shelf
        self.settings = Settings.of(options)
        self.clients = Clients(self.settings, shelf.token if shelf else options.api_key)
        self.secret = shelf.secret if shelf else secrets.token_bytes(16)
        self.workshop = Workshop()
        self.tasks = Tasks(self.workshop, shelf)
        self.inputs = InputStore(shelf.inputs if shelf else None)
        self.ledger: dict[str, Any] = {}
        #: The form of the price list.
        self.prices = "as-documented"
        #: The form of the account's count.
        self.quota = "as-documented"
        self._open_books()
        self.ledger["posts"] += shelf.posts() if shelf else []
        self.host: str = options.host
        self.port = 0  #: 0 before it listens
        self.build: str = options.build
        self._idle_s: float = options.idle_s
        self._asked_at = time.monotonic()
        self._is_ending = False
        self._news = asyncio.Event()

    @property
    def base_url(self) -> str:
        """The address of the sandbox."""
        return f"http://{self.host}:{self.port}"

    def info(self) -> dict[str, Any]:
        """Facts for the author of a client."""
        samples = {
            kind: [f"{self.base_url}/samples/{name}" for name in names] for kind, names in SAMPLES.items()
        }
        return {
            "base_url": self.base_url,
            "speed": self.settings.speed,
            "shape": self.settings.shape,
            "samples": samples,
        }

    def proof(self, nonce: str) -> str:
        """Answer as only a sandbox with the token of the private file can; empty without such a file."""
        if self.shelf is None:
            return ""
        return hmac.new(self.shelf.token.encode(), nonce.encode(), hashlib.sha256).hexdigest()

    def hide(self, seconds: float) -> None:
        """Close the port and every connection for so many seconds; the server implements it."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the port; the server implements it."""
        raise NotImplementedError

    def was_asked(self) -> None:
        """Take note that somebody needs this process."""
        self._asked_at = time.monotonic()

    def stop(self) -> None:
        """End the sandbox soon."""
        self._is_ending = True
        self._news.set()

    async def run(self) -> None:
        """Run until somebody stops the sandbox, or nobody needs it any more."""
        look_at = 0.0
        try:
            while not self._is_ending:
                self._news.clear()
                self.tasks.advance()
                if time.monotonic() >= look_at:
                    look_at = time.monotonic() + _IDLE_TICK_S
                    if self._is_idle():
                        break
                # Between tasks it need not look twenty times a second: it may live for long.
                tick_s = _IDLE_TICK_S if self.tasks.are_done else _TICK_S
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), tick_s)
        finally:
            self.workshop.close()
            self.close()  # before the next sandbox gets the state, since it listens at the same port
            if self.shelf:
                self.tasks.keep_all()
                self.shelf.close()

    def _is_idle(self) -> bool:
        """Whether no client is left and the last request is long ago, or the state's folder is gone."""
        if self.shelf is None:
            return False
        if not self.shelf.is_there:
            return True
        if self.clients.connected():
            self.was_asked()
        return time.monotonic() - self._asked_at > self._idle_s

    def note_post(self, post: dict[str, Any]) -> None:
        """Record a paid request."""
        self.ledger["posts"].append(post)
        self._news.set()
        if self.shelf:
            self.shelf.keep_post(post)

    def reset(self) -> None:
        """Forget the tasks and empty the books."""
        self._open_books()
        self.prices = self.quota = "as-documented"
        self.clients.reset()
        self.tasks.clear()

    def _open_books(self) -> None:
        self.ledger = {"posts": [], "polls": {}, "deletes": [], "downloads": []}
