"""The sandbox of ``use_sandbox()`` outlives its kernel, so that recovery is rehearsed as it is done."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import sandboxes
from kernels import Kernel, running
from present import present

from cometact_nb.errors import ConfigError
from cometact_nb.handles.config import Config
from cometact_nb.handles.resume import take_up_all
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess

SETUP = "import cometact_nb as act\nsandbox = act.use_sandbox(75)"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own, so that no test comes upon another's sandbox, and none goes on after its test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("COMETACT_NB_SANDBOX_CLIP_S", "0.25")
    yield folder
    sandboxes.end(folder)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[Session]]:
    made: list[Session] = []
    yield made
    for one in made:
        one.close()


def new(opened: list[Session], folder: Path) -> Session:
    """A session as a kernel has it that starts in ``folder``."""
    made = Session(Config(history=str(folder / "history.sqlite"), output_dir=folder / "clips"))
    opened.append(made)
    return made


def posts(state: Path) -> int:
    return len(httpx.get(f"{sandboxes.card(state)['base_url']}/sandbox/ledger", timeout=60).json()["posts"])


#: Ends the kernel at a moment in the middle of a sweep when no request is on its way: what is sent at such a moment
#: is honestly UNCONFIRMED, and another test's affair.
KILLED = """
slow = act.submit(character=f"{sandbox.character}?scenario=slow-task", reference=sandbox.reference)
s = act.sweep(character=sandbox.character, reference=sandbox.reference, seed=range(1, 7), name="six")
import os, signal
def end_mid_sweep(*_):
    now = [cell.status for cell in s.cells]
    if "SUCCEEDED" in now and "QUEUED" in now and "SUBMITTING" not in now:
        open("slow task", "w").write(slow.id)
        os.kill(os.getpid(), signal.SIGKILL)
s.add_listener(end_mid_sweep)
s.run()
"""


def test_a_sweep_whose_kernel_is_killed_goes_on_in_the_next_one_as_the_readme_says(
    tmp_path: Path, state: Path
) -> None:
    with running(tmp_path) as client:
        first = Kernel(client)
        pid = first.value("__import__('os').getpid()")
        assert first.run(f"{SETUP.replace('75', '20')}\nact.configure(max_in_flight=2)")["status"] == "ok"
        client.execute(KILLED)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    slow = (tmp_path / "slow task").read_text()
    with running(tmp_path) as client:
        second = Kernel(client)
        assert second.run(SETUP)["status"] == "ok"
        assert "1 sweep going on" in second.run("print(act.resume())")["text"]
        assert second.run(f"act.task({slow!r}[:8]).wait(120)")["status"] == "ok"
        assert second.run("s = act.sweep_by_name('six').wait(120)")["status"] == "ok"
        assert second.value("[cell.status for cell in s.cells]") == ["SUCCEEDED"] * 6
        assert posts(state) == 7


def test_a_new_kernel_finds_the_sandbox_that_runs_and_a_restarted_one_serves_the_same_clip(
    tmp_path: Path, state: Path, opened: list[Session]
) -> None:
    first = new(opened, tmp_path)
    box = present(first.use_sandbox(75))
    done = first.submit(character=box.character, reference=box.reference, seed=1).wait(60)
    open_one = first.submit(character=f"{box.character}?scenario=never-ends", reference=box.reference)
    before = present(done.clip).path.read_bytes()
    first.close()

    second = new(opened, tmp_path / "another project")
    again = present(second.use_sandbox(75))
    assert again.base_url == box.base_url
    os.kill(sandboxes.card(state)["pid"], signal.SIGKILL)  # a machine that was restarted
    third = new(opened, tmp_path / "a third")
    restarted = present(third.use_sandbox(75))
    assert restarted.base_url == box.base_url
    found = third.task(present(done.id)).wait(60)
    assert present(found.clip).path.read_bytes() == before
    assert third.task(present(open_one.id)).refresh().status in {"PENDING", "RUNNING"}
    assert posts(state) == 2


def test_its_token_is_for_this_user_alone_and_nobody_else_buys_or_ends_anything(
    state: Path, tmp_path: Path, opened: list[Session]
) -> None:
    box = present(new(opened, tmp_path).use_sandbox(75))
    card = state / "cometact_nb-user" / "sandbox" / "sandbox.json"
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    assert stat.S_IMODE(card.parent.stat().st_mode) == 0o700
    token = json.loads(card.read_text())["token"]
    assert token not in repr(box)
    body = {"character": {"type": "image", "uri": box.character}}
    for key in ("sandbox-key", f"{token}x", ""):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        for route in ("stop", "reset", "client", "scenario"):
            answer = httpx.post(f"{box.base_url}/sandbox/{route}", json={}, headers=headers, timeout=60)
            assert answer.status_code == 401, route
        path = "/runwayml/v1/character_performance"
        assert httpx.post(box.base_url + path, json=body, headers=headers, timeout=60).status_code == 401
    assert box.alive


def test_speed_and_scenario_belong_to_the_one_who_asked_for_them(
    tmp_path: Path, opened: list[Session]
) -> None:
    plain, faulty = new(opened, tmp_path / "a"), new(opened, tmp_path / "b")
    box = present(plain.use_sandbox(75))
    other = present(faulty.use_sandbox(300, scenario="http-503"))
    assert (other.base_url, box.speed, other.speed) == (box.base_url, 75, 300)
    with pytest.raises(Exception, match="503"):
        faulty.submit(character=box.character, reference=box.reference)
    assert plain.submit(character=box.character, reference=box.reference).wait(60).clip


def test_one_that_was_started_by_hand_keeps_its_speed_unless_another_is_asked_for(
    tmp_path: Path, opened: list[Session], sandbox: SandboxProcess
) -> None:
    session = new(opened, tmp_path)
    assert present(session.use_sandbox(url=sandbox.base_url)).speed == sandbox.speed
    assert session.config.time_scale == 1 / sandbox.speed
    assert present(session.use_sandbox(20, url=sandbox.base_url)).speed == 20


def test_a_wrong_setting_is_named_and_leaves_the_session_as_it_was(
    tmp_path: Path, opened: list[Session]
) -> None:
    session = new(opened, tmp_path)
    before = session.config
    for options, words in (
        ({"scenario": "lost-anser"}, "Did you mean lost-answer"),
        ({"speeed": 3}, "'speeed' is no setting of the sandbox"),
        ({"shape": "round"}, "shape='round' is none of: bare"),
        ({"concurrency": 0}, "concurrency=0 is not above 0"),
    ):
        with pytest.raises(ConfigError, match=words):
            session.use_sandbox(75, **options)
    assert session.config == before


OTHER = """
import sys, cometact_nb as act
act.use_sandbox(75)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_reset_asks_while_another_notebook_uses_the_sandbox(
    tmp_path: Path, state: Path, opened: list[Session]
) -> None:
    session = new(opened, tmp_path)
    box = present(session.use_sandbox(75))
    task = session.submit(character=f"{box.character}?scenario=never-ends", reference=box.reference)
    with subprocess.Popen(
        [sys.executable, "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(ConfigError, match="Another notebook uses this sandbox"):
            box.reset()
        assert posts(state) == 1
        other.communicate("")
    box.reset()
    assert posts(state) == 0
    assert present(session.use_sandbox(75)).alive
    assert task.id


def test_a_sandbox_of_another_version_is_replaced_and_its_tasks_are_kept(
    tmp_path: Path, state: Path, opened: list[Session]
) -> None:
    session = new(opened, tmp_path)
    box = present(session.use_sandbox(75))
    task = session.submit(character=f"{box.character}?scenario=never-ends", reference=box.reference)
    session.close()
    old = sandboxes.card(state)
    card = state / "cometact_nb-user" / "sandbox" / "sandbox.json"
    card.write_text(json.dumps({**old, "build": "of an earlier version"}))
    later = new(opened, tmp_path)
    newer = present(later.use_sandbox(75))
    assert sandboxes.card(state)["pid"] != old["pid"]
    assert newer.base_url == box.base_url
    assert later.task(present(task.id)).refresh().status in {"PENDING", "RUNNING"}


def test_two_kernels_that_start_it_at_once_have_one_sandbox(tmp_path: Path) -> None:
    code = "import cometact_nb as act; print(act.use_sandbox(75).base_url)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = {one.communicate(timeout=120)[0] for one in both}
    assert [one.returncode for one in both] == [0, 0, 0]
    assert len(told) == 1


def test_it_ends_when_nobody_needs_it_and_when_its_state_is_taken_away(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cometact_nb.sandbox", "--json", "--state"]
    idle = subprocess.Popen(
        [*command, str(tmp_path / "a"), "--idle-s", "0.1"], stdout=subprocess.PIPE, text=True
    )
    with idle:
        assert idle.wait(60) == 0
    gone = subprocess.Popen([*command, str(tmp_path / "b")], stdout=subprocess.PIPE, text=True)
    with gone:
        assert gone.stdout is not None
        gone.stdout.readline()
        (tmp_path / "b" / "sandbox.json").unlink()
        assert gone.wait(60) == 0


def test_where_nothing_can_be_kept_it_ends_with_its_session(
    tmp_path: Path, opened: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a file"))
    session = new(opened, tmp_path)
    box = present(session.use_sandbox(75))
    assert box.process is not None
    assert box.alive
    session.close()
    assert not box.alive


def test_a_resume_while_the_sandbox_does_not_run_writes_off_none_of_its_tasks(
    tmp_path: Path, opened: list[Session], sandbox: SandboxProcess
) -> None:
    first = new(opened, tmp_path)
    box = present(first.use_sandbox(75))
    task = first.submit(character=box.character, reference=box.reference)
    first.close()
    box.stop()
    elsewhere = new(opened, tmp_path)
    elsewhere.use_sandbox(sandbox.speed, url=sandbox.base_url)
    resumed = take_up_all(elsewhere)
    assert resumed.gone == ()
    assert box.base_url in resumed.elsewhere
    elsewhere.close()
    back = new(opened, tmp_path)
    back.use_sandbox(75)
    assert back.task(present(task.id)).wait(60).clip


def test_its_own_address_leads_to_it_also_by_hand(tmp_path: Path, opened: list[Session]) -> None:
    box = present(new(opened, tmp_path / "a").use_sandbox(75))
    session = new(opened, tmp_path / "b")
    assert present(session.use_sandbox(300, url=box.base_url)).speed == 300
    assert session.submit(character=box.character, reference=box.reference).wait(60).clip


def test_one_that_was_started_by_hand_is_ended_there(
    tmp_path: Path, opened: list[Session], sandbox: SandboxProcess
) -> None:
    box = present(new(opened, tmp_path).use_sandbox(url=sandbox.base_url))
    with pytest.raises(ConfigError, match="was started by hand: end it there"):
        box.stop()
    assert box.alive


def test_a_program_that_speaks_no_http_is_no_sandbox(tmp_path: Path, opened: list[Session]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_greet_in_another_protocol, args=(server,))
        answering.start()
        with pytest.raises(ConfigError, match="There is no sandbox at"):
            new(opened, tmp_path).use_sandbox(url=f"http://127.0.0.1:{server.getsockname()[1]}")
        answering.join(30)


def _greet_in_another_protocol(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"220 mail.example.com ready\r\n")


def test_a_port_that_another_program_has_by_now_gets_no_key(
    tmp_path: Path, state: Path, opened: list[Session]
) -> None:
    session = new(opened, tmp_path)
    box = present(session.use_sandbox(75))
    box.stop()
    while box.alive:
        pass
    port = int(box.base_url.rpartition(":")[2])
    server = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()"
    with subprocess.Popen(
        [sys.executable, "-c", server, str(port)], stderr=subprocess.PIPE, text=True
    ) as other:
        while not _listens(port):
            assert other.poll() is None
        assert present(session.use_sandbox(75)).base_url != box.base_url
        other.kill()
        assert other.stderr is not None
        assert "POST" not in other.stderr.read()


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
