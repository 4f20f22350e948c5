"""A client of the sandbox that has no opinion: the documented routes, and waiting on what they answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from services import SandboxProcess

HEADERS = {"Authorization": "Bearer sandbox", "X-Runway-Version": "2024-11-06"}
CREATE = "/runwayml/v1/character_performance"


class Api:
    """The documented routes, and waiting on what they answer."""

    path = CREATE

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        # Reading certificates takes longer than most of these tests.
        self.http = httpx.Client(base_url=sandbox.base_url, headers=HEADERS, timeout=60, verify=False)
        self.plain = httpx.Client(base_url=sandbox.base_url, timeout=60, verify=False)

    def close(self) -> None:
        self.http.close()
        self.plain.close()

    def body(self, scenario: str = "", **more: Any) -> dict[str, Any]:
        uri = self.sandbox.playing(scenario) if scenario else self.sandbox.character
        return {
            "model": "act_two",
            "character": {"type": "image", "uri": uri},
            "reference": {"type": "video", "uri": self.sandbox.reference},
            **more,
        }

    def create(self, scenario: str = "", **more: Any) -> httpx.Response:
        return self.http.post(CREATE, json=self.body(scenario, **more))

    def started(self, scenario: str = "", **more: Any) -> str:
        return self.create(scenario, **more).json()["id"]  # type: ignore[no-any-return]

    def poll(self, task_id: str) -> httpx.Response:
        return self.http.get(f"/runwayml/v1/tasks/{task_id}")

    def delete(self, task_id: str) -> httpx.Response:
        return self.http.delete(f"/runwayml/v1/tasks/{task_id}")

    def until(self, task_id: str, done: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Every answer up to the first that is ``done``."""
        answers: list[dict[str, Any]] = []
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            response = self.poll(task_id)
            answers.append(response.json())
            if response.status_code == 200 and done(answers[-1]):
                return answers
        raise AssertionError(f"not within a minute; last: {answers[-1]}")

    def ended(self, task_id: str) -> list[dict[str, Any]]:
        """Every answer up to the last."""
        return self.until(task_id, lambda a: a["status"].upper() in {"SUCCEEDED", "FAILED", "CANCELLED"})

    def finished(self, scenario: str = "", **more: Any) -> dict[str, Any]:
        """The last answer about a new task."""
        return self.ended(self.started(scenario, **more))[-1]

    def push(self, spec: Any) -> httpx.Response:
        return self.http.post("/sandbox/scenario", json={"spec": spec})

    def ledger(self) -> dict[str, Any]:
        return self.http.get("/sandbox/ledger").json()  # type: ignore[no-any-return]

    def posts(self) -> list[dict[str, Any]]:
        return self.ledger()["posts"]  # type: ignore[no-any-return]
