"""Several kernels at one sweep: a word in one stops the other; and the places at the service that all of them share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid
from waiting import until

from cometact_nb.errors import SweepPaused
from cometact_nb.handles.session import Session

#: Promised are two seconds, in which three places at the service take three more each; counted in requests, since a
#: busy machine is slow in all it does.
SOON_POSTS = 12

KERNEL = """
import json
import sys
import cometact_nb as act
history, output, url, speed, character = sys.argv[1:]
act.configure(history=history, output_dir=output, max_in_flight=3)
sandbox = act.use_sandbox(float(speed), url=url)
sweep = act.sweep(character=character, reference=sandbox.reference, seed=range(60), name="s")
sweep.add_listener(lambda s: print(s.state, flush=True))
sweep.run(canary=False)
sys.stdin.readline()
print(json.dumps(sweep.counts), flush=True)
"""


@pytest.fixture
def buying(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts another process that runs a sweep of 60 cells over a character."""
    begun: list[subprocess.Popen[str]] = []

    def start(character: str) -> subprocess.Popen[str]:
        place = [
            str(tmp_path / "history.sqlite"),
            str(tmp_path / "clips"),
            sandbox.base_url,
            str(sandbox.speed),
        ]
        process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, *place, character],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        until(lambda: sandbox.posts() > 0)
        return process

    yield start
    for process in begun:
        process.communicate("\n", timeout=60)


@pytest.mark.parametrize("word", ["pause", "cancel"])
@pytest.mark.parametrize("scenario", ["", "rate-limited:retry_after=300x500"], ids=["buying", "waiting"])
def test_a_word_in_one_kernel_stops_the_other_that_buys(
    session: Session,
    sandbox: SandboxProcess,
    buying: Callable[[str], subprocess.Popen[str]],
    word: str,
    scenario: str,
) -> None:
    other = buying(sandbox.playing(scenario) if scenario else sandbox.character)
    assert other.stdout is not None
    state = "paused" if word == "pause" else "cancelled"
    sweep = session.sweep_by_name("s", resume=False)
    before = sandbox.posts()
    getattr(sweep, word)()
    for line in other.stdout:
        if line.strip() == state:
            break
    present(other.stdin).write("\n")
    present(other.stdin).flush()
    counts = json.loads(next(line for line in other.stdout if line.startswith("{")))
    other.wait(60)  # then a request that was on its way has come or never will
    left = sum(counts.get(mark, 0) for mark in ("QUEUED", "STOPPED"))
    assert left > 0
    assert sandbox.posts() - before <= SOON_POSTS
    assert scenario or sandbox.posts() <= sum(counts.values()) - left
    assert session.sweeps()[0].state == state
    if scenario:
        assert sum(post["accepted"] for post in sandbox.ledger()["posts"]) == 0


def test_a_kernel_that_stops_by_itself_stops_no_other(tmp_path: Path, sandbox: SandboxProcess) -> None:
    kernels = [new_session(tmp_path, sandbox) for _ in range(2)]
    for kernel in kernels:
        kernel.configure(price=0.40, max_in_flight=1)
    good, bad = (grid(kernel, sandbox, seed=range(4), name="s") for kernel in kernels)
    good.run(canary=False)
    with pytest.raises(SweepPaused, match="used up"):
        bad.run(max_cost=0.0, yes=True).wait(60)
    assert good.wait(60).counts == {"SUCCEEDED": 4}
    for kernel in kernels:
        kernel.close()


def test_no_more_tasks_are_at_the_service_than_there_are_places_and_each_is_given_back_once(
    session: Session, sandbox: SandboxProcess
) -> None:
    session.configure(max_in_flight=2)
    ends = ["internal", "bad-output", "cancelled-elsewhere", "lost-answer"]
    ways = [sandbox.character, *(sandbox.playing(name) for name in ends)]
    sweep = grid(session, sandbox, character=ways, seed=[1, 2])
    most = 0

    def count(_: object = None) -> None:
        nonlocal most
        tasks = [cell.task for cell in sweep.cells]
        most = max(most, sum(1 for task in tasks if task is not None and not task.status.is_terminal))

    sweep.add_listener(count)
    sweep.run(canary=False)
    until(lambda: sweep.state != "running" and not session.slots.inside)
    assert most == 2
    assert sandbox.posts() == len(sweep.cells)
    again = grid(session, sandbox, seed=[3, 4, 5]).run()
    again.wait(60)
    assert again.counts == {"SUCCEEDED": 3}
    assert session.slots.inside == 0


def test_a_cell_sent_ahead_that_another_kernel_has_bought_meanwhile_holds_up_no_other(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    session.configure(max_in_flight=1)
    hanging = {"character": sandbox.playing("never-ends"), "reference": sandbox.reference, "seed": 0}
    good: dict[str, Any] = {"character": sandbox.character, "reference": sandbox.reference}
    sweep = session.sweep([hanging, *({**good, "seed": seed} for seed in range(4))]).run(canary=True)
    until(lambda: sweep.cells[0].status == "RUNNING")  # the only place is taken, the next trial waits for it
    other = new_session(tmp_path, sandbox)
    other.submit(**good, seed=0).wait(60)
    other.close()
    present(sweep.cells[0].task).cancel()
    sweep.wait(60)
    assert sweep.counts == {"CANCELLED": 1, "SUCCEEDED": 4}
    assert sandbox.posts() == 5
