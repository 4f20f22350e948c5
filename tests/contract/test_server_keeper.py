"""The keeper inside a real Jupyter server: it is off, is switched on, learns of kernels that end, and ends with it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sandboxes
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_servers import TOKEN, JupyterServer
from waiting import until

from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.watchers import watchers

SILENT = "silent"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose user has a sandbox of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield tmp_path / "project"
    sandboxes.end(tmp_path / "state")


@pytest.fixture
def serving(project: Path, tmp_path: Path) -> Iterator[Callable[..., JupyterServer]]:
    """Starts servers, and ends them."""
    servers: list[JupyterServer] = []

    def begin(*options: str, **env: str) -> JupyterServer:
        folder = tmp_path / f"server-{len(servers)}"
        history = str(project / "history.sqlite")
        servers.append(JupyterServer(folder, *options, root=project, COMETACT_NB_HISTORY=history, **env))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def leave(project: Path, **options: Any) -> str:
    """A kernel practises in the sandbox, submits, and is gone; the task's key."""
    session = Session(Config(history=str(project / "history.sqlite"), output_dir=project / "clips"))
    sandbox = session.use_sandbox(300, clip_s=0.25, **options)
    assert sandbox is not None
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    session.close()
    return task.key


def write_kernelspec(server: JupyterServer) -> None:
    """Let the server start kernels whose output is not in its log."""
    command = f'exec {shlex.quote(sys.executable)} -m ipykernel_launcher -f "$0" >/dev/null 2>&1'
    spec = {"argv": ["sh", "-c", command, "{connection_file}"], "display_name": SILENT, "language": "python"}
    folder = server.home / "data" / "kernels" / SILENT
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))


def wait_for_kernel(server: JupyterServer, kernel_id: str) -> None:
    """Return when the kernel answers: one that still starts is told to end by an interrupt."""
    client = BlockingKernelClient(connection_file=str(server.home / "runtime" / f"kernel-{kernel_id}.json"))
    client.load_connection_file()
    client.start_channels(hb=False)
    try:
        client.kernel_info(reply=True, timeout=90)
    finally:
        client.stop_channels()


def fetched(project: Path) -> int:
    return len(list((project / "clips").glob("*.mp4")))


def test_it_is_off_until_it_is_switched_on(project: Path, serving: Callable[..., JupyterServer]) -> None:
    key = leave(project)
    server = serving()
    status = server.get("status")["keeper"]
    assert (status["on"], status["possible"], status["watching"]) == (False, True, 0)
    assert server.get("status")["histories"][0]["unfinished"] == 1
    on = server.ask("keeper", "POST", json={"on": True}).json()["keeper"]
    assert on["on"] is True
    until(lambda: server.get(f"tasks/{key}")["task"]["clip"])
    assert fetched(project) == 1
    until(lambda: server.get("status")["keeper"]["watching"] == 0)
    status = server.get("status")["keeper"]
    assert (status["fetched"], status["problem"]) == (1, "")
    off = server.ask("keeper", "POST", json={"on": False}).json()["keeper"]
    assert (off["on"], off["fetched"]) == (False, 1)


def test_an_administrator_can_forbid_it(project: Path, serving: Callable[..., JupyterServer]) -> None:
    leave(project)
    server = serving("--CometactNb.keeper=False", COMETACT_NB_KEEPER="1")
    assert server.get("status")["keeper"]["possible"] is False
    answer = server.ask("keeper", "POST", json={"on": True})
    assert answer.status_code == 400
    assert "administrator" in answer.json()["message"]
    assert server.get("status")["keeper"]["on"] is False


def test_it_learns_from_its_server_that_a_kernel_ended_and_ends_with_it(
    project: Path, serving: Callable[..., JupyterServer]
) -> None:
    server = serving(COMETACT_NB_KEEPER="1")
    until(lambda: server.get("status")["keeper"]["on"])
    kernels, login = f"{server.address}/api/kernels", {"Authorization": f"token {TOKEN}"}
    write_kernelspec(server)
    begun = httpx.post(kernels, json={"name": SILENT}, headers=login, trust_env=False, timeout=60)
    assert begun.status_code == 201, begun.text
    wait_for_kernel(server, begun.json()["id"])
    leave(project)
    httpx.delete(f"{kernels}/{begun.json()['id']}", headers=login, trust_env=False, timeout=60)
    until(lambda: fetched(project) == 1)  # no page asked meanwhile
    key = leave(project, scenario="slow-task")
    until(lambda: server.get("status")["keeper"]["tasks"] == [key])
    history = History(str(project / "history.sqlite"))
    try:
        assert watchers(history, 0).keys() == {key}
        server.stop()
        assert server.process.returncode == 0
        assert watchers(history, 0) == {}
    finally:
        history.close()
    log = server.log.read_text()
    assert "Traceback" not in log
