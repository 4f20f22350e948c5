"""An interrupt ends the wait and spares the task, however one waits."""

from __future__ import annotations

import threading

import pytest
from jupyter_client.manager import start_new_kernel
from lab import environment

SETUP = """
import asyncio, contextlib
import cometact_nb as act
from cometact_nb.handles import views
sandbox = act.use_sandbox(10, url={url!r})
def slow():
    return act.submit(character=sandbox.character, reference=sandbox.reference)
def say():
    print("waiting", flush=True)
class Telling(type(views.views())):
    @contextlib.contextmanager
    def waiting(self, task):
        yield say
views.install(Telling())
"""


@pytest.fixture
def kernel(shared_sandbox, tmp_path):
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path), env=environment(tmp_path))
    client.execute_interactive(
        SETUP.format(url=shared_sandbox.base_url), timeout=60, output_hook=lambda _: None
    )
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    "wait",
    [
        "task.wait()",
        "asyncio.get_running_loop().call_soon(say)\nawait task",  # said when the await lets the loop run
        "task.wait(nested=True)",
    ],
)
def test_an_interrupt_ends_the_wait_only_and_says_so(kernel, wait) -> None:
    manager, client = kernel
    errors: list[str] = []
    waiting = threading.Event()

    def collect(message) -> None:
        if (
            message["msg_type"] == "stream"
            and "waiting" in message["content"]["text"]
            and not waiting.is_set()
        ):
            waiting.set()
            manager.interrupt_kernel()
        if message["msg_type"] == "error":
            errors.append("\n".join(message["content"]["traceback"]))

    reply = client.execute_interactive(f"task = slow()\n{wait}", timeout=60, output_hook=collect)
    assert waiting.is_set()
    assert reply["content"]["status"] == "error"
    assert "goes on" in errors[0]
    assert "Traceback" not in errors[0]
    told: list[str] = []
    client.execute_interactive(
        "print(task.wait(60).status)",
        timeout=90,
        output_hook=lambda message: told.append(message["content"].get("text", "")),
    )
    assert "SUCCEEDED" in "".join(told)
