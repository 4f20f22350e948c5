"""What several rooms' tests share: one sandbox process, and sessions that leave nothing behind."""

from __future__ import annotations

import itertools
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import platformdirs
import pytest
import sandboxes
from certificates import read_one
from jupyter_client.connect import LocalPortCache
from services import SandboxProcess, new_session

from cometact_nb.domain.price_list import PriceList
from cometact_nb.domain.service import DEFAULT_BASE_URL
from cometact_nb.handles.session import Session
from cometact_nb.store import price_cache

# Whoever imports jsonschema, which no test asks about the form of an address, builds a grammar for a second or two for that.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
# Whoever runs the tests has a history and perhaps a key: no test, nor any process it starts, may come upon them.
for _name in (
    "COMETAPI_KEY",
    "COMETAPI_BASE_URL",
    "COMETACT_NB_OUTPUT_DIR",
    "COMETACT_NB_SANDBOX",
    "COMETACT_NB_WAIT",
    "COMETACT_NB_LOOK",
):
    os.environ.pop(_name, None)
os.environ["COMETACT_NB_HISTORY"] = ":memory:"
#: The id that approvals are bound to, and the sandbox that outlives kernels: the same for every process of a run,
#: and not the user's own.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="state-")
_samples = Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False)) / "sandbox"
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="cache-")
with suppress(OSError):  # the sandbox's own pictures are the same for all, and take seconds to draw
    _samples.mkdir(parents=True, exist_ok=True)
    _cache = Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False))
    _cache.mkdir(parents=True)
    (_cache / "sandbox").symlink_to(_samples)
_TODAY = time.strftime("%Y-%m-%d")
#: A list of today without this model: no test, nor any process it starts, asks the public service for one.
price_cache.remember(PriceList(DEFAULT_BASE_URL, time.time(), _TODAY))
read_one()
with suppress(ImportError):  # some lanes of the matrix do without it
    from hypothesis import HealthCheck, settings

    # A busy machine makes examples, and the tests of them, slow; that is no fault of what is tested.
    settings.register_profile(
        "busy machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("busy machine")


class KernelPorts(LocalPortCache):
    """Ports for kernels from below the range that systems hand out, a stretch for each parallel worker.

    A kernel binds its ports a while after they were found free; by then, a port out of the system's own range may
    have gone to an outgoing connection, and one of another worker's stretch to a kernel of that one.
    """

    _STRETCH = 2_000
    _first = 10_000 + _STRETCH * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 11)
    _next = itertools.count(random.randrange(_STRETCH))

    def find_available_port(self, ip: str) -> int:
        while True:
            port = self._first + next(self._next) % self._STRETCH
            with socket.socket() as probe:
                try:
                    probe.bind((ip, port))
                except OSError:
                    continue
            return port


KernelPorts.instance()  # every kernel manager in this process asks this one


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess()
    yield process
    process.stop()


@pytest.fixture
def sandbox(shared_sandbox: SandboxProcess) -> SandboxProcess:
    """The shared sandbox with empty books."""
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture(scope="session", params=["bare", "wrapped", "alternating"])
def shaped_sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxProcess]:
    """A sandbox for each documented shape of a task, and one that cannot decide."""
    process = SandboxProcess("--shape", request.param)
    yield process
    process.stop()


@pytest.fixture
def session(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Session]:
    made = new_session(tmp_path, sandbox)
    yield made
    made.close()


def pytest_sessionfinish() -> None:
    """End the sandbox of this run: it would outlive the tests by half an hour."""
    sandboxes.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put browser tests last: Playwright's loop stays on the main thread until the end. Notebooks, long ones, come first."""
    items.sort(
        key=lambda item: (
            item.get_closest_marker("browser") is not None,
            item.path.parent.name != "notebooks",
        )
    )
