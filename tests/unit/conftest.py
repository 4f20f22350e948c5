"""Engines and whole kernels on virtual clocks, against services that are scripted at the transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted import Service
from virtual_clock import VirtualClock
from virtual_kernel import Kernels, Vendor, VirtualKernel

from cometact_nb.api.client import Client
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.store.journal.history import History


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def service(clock: VirtualClock) -> Service:
    return Service(clock)


@pytest.fixture
def engines(clock: VirtualClock, service: Service) -> Iterator[Callable[..., Engine]]:
    """Makes engines on the virtual clock, and closes them."""
    made: list[Engine] = []

    def make(path: str = ":memory:", **options: Any) -> Engine:
        client = lambda: Client(httpx.MockTransport(service))  # noqa: E731
        made.append(Engine(path, lambda job: None, clock=clock, rand=lambda: 0.5, client=client, **options))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def engine(engines: Callable[..., Engine]) -> Engine:
    return engines()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    endpoint = Endpoint("https://api.cometapi.com", Secret("sk-canary"))
    return Job(TaskState(key=new_key()), endpoint, tmp_path / "clips")


@pytest.fixture
def history() -> Iterator[History]:
    made = History(":memory:")
    yield made
    made.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[History]]:
    """Two connections to one file, as two kernels have them."""
    made = [History(str(tmp_path / "history.sqlite")) for _ in range(2)]
    yield made
    for one in made:
        one.close()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def kernels(vendor: Vendor, tmp_path: Path) -> Iterator[Kernels]:
    """Makes kernels with one history, and closes them."""
    made: list[VirtualKernel] = []

    def make(**settings: Any) -> VirtualKernel:
        made.append(VirtualKernel(vendor, tmp_path, **settings))
        return made[-1]

    yield make
    vendor.answers_polls.set()
    vendor.let_go.set()
    for kernel in made:
        kernel.close()


@pytest.fixture
def kernel(kernels: Kernels) -> VirtualKernel:
    return kernels()
