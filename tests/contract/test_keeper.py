"""The keeper watches what kernels left behind and fetches its clips: it buys nothing, yields, and ends clean."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from present import present
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.api.flow import NotSent
from cometact_nb.api.reading import ReadingClient
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import Status
from cometact_nb.handles.config import Config
from cometact_nb.handles.keeping import KeepingCore
from cometact_nb.handles.session import Session
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.watchers import is_watcher, watchers

RUNS = int(os.environ.get("KILL_RUNS", "10"))
KEY = "sandbox-key"


@pytest.fixture(scope="module")
def service() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--concurrency", "50", speed=300)
    yield process
    process.stop()


def settings(folder: Path, service: SandboxProcess) -> Config:
    """What a server's environment would say, on the service's fast clock."""
    config = Config(history=str(folder / "history.sqlite"), api_key=Secret(KEY), base_url=service.base_url)
    return replace(config, time_scale=1 / service.speed)


@pytest.fixture
def keeping() -> Iterator[Callable[..., KeepingCore]]:
    """Makes keepers, and ends them."""
    cores: list[KeepingCore] = []

    def begin(folder: Path, service: SandboxProcess) -> KeepingCore:
        cores.append(KeepingCore(settings(folder, service), folder / "elsewhere"))
        cores[-1].wake()
        return cores[-1]

    yield begin
    for core in cores:
        core.close()


def leave(folder: Path, service: SandboxProcess, character: str = "") -> str:
    """A kernel submits, and is gone before the end; the task's key."""
    session = new_session(folder, service)
    task = session.submit(character=character or service.character, reference=service.reference)
    session.close()
    return task.key


def recorded(folder: Path, key: str) -> Status:
    history = History(str(folder / "history.sqlite"))
    try:
        return present(history.find(key)).state.status
    finally:
        history.close()


def has_clip(folder: Path, key: str) -> bool:
    history = History(str(folder / "history.sqlite"))
    try:
        return bool(present(history.find(key)).state.clips)
    finally:
        history.close()


def test_a_clip_arrives_where_its_kernel_would_have_put_it(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    key, posts = leave(tmp_path, service), service.posts()
    core = keeping(tmp_path, service)
    until(lambda: has_clip(tmp_path, key))
    until(lambda: core.report().watching == ())
    assert core.report().fetched == 1
    assert len(list((tmp_path / "clips").glob("*.mp4"))) == 1
    assert not (tmp_path / "elsewhere").exists()
    assert service.posts() == posts


def test_a_task_of_an_earlier_version_goes_to_the_servers_own_folder(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    key = leave(tmp_path, service)
    with sqlite3.connect(tmp_path / "history.sqlite") as db:
        db.execute("UPDATE tasks SET state = json_remove(state, '$.output_dir')")
    db.close()
    keeping(tmp_path, service)
    until(lambda: has_clip(tmp_path, key))
    assert len(list((tmp_path / "elsewhere").glob("*.mp4"))) == 1


def test_a_sweeps_unsent_cells_are_not_bought(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    session = new_session(tmp_path, service)
    session.configure(max_in_flight=1)
    sweep = session.sweep(character=service.character, reference=service.reference, replicates=6, name="left")
    sweep.run(yes=True, canary=False)
    until(lambda: any(cell.task is not None and cell.task.id for cell in sweep.cells))
    session.close()
    posts = service.posts()
    core = keeping(tmp_path, service)
    until(lambda: core.report().fetched > 0)
    until(lambda: core.report().watching == ())
    assert service.posts() == posts
    later = new_session(tmp_path, service)
    try:
        assert later.sweep_by_name("left", resume=False).to_buy() > 0, "cells are left for a kernel to buy"
    finally:
        later.close()


def test_its_way_to_the_service_lets_only_questions_through(service: SandboxProcess) -> None:
    posts = service.posts()
    asyncio.run(ask_all(Endpoint(service.base_url, Secret(KEY))))
    assert service.posts() == posts


async def ask_all(endpoint: Endpoint) -> None:
    client = ReadingClient()
    try:
        assert isinstance(await client.create(endpoint, {"model": "act_two"}), NotSent)
        assert isinstance(await client.cancel(endpoint, "an-id"), NotSent)
        assert isinstance(await client.change_input(endpoint, "x.png", b"x", "image/png", 5), NotSent)
        assert not isinstance(await client.retrieve(endpoint, "an-id"), NotSent)
    finally:
        await client.aclose()


def test_the_key_goes_to_no_other_service(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    leave(tmp_path, service)
    other = SandboxProcess(speed=300)
    try:
        core = KeepingCore(replace(settings(tmp_path, service), base_url=other.base_url), tmp_path / "x")
        core.wake()
        until(lambda: core.report().elsewhere == 1)
        assert core.report().watching == ()
        core.close()
    finally:
        other.stop()


def test_without_a_key_it_says_so(service: SandboxProcess, tmp_path: Path) -> None:
    key = leave(tmp_path, service)
    with sqlite3.connect(tmp_path / "history.sqlite") as db:
        db.execute("UPDATE tasks SET state = json_set(state, '$.base_url', 'https://api.cometapi.com')")
    db.close()
    core = KeepingCore(Config(history=str(tmp_path / "history.sqlite")), tmp_path)
    core.wake()
    until(lambda: core.report().problem)
    assert "COMETAPI_KEY" in core.report().problem
    core.close()
    assert recorded(tmp_path, key) is not Status.SUCCEEDED


def test_somebody_elses_history_is_left_alone(
    keeping: Callable[..., KeepingCore],
    service: SandboxProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as other:
        other.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
        leave(tmp_path, service)
    core = keeping(tmp_path, service)
    until(lambda: core.report().problem)
    assert core.report().watching == ()


# --- kernels and other keepers ------------------------------------------------------------------------


def test_a_kernels_task_is_left_to_it(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    session = new_session(tmp_path, service)
    task = session.submit(character=service.playing("slow-task"), reference=service.reference)
    history = History(str(tmp_path / "history.sqlite"))
    try:
        until(lambda: watchers(history, 0).get(task.key))
        core = keeping(tmp_path, service)
        until(lambda: core.report().kernels == 1)
        assert core.report().watching == ()
    finally:
        history.close()
        session.close()


def test_a_kernel_that_comes_back_takes_its_task_from_the_keeper(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    key = leave(tmp_path, service, service.playing("slow-task"))
    core = keeping(tmp_path, service)
    until(lambda: core.report().watching == (key,))
    session = new_session(tmp_path, service)
    try:
        task = session.task(key)
        until(lambda: session.engine.call(owns(session, key)).result())
        until(lambda: core.report().watching == ())
        until(lambda: core.report().kernels == 1)
        task.wait(60)
        assert len(list((tmp_path / "clips").glob("*.mp4"))) == 1
    finally:
        session.close()


async def owns(session: Session, key: str) -> bool:
    return is_watcher(session.engine.history, key)


def test_two_keepers_do_not_both_poll_and_the_second_follows_the_first(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    key = leave(tmp_path, service, service.playing("slow-task"))
    first = keeping(tmp_path, service)
    until(lambda: first.report().watching == (key,))
    second = keeping(tmp_path, service)
    until(lambda: second.report().kernels == 1)
    assert second.report().watching == ()
    first.close()
    second.wake()
    until(lambda: second.report().watching == (key,))
    until(lambda: has_clip(tmp_path, key))
    assert len(list((tmp_path / "clips").glob("*.mp4"))) == 1


VICTIM = """
import sys, time
sys.path.insert(0, {support!r})
from pathlib import Path
from services import new_session
class There: base_url, speed = {base_url!r}, 300.0
session = new_session(Path({folder!r}), There)
sandbox = session.sandbox
task = session.submit(character=sandbox.character + "?scenario=slow-task", reference=sandbox.reference)
print(task.key, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the system does not tell when a process ends")
def test_it_learns_of_a_dead_kernel_without_looking_again(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    support = str(Path(__file__).parents[1] / "support")
    code = VICTIM.format(support=support, base_url=service.base_url, folder=str(tmp_path))
    kernel = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    key = present(kernel.stdout).readline().strip()
    history = History(str(tmp_path / "history.sqlite"))
    try:
        until(lambda: watchers(history, 0).get(key))
    finally:
        history.close()
    core = keeping(tmp_path, service)
    until(lambda: core.report().kernels == 1)
    kernel.kill()  # nobody waits for it yet: it is a zombie, as a server's kernel is for a while
    until(lambda: core.report().watching == (key,))
    until(lambda: has_clip(tmp_path, key))
    kernel.wait()
    present(kernel.stdin).close()
    present(kernel.stdout).close()


def claim_from_elsewhere(folder: Path, key: str, owner: str) -> None:
    """Another process claims a task for some seconds, and is not heard of again."""
    with sqlite3.connect(folder / "history.sqlite") as db:
        claim = "UPDATE tasks SET watcher = ?, watched_until = ? WHERE key = ?"
        db.execute(claim, (owner, time.time() + 5, key))
    db.close()


@pytest.mark.parametrize("machine", ["another-machine", socket.gethostname()])
def test_where_the_end_of_a_process_cannot_be_heard_that_of_its_claim_counts(
    keeping: Callable[..., KeepingCore],
    service: SandboxProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: str,
) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    key = leave(tmp_path, service)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as kernel:
        claim_from_elsewhere(tmp_path, key, f"{machine}/{kernel.pid}/x")
        core = keeping(tmp_path, service)
        until(lambda: core.report().kernels == 1 or has_clip(tmp_path, key))
        kernel.kill()
    until(lambda: has_clip(tmp_path, key))


def test_with_nothing_to_watch_its_thread_sleeps(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    key = leave(tmp_path, service)
    core = keeping(tmp_path, service)
    until(lambda: has_clip(tmp_path, key))
    until(lambda: core.report().watching == ())

    async def timers() -> list[float]:
        loop = asyncio.get_running_loop()
        return [timer.when() - loop.time() for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]

    until(lambda: core.engine.call(timers()).result() == [])


def test_it_leaves_no_thread_and_no_claim(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path
) -> None:
    key = leave(tmp_path, service, service.playing("slow-task"))
    before = set(threading.enumerate())
    core = keeping(tmp_path, service)
    until(lambda: core.report().watching == (key,))
    core.close()
    until(lambda: {one for one in threading.enumerate() if one.name == "cometact_nb"} <= before)
    history = History(str(tmp_path / "history.sqlite"))
    assert watchers(history, 0) == {}
    history.close()


# --- killed at any instant ----------------------------------------------------------------------------

KEEPER = """
import sys
from pathlib import Path
from dataclasses import replace
sys.path.insert(0, {support!r})
from cometact_nb.domain.service import Secret
from cometact_nb.handles.config import Config
from cometact_nb.handles.keeping import KeepingCore
config = Config(history={history!r}, api_key=Secret("sandbox-key"), base_url={base_url!r})
core = KeepingCore(replace(config, time_scale=1 / 300), Path({folder!r}) / "elsewhere")
print("ready", flush=True)
core.wake()
sys.stdin.read()
"""


@pytest.mark.parametrize("seed", range(max(2, RUNS // 3)))
def test_a_keeper_may_die_at_any_instant(
    keeping: Callable[..., KeepingCore], service: SandboxProcess, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    keys = [leave(tmp_path, service, f"{service.character}?n={number}") for number in range(2)]
    posts = service.posts()
    support = str(Path(__file__).parents[1] / "support")
    code = KEEPER.format(
        support=support,
        history=str(tmp_path / "history.sqlite"),
        base_url=service.base_url,
        folder=str(tmp_path),
    )
    victim = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert present(victim.stdout).readline() == "ready\n"
    dying = threading.Timer(chance.uniform(0, 1.2), victim.send_signal, (signal.SIGKILL,))
    dying.start()
    victim.wait()
    dying.join()
    present(victim.stdin).close()
    present(victim.stdout).close()
    core = keeping(tmp_path, service)
    until(lambda: all(has_clip(tmp_path, key) for key in keys))
    until(lambda: core.report().watching == ())
    assert len(list((tmp_path / "clips").glob("*.mp4"))) == 2
    assert not list((tmp_path / "clips").glob(".*"))
    assert service.posts() == posts
