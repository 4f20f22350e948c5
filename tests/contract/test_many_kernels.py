"""Several kernels on one history: nothing lost, one poller a task, a dead one's tasks adopted."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from signal import Signals

import pytest
from present import present
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.domain.task import Status

SPEED = 150.0
KERNEL = """
import signal
import sys
import cometact_nb as act
history, output, url, speed, action, *rest = sys.argv[1:]
act.configure(history=history, output_dir=output, look="never")
sandbox = act.use_sandbox(float(speed), url=url)
if action == "many":
    tasks = [act.submit(character=sandbox.character, reference=sandbox.reference) for _ in range(5)]
    print(*[task.wait(120).id for task in tasks])
elif action == "slow":
    task = act.submit(character=sandbox.character + "?scenario=slow-task", reference=sandbox.reference)
    print(task.id, flush=True)
    task.wait(120)
elif action == "sweep":
    sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, replicates=8, name="shared")
    sweep.run(yes=True, canary=False).wait(120)
    print(*sorted(cell.task.id for cell in sweep.cells), *{cell.status for cell in sweep.cells})
elif action == "buy":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
    sweep = act.sweep(character=rest[0], reference=sandbox.reference, name="ended")
    sweep.run(yes=True).wait(120)
elif action == "follow":
    print(act.task(rest[0]).wait(120).status)
"""


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess("--concurrency", "50", speed=SPEED)
    yield process
    process.stop()


def kernel(tmp_path: Path, sandbox: SandboxProcess, *action: str) -> subprocess.Popen[str]:
    place = [str(tmp_path / "history.sqlite"), str(tmp_path / "clips"), sandbox.base_url, str(SPEED)]
    return subprocess.Popen(
        [sys.executable, "-c", KERNEL, *place, *action],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "locked" not in errors
    return output


def test_four_kernels_write_one_history_and_lose_nothing(tmp_path: Path, sandbox: SandboxProcess) -> None:
    kernels = [kernel(tmp_path, sandbox, "many", str(number)) for number in range(4)]
    ids = " ".join(finish(process) for process in kernels).split()
    assert len(set(ids)) == 20
    session = new_session(tmp_path, sandbox)
    found = [session.task(task_id) for task_id in ids]
    assert {task.status for task in found} == {Status.SUCCEEDED}
    assert len({present(task.clip).path for task in found}) == 20
    session.close()
    assert sandbox.posts() == 20


def test_four_kernels_run_one_sweep_and_buy_each_cell_once(tmp_path: Path, sandbox: SandboxProcess) -> None:
    kernels = [kernel(tmp_path, sandbox, "sweep") for _ in range(4)]
    said = {finish(process) for process in kernels}
    assert len(said) == 1
    *ids, status = said.pop().split()
    assert (len(set(ids)), status) == (8, "SUCCEEDED")
    assert sandbox.posts() == 8
    assert len(list((tmp_path / "clips").glob("*.mp4"))) == 8
    assert not list((tmp_path / "clips").glob(".*"))


def test_one_kernel_polls_a_task_and_the_others_follow(tmp_path: Path, sandbox: SandboxProcess) -> None:
    owner = kernel(tmp_path, sandbox, "slow")
    assert owner.stdout is not None
    task_id = owner.stdout.readline().strip()
    followers = [kernel(tmp_path, sandbox, "follow", task_id) for _ in range(3)]
    for follower in followers:
        assert "SUCCEEDED" in finish(follower)
    finish(owner)
    times = sandbox.ledger()["polls"][task_id]
    floor = 5 / SPEED
    assert (
        min(later - earlier for earlier, later in pairwise(times)) > floor * 0.8
    )  # the ledger's clock is coarse
    assert len(list((tmp_path / "clips").glob("*.mp4"))) == 1
    assert len(sandbox.ledger()["downloads"]) == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_tasks_of_a_dead_kernel_are_adopted_by_one_that_follows(
    tmp_path: Path, sandbox: SandboxProcess, how: Signals
) -> None:
    owner = kernel(tmp_path, sandbox, "slow")
    assert owner.stdout is not None
    task_id = owner.stdout.readline().strip()
    session = new_session(tmp_path, sandbox)
    task = session.task(task_id)
    assert not task.status.is_terminal
    owner.send_signal(how)
    owner.communicate(timeout=60)
    assert task.wait(60).clip
    assert sandbox.posts() == 1
    session.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_kernel_that_is_ended_in_the_middle_of_a_paid_request_leaves_its_id_or_a_doubt(
    tmp_path: Path, sandbox: SandboxProcess, how: Signals
) -> None:
    owner = kernel(tmp_path, sandbox, "buy", sandbox.playing("slow-answer:seconds=600"))
    until(lambda: sandbox.posts() == 1 or owner.poll() is not None)
    owner.send_signal(how)
    owner.communicate(timeout=60)
    assert owner.returncode == -how
    session = new_session(tmp_path, sandbox)
    sweep = session.sweep_by_name("ended").look()
    (cell,) = sweep.cells
    assert cell.task is not None
    assert cell.task.id or cell.status == Status.UNCONFIRMED
    sweep.run(yes=True)
    assert sandbox.posts() == 1
    session.close()
