"""A Jupyter server killed at any instant while it keeps tasks: the next keeper goes on, and nothing is paid or left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sandboxes
from present import present
from waiting import until

from cometact_nb.domain.task import Status
from cometact_nb.handles.config import Config
from cometact_nb.handles.keeping import KeepingCore
from cometact_nb.handles.session import Session
from cometact_nb.store.clips.video import looks_like_video
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.watchers import watchers

SERVERS = Path(__file__).parents[1] / "support" / "dying_servers.py"
#: ``KILL_RUNS=120 pytest tests/contract/test_server_kills.py`` for a long run.
RUNS = int(os.environ.get("KILL_RUNS", "2"))
TASKS = 3
#: Instants of a server's life that were met, for the last line of a long run.
MET: Counter[str] = Counter()


class Place:
    """A user's home with a sandbox of their own, and servers to be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        session = Session(Config(history=str(folder / "none.sqlite")))
        sandbox = present(session.use_sandbox(300, clip_s=0.25, concurrency=50))
        self.base_url, self.character, self.reference = sandbox.base_url, sandbox.character, sandbox.reference
        session.close()
        command = [sys.executable, str(SERVERS), str(folder)]
        self.servers = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def posts(self) -> int:
        """The number of paid requests so far."""
        return len(httpx.get(f"{self.base_url}/sandbox/ledger", trust_env=False, timeout=60).json()["posts"])

    def leave(self, work: Path, run: int) -> list[str]:
        """A kernel submits tasks, and is gone before their ends; their keys."""
        session = Session(Config(history=str(work / "history.sqlite"), output_dir=work / "clips"))
        session.use_sandbox(300, clip_s=0.25, concurrency=50)
        character = f"{self.character}?run={run}&n="
        tasks = [session.submit(character=f"{character}{n}", reference=self.reference) for n in range(TASKS)]
        session.close()
        return [task.key for task in tasks]

    def kill_one(self, history: Path, chance: random.Random) -> str:
        """Begin a server with its keeper, and kill it at some instant; what it was doing."""
        present(self.servers.stdin).write(f"{history}\n")
        present(self.servers.stdin).flush()
        pid = int(present(self.servers.stdout).readline())
        met = "at its start"
        if chance.random() < 0.7:
            book = History(str(history))
            until(lambda: watchers(book, 0))
            book.close()
            met = "while it kept tasks"
            threading.Event().wait(chance.uniform(0, 0.6))
        else:
            threading.Event().wait(chance.uniform(0, 1.5))
        os.kill(pid, signal.SIGKILL)
        assert int(present(self.servers.stdout).readline()) == -signal.SIGKILL
        return met

    def stop(self) -> None:
        """End what it began."""
        present(self.servers.stdin).close()
        self.servers.wait(60)
        present(self.servers.stdout).close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("servers")
    with pytest.MonkeyPatch.context() as own:
        own.setenv("XDG_STATE_HOME", str(folder / "state"))
        own.setenv("HOME", str(folder))
        for name in [name for name in os.environ if name.startswith("COMETA")]:
            own.delenv(name)
        made = Place(folder)
        yield made
        made.stop()
        sandboxes.end(folder / "state")


def states(history: Path) -> dict[str, Any]:
    """The tasks of a history by their key."""
    book = History(str(history))
    rows = {row.state.key: row.state for row in book.rows("", ())}
    book.close()
    return rows


@pytest.mark.parametrize("run", range(RUNS))
def test_a_server_may_die_at_any_instant_of_its_keeper(place: Place, run: int) -> None:
    chance, work = random.Random(run), place.folder / str(run)
    history = work / "history.sqlite"
    keys = place.leave(work, run)
    posts = place.posts()
    met = place.kill_one(history, chance)
    ended = sum(bool(state.clips) for state in states(history).values())
    MET[f"{met}, {ended} of {TASKS} clips fetched"] += 1
    core = KeepingCore(Config(history=str(history)), work / "elsewhere")
    try:
        core.wake()
        until(lambda: all(state.clips for state in states(history).values()))
        until(lambda: core.report().watching == ())
    finally:
        core.close()
    after = states(history)
    assert [after[key].status for key in keys] == [Status.SUCCEEDED] * TASKS
    clips = sorted((work / "clips").glob("*.mp4"))
    assert len(clips) == TASKS
    assert all(looks_like_video(clip.read_bytes()[:64]) for clip in clips)
    assert not list((work / "clips").glob(".*"))
    book = History(str(history))
    assert watchers(book, 0) == {}
    book.close()
    assert place.posts() == posts


def test_what_was_met(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        if RUNS > 2:
            print("\n", dict(MET))
