"""An interrupt ends the wait and spares the task, however one waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel
from kernels import Kernel
from lab import environment

if TYPE_CHECKING:
    from services import SandboxProcess

SETUP = """
import asyncio, contextlib
import cometact_nb as act
from cometact_nb.handles import views
sandbox = act.use_sandbox(75, url={url!r})
def slow():
    return act.submit(character=sandbox.character + "?scenario=never-ends", reference=sandbox.reference)
def say():
    print("waiting", flush=True)
class Telling(type(views.views())):
    @contextlib.contextmanager
    def waiting(self, task):
        yield say
views.install(Telling())
"""


@pytest.fixture(scope="module")
def kernel(
    shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any]]:
    folder = tmp_path_factory.mktemp("interrupts")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=environment(folder))
    assert Kernel(client).run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
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
def test_an_interrupt_ends_the_wait_only_and_says_so(
    kernel: tuple[Any, Any], sandbox: SandboxProcess, wait: str
) -> None:
    manager, client = kernel
    errors: list[str] = []
    waiting = threading.Event()

    def collect(message: dict[str, Any]) -> None:
        if (
            message["msg_type"] == "stream"
            and "waiting" in message["content"]["text"]
            and not waiting.is_set()
        ):
            waiting.set()
            manager.interrupt_kernel()
        if message["msg_type"] == "error":
            errors.append("\n".join(message["content"]["traceback"]))

    reply = client.execute_interactive(f"task = slow()\n{wait}", timeout=240, output_hook=collect)
    assert waiting.is_set()
    assert reply["content"]["status"] == "error"
    assert "goes on" in errors[0]
    assert "Traceback" not in errors[0]
    after = Kernel(client)
    assert after.value("[task.refresh().status, task.state.watching]")[1]
    assert sandbox.ledger()["deletes"] == []
    ended = after.run(
        "task.cancel()\ntask.wait()"
    )  # the status follows the service's word, with the next poll
    assert ended["outputs"][-1]["ename"] == "TaskCancelled", ended["text"]
    assert after.value("task.status") == "CANCELLED"
