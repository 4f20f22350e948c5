"""A sandbox whose tasks take a quarter of a second, and a client of it that has no opinion."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sandbox_api import Api
from services import SandboxProcess


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
