"""The state of a running sandbox: its settings, its tasks, its books."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from random import Random
from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.drawing.samples import SAMPLES
from cometact_nb.sandbox.drawing.workshop import Workshop
from cometact_nb.sandbox.scenarios import Playbook
from cometact_nb.sandbox.tasks import Tasks

if TYPE_CHECKING:
    import argparse

__all__ = ["State"]

_TICK_S = 0.05


class State:
    """Settings, tasks and books of one running sandbox.

    Args:
        options: as parsed by ``python -m cometact_nb.sandbox``.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.shape: str = options.shape
        self.api_key: str | None = options.api_key
        self.url_ttl_s: float = options.url_ttl_s
        self.speed: float = options.speed
        self.secret = secrets.token_bytes(16)
        random = Random(options.seed)  # noqa: S311  (no secret hangs on it)
        self.playbook = Playbook(options.scenario, random)
        self.workshop = Workshop(options.clip_s)
        self.tasks = Tasks(options.speed, options.concurrency, options.duration_s, random, self.workshop)
        self.ledger: dict[str, Any] = {}
        self.reset()
        self.host: str = options.host
        self.port = 0  #: 0 before it listens

    @property
    def base_url(self) -> str:
        """The address of the sandbox."""
        return f"http://{self.host}:{self.port}"

    def info(self) -> dict[str, Any]:
        """Facts for the author of a client."""
        samples = {
            kind: [f"{self.base_url}/samples/{name}" for name in names] for kind, names in SAMPLES.items()
        }
        return {"base_url": self.base_url, "speed": self.speed, "shape": self.shape, "samples": samples}

    def hide(self, seconds: float) -> None:
        """Close the port and every connection for so many seconds; the server implements it."""
        raise NotImplementedError

    async def run(self, stop: asyncio.Event) -> None:
        """Let time pass until ``stop`` is set."""
        try:
            while not stop.is_set():
                self.tasks.advance()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _TICK_S)
        finally:
            self.workshop.close()

    def reset(self) -> None:
        """Empty the books."""
        self.ledger = {"posts": [], "polls": {}, "deletes": [], "downloads": []}
        self.playbook.reset()
        self.tasks.clear()
