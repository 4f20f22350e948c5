"""The sandbox as a process of its own, and sessions that leave nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task

#: A task of 75 s takes a second.
SPEED = 75.0


class SandboxProcess:
    """The sandbox as its own process, with the test's way into its books.

    Args:
        options: of ``python -m cometact_nb.sandbox``.
        speed: how many times faster than the real service.
        clip_s: how long its clips are at the most, in seconds: a whole one takes over a second to render.
    """

    def __init__(self, *options: str, speed: float = SPEED, clip_s: float = 0.25) -> None:
        command = [
            sys.executable,
            "-m",
            "cometact_nb.sandbox",
            "--json",
            "--stop-with-stdin",
            "--speed",
            str(speed),
            "--clip-s",
            str(clip_s),
        ]
        self.process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.speed = speed
        self.base_url: str = told["base_url"]
        # A new connection for each request: a kept one would not live through an outage that a test plays.
        unkept = httpx.Limits(max_keepalive_connections=0)
        self._books = httpx.Client(base_url=self.base_url, timeout=60, verify=False, limits=unkept)
        self.character: str = told["samples"]["characters"][0]
        self.character_video: str = told["samples"]["character_videos"][0]
        self.reference: str = told["samples"]["references"][0]

    def ledger(self) -> dict[str, Any]:
        return self._books.get("/sandbox/ledger").json()  # type: ignore[no-any-return]

    def reset(self) -> None:
        """Empty the books, and forget all tasks."""
        self._books.post("/sandbox/reset").raise_for_status()

    def push(self, spec: str) -> None:
        """Let the next paid requests play a scenario."""
        self._books.post("/sandbox/scenario", json={"spec": spec}).raise_for_status()

    def list_prices(self, form: str) -> None:
        """Let the public price list have a form from now on."""
        self._books.post("/sandbox/prices", json={"form": form}).raise_for_status()

    def count_as(self, form: str) -> None:
        """Let the account's count have a form from now on."""
        self._books.post("/sandbox/quota", json={"form": form}).raise_for_status()

    def posts(self) -> int:
        """Paid requests that reached the service."""
        return len(self.ledger()["posts"])

    def playing(self, scenario: str) -> str:
        """A character whose task plays a scenario."""
        return f"{self.character}?scenario={scenario}"

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._books.close()
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


def new_session(folder: Path, sandbox: SandboxProcess) -> Session:
    """A session of its own on a running sandbox; as a new kernel would have it when given the same folder."""
    config = Config(history=str(folder / "history.sqlite"), output_dir=folder / "clips")
    made = Session(config)
    made.use_sandbox(sandbox.speed, url=sandbox.base_url)
    return made


def submit(session: Session, sandbox: SandboxProcess, **fields: Any) -> Task:
    """A request for the sandbox's first samples, or with other fields."""
    return session.submit(**{"character": sandbox.character, "reference": sandbox.reference, **fields})
