"""A disk that is full: what was paid for is not lost, and nothing is sent without a record."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from present import present
from services import SandboxProcess, new_session

from cometact_nb.domain.task import Status
from cometact_nb.errors import ClipError

#: A limit on the size of any file stands in for a full disk: writes fail the same way, without a mount. Python itself must
#: keep nothing that it compiles (``-B``), or other processes read a part.
KERNEL = """
import resource, signal, sys, time
import cometact_nb as act
folder, url, limit, when = sys.argv[1:]
act.configure(history=folder + "/history.sqlite", output_dir=folder + "/clips")
sandbox = act.use_sandbox(75, url=url)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def fill():
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
if when == "before":
    fill()
try:
    task = act.submit(character=sandbox.character, reference=sandbox.reference)
    if when == "after":
        fill()
    print("id", task.id)
    task.wait(150)
except act.errors.ActTwoError as error:
    print(type(error).__name__, error)
"""

SWEEP = """
    act.configure(max_in_flight=1)
    sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, replicates=5, name="full")
    sweep.run(yes=True, canary=False)
    while not (sweep.cells[0].task and sweep.cells[0].task.state.submitted_at):
        time.sleep(0.005)
    fill()  # in the middle of the first request, or right after it; the next one waits for its end
    print(sweep.wait(60).state)
"""


def run(folder: Path, sandbox: SandboxProcess, limit: int, when: str, program: str = KERNEL) -> str:
    command = [sys.executable, "-B", "-c", program, str(folder), sandbox.base_url, str(limit), when]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


def sent(told: str) -> str:
    """The id that a kernel printed; what a full disk says beside it goes before or after."""
    (line,) = [line for line in told.splitlines() if line.startswith("id ")]
    return line.split()[1]


def test_nothing_is_sent_when_the_intent_cannot_be_recorded(tmp_path: Path, sandbox: SandboxProcess) -> None:
    told = run(tmp_path, sandbox, 0, "before")
    assert "HistoryError" in told
    assert "Nothing is sent without a record" in told
    assert sandbox.posts() == 0


@pytest.fixture
def sandbox_of_large_clips() -> Iterator[SandboxProcess]:
    process = SandboxProcess(clip_s=4)
    yield process
    process.stop()


def test_a_clip_that_does_not_fit_is_reported_and_fetched_when_there_is_room(
    tmp_path: Path, sandbox_of_large_clips: SandboxProcess
) -> None:
    sandbox = sandbox_of_large_clips
    told = run(tmp_path, sandbox, 100_000, "after")
    task_id = sent(told)
    assert "ClipError" in told
    assert "does not take it" in told
    assert list((tmp_path / "clips").iterdir()) == []
    session = new_session(tmp_path, sandbox)
    task = session.task(task_id)
    assert task.status is Status.SUCCEEDED
    assert task.refresh().wait(60).clip
    assert sandbox.posts() == 1
    session.close()


def test_an_id_is_not_lost_when_the_disk_fills_right_after_it_came(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    told = run(tmp_path, sandbox, 0, "after")
    assert sandbox.posts() == 1
    task_id = sent(told)
    session = new_session(tmp_path, sandbox)
    assert session.task(task_id).refresh().wait(60).clip
    assert sandbox.posts() == 1
    session.close()


def test_a_sweep_stops_when_its_disk_is_full_and_the_next_kernel_buys_only_the_rest(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    begin, rest = KERNEL.split("    task = ")
    program = begin + SWEEP.lstrip("\n") + rest[rest.index("except") :]
    told = run(tmp_path, sandbox, 0, "during", program)
    assert "SweepPaused" in told
    assert "could not be written" in told
    bought = sandbox.posts()
    assert bought == 1
    session = new_session(tmp_path, sandbox)
    sweep = session.sweep_by_name("full").wait(60)
    known = {present(cell.task).id for cell in sweep.cells}
    lost = [post["id"] for post in sandbox.ledger()["posts"] if post["id"] not in known]
    for cell in sweep.cells:  # an answer that could not be recorded is the user's to settle
        if cell.status == "UNCONFIRMED":
            present(cell.task).confirm(lost.pop())
    assert sweep.wait(60).counts == {"SUCCEEDED": 5}
    assert sandbox.posts() == 5
    session.close()


def test_a_folder_that_is_read_only_loses_no_clip(tmp_path: Path, sandbox: SandboxProcess) -> None:
    session = new_session(tmp_path, sandbox)
    session.configure(output_dir="/sys/clips")  # read-only for everybody, root too
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    with pytest.raises(ClipError, match="does not take it"):
        task.wait(60)
    assert task.status is Status.SUCCEEDED
    session.close()
    again = new_session(tmp_path, sandbox)
    assert present(again.task(present(task.id)).refresh().wait(60).clip).path.parent == tmp_path / "clips"
    assert sandbox.posts() == 1
    again.close()
