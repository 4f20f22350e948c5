"""A sandbox whose tasks take a quarter of a second, and a client of it that has no opinion."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
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


@pytest.fixture(scope="session")
def server() -> Iterator[SandboxProcess]:
    """A sandbox of this folder's own; 75 s pass in a quarter of one."""
    process = SandboxProcess(speed=300)
    yield process
    process.stop()


@pytest.fixture
def api(server: SandboxProcess) -> Iterator[Api]:
    """A client of a sandbox with empty books."""
    made = Api(server)
    made.http.post("/sandbox/reset")
    yield made
    made.close()


@pytest.fixture
def sandbox_with() -> Iterator[Callable[..., Api]]:
    """A client of a new sandbox with options of its own."""
    made: list[Api] = []

    def start(*options: str, speed: float = 300) -> Api:
        made.append(Api(SandboxProcess(*options, speed=speed)))
        return made[-1]

    yield start
    for api in made:
        api.close()
        api.sandbox.stop()
