"""A kernel killed at any instant: no id lost, nothing half-visible, nothing paid twice, and all can go on."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session

from cometact_nb.domain.search import Query
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, HistoryError
from cometact_nb.handles.session import Session
from cometact_nb.store.clips.video import looks_like_video
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.search import search

VICTIM = Path(__file__).parents[1] / "support" / "victim.py"
#: ``KILL_RUNS=300 pytest tests/contract/test_kills.py`` for a long run.
RANDOM_RUNS = int(os.environ.get("KILL_RUNS", "10"))


@pytest.fixture(scope="module")
def fast_sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--concurrency", "50", speed=300)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def victims(fast_sandbox: SandboxProcess) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(VICTIM), fast_sandbox.base_url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    present(process.stdin).close()
    process.wait(60)
    present(process.stdout).close()


def die_at(victims: subprocess.Popen[str], folder: Path, point: str, seed: int, what: str = "task") -> str:
    """Let a kernel live until ``point``; what it said."""
    folder.mkdir(exist_ok=True)
    present(victims.stdin).write(f"{folder} {point} {seed} {what}\n")
    present(victims.stdin).flush()
    # The number of polls, and so of steps, varies a little: the last points may lie behind the end.
    assert int(present(victims.stdout).readline()) in {-signal.SIGKILL, 0}
    return (folder / "output").read_text()


def posts_of(sandbox: SandboxProcess, run: int) -> list[dict[str, Any]]:
    """The paid requests of one victim: each names its run in its character's URL."""
    return [
        post
        for post in sandbox.ledger()["posts"]
        if re.search(rf"\?run={run}(&|$)", post["body"]["character"]["uri"])
    ]


def settle(folder: Path, sandbox: SandboxProcess, output: str, seed: int) -> Status | None:
    """What a new kernel makes of what the dead one left; checked on the way."""
    posts = posts_of(sandbox, seed)
    accepted = [post["id"] for post in posts if post["accepted"]]
    assert len(posts) <= 1
    if not (folder / "history.sqlite").exists():
        assert not posts
        return None
    history = History(str(folder / "history.sqlite"))
    rows = search(history, Query())
    history.close()
    if not rows:
        assert not posts  # nothing is sent that is not on record
        return None
    assert len(rows) == 1
    for clip in (folder / "clips").glob("*.mp4"):
        assert looks_like_video(clip.read_bytes()[:16])
        assert clip.with_suffix(".json").exists()
    session = new_session(folder, sandbox)
    task = session.task(rows[0].state.key)
    known = re.search(r"submitted (\S+)", output)
    assert not known or task.id == known.group(1)  # an id, once known, is not lost
    if task.status is Status.UNCONFIRMED:
        if accepted:
            task.confirm(accepted[0])
        else:
            task.forget()
    try:
        task.wait(60)
    except ActTwoError:
        assert task.status in {Status.FORGOTTEN, Status.REFUSED}
    if task.status is Status.SUCCEEDED:
        assert len(list((folder / "clips").glob("*.mp4"))) == 1
    assert not list((folder / "clips").glob(".*"))
    assert len(posts_of(sandbox, seed)) == len(posts)  # settling sends nothing
    status = task.status
    session.close()
    return status


def steps(output: str) -> int:
    return len(re.findall(r"^\d+ ", output, re.MULTILINE))


def test_a_kernel_may_die_before_and_after_every_durable_step(
    victims: subprocess.Popen[str], fast_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    whole = die_at(victims, tmp_path / "whole", "0+", 10_000)
    assert "done" in whole
    points = [f"{number}{side}" for number in range(1, steps(whole) + 1) for side in "-+"]
    assert len(points) >= 24
    ends = set()
    for number, point in enumerate(points):
        output = die_at(victims, tmp_path / point, point, 20_000 + number)
        ends.add(settle(tmp_path / point, fast_sandbox, output, 20_000 + number))
    assert ends >= {Status.SUCCEEDED, Status.FORGOTTEN, None}


@pytest.mark.parametrize("seed", range(RANDOM_RUNS))
def test_a_kernel_may_die_at_any_instant(
    victims: subprocess.Popen[str], fast_sandbox: SandboxProcess, tmp_path: Path, seed: int
) -> None:
    after_s = random.Random(seed).uniform(0, 0.6)
    output = die_at(victims, tmp_path, f"{after_s:.4f}s", seed)
    settle(tmp_path, fast_sandbox, output, seed)


@pytest.mark.parametrize("seed", range(50_000, 50_000 + max(2, RANDOM_RUNS // 4)))
def test_a_kernel_may_die_while_it_resumes_a_download(
    victims: subprocess.Popen[str], fast_sandbox: SandboxProcess, tmp_path: Path, seed: int
) -> None:
    after_s = random.Random(seed).uniform(0.25, 1.2)
    output = die_at(victims, tmp_path, f"{after_s:.4f}s", seed, "cut")
    settle(tmp_path, fast_sandbox, output, seed)


@pytest.mark.parametrize("seed", range(60_000, 60_000 + max(3, RANDOM_RUNS // 4)))
def test_a_kernel_may_die_in_the_middle_of_a_sweep(
    victims: subprocess.Popen[str], fast_sandbox: SandboxProcess, tmp_path: Path, seed: int
) -> None:
    after_s = random.Random(seed).uniform(0, 1.2)
    die_at(victims, tmp_path, f"{after_s:.4f}s", seed, "sweep")
    session = new_session(tmp_path, fast_sandbox)
    try:
        finish_sweep(session, tmp_path, fast_sandbox, seed)
    finally:
        session.close()


def finish_sweep(session: Session, folder: Path, sandbox: SandboxProcess, seed: int) -> None:
    """The next kernel buys what is left, and the user settles what was in doubt; checked on the way."""
    try:
        sweep = session.sweep_by_name("killed").wait(60)
    except HistoryError:
        assert not posts_of(sandbox, seed)  # it died before anything was agreed to
        return
    known = {present(cell.task).id for cell in sweep.cells}
    lost = [post["id"] for post in posts_of(sandbox, seed) if post["accepted"] and post["id"] not in known]
    doubtful = [cell for cell in sweep.cells if cell.status == "UNCONFIRMED"]
    assert len(lost) <= len(doubtful) <= 1  # requests leave one after the other
    for cell in doubtful:
        if lost:
            present(cell.task).confirm(lost.pop())
        else:
            present(cell.task).forget()
    sweep.wait(60)
    posts = posts_of(sandbox, seed)
    assert len(posts) <= 4
    assert sweep.counts["SUCCEEDED"] == sum(post["accepted"] for post in posts)
    assert sweep.counts["SUCCEEDED"] + sweep.counts["FORGOTTEN"] == 4
    assert len(list((folder / "clips").glob("*.mp4"))) == sweep.counts["SUCCEEDED"]
    assert not list((folder / "clips").glob(".*"))
