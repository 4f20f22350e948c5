"""A sweep that is paused, cancelled or killed, and goes on."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from services import SandboxProcess, new_session
from sweeps import bodies, grid

from cometact_nb.errors import (
    SweepPaused,
)
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.cell import Cell
from cometact_nb.handles.sweep.sweep import Sweep

# --- pause, cancel, resume --------------------------------------------------------------------------


def test_a_paused_sweep_sends_nothing_more_and_goes_on_when_run_again(
    session: Session, sandbox: SandboxProcess
) -> None:
    session.configure(max_in_flight=1)
    sweep = grid(session, sandbox, seed=range(4)).run(canary=False).pause()
    assert sweep.state == "paused"
    with pytest.raises(SweepPaused):
        sweep.wait(60)
    sent = sandbox.posts()
    assert sent < 4
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 4}
    assert sandbox.posts() == 4


def _is_sent(cell: Cell) -> bool:
    return cell.task is not None and cell.task.id is not None


def test_cancel_stops_what_waits_and_cancels_what_runs(session: Session, sandbox: SandboxProcess) -> None:
    session.configure(max_in_flight=2)
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=range(5)).run(canary=False)
    for cell in sweep.cells[:2]:
        _until(partial(_is_sent, cell), sweep)
    sweep.cancel().wait(60)
    assert sweep.counts == {"CANCELLED": 2, "STOPPED": 3}
    assert sweep.state == "cancelled"
    assert sandbox.posts() == 2


def test_a_sweep_whose_cells_are_all_sent_can_be_cancelled_too_and_says_so(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=range(2)).run(canary=False)
    for cell in sweep.cells:
        _until(partial(_is_sent, cell), sweep)
    sweep.cancel().wait(60)
    assert (sweep.state, sweep.counts) == ("cancelled", {"CANCELLED": 2})


def test_a_cancel_does_not_wait_for_another_sweep_that_the_service_puts_off(
    session: Session, sandbox: SandboxProcess
) -> None:
    put_off = sandbox.playing("rate-limited:retry_after=300x50")  # the sweep waits for 48 s of this sandbox
    first = grid(session, sandbox, character=put_off, seed=range(2)).run()
    _until(lambda: first.cells[0].task is not None and first.cells[0].task.state.waiting_for, first)
    second = grid(session, sandbox, seed=range(2)).run()
    cancelling = threading.Thread(target=second.cancel, daemon=True)
    cancelling.start()
    cancelling.join(30)
    assert not cancelling.is_alive()
    assert second.counts == {"STOPPED": 2}
    first.cancel()


def test_an_await_that_is_cancelled_ends_and_the_sweep_goes_on(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=range(2)).run(canary=False)

    async def wait() -> None:
        with pytest.raises(asyncio.CancelledError, match="the sweep itself goes on"):
            await sweep

    async def main() -> None:
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await waiting

    impatient = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    impatient.start()
    impatient.join(60)
    assert not impatient.is_alive()
    assert sweep.state == "running"
    sweep.cancel()


def _until(is_so: Callable[[], object], sweep: Sweep) -> None:
    """Wait for a change of the sweep after which something is so."""

    async def wait() -> None:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        remove = sweep.add_listener(lambda _: loop.call_soon_threadsafe(news.set))
        async with asyncio.timeout(60):
            while not is_so():
                await news.wait()
                news.clear()
        remove()

    asyncio.run(wait())


def test_no_more_than_the_limit_are_at_the_service_and_sweeps_take_turns(
    session: Session, sandbox: SandboxProcess
) -> None:
    session.configure(max_in_flight=2)
    one = grid(session, sandbox, seed=range(4), name="one").run(canary=False)
    two = grid(session, sandbox, seed=range(10, 14), name="two").run(canary=False)
    one.wait(90)
    two.wait(90)
    seeds = [post["body"]["seed"] for post in sandbox.ledger()["posts"]]
    assert len(seeds) == 8
    assert min(seeds.index(seed) for seed in range(10, 14)) < max(seeds.index(seed) for seed in range(4))


KERNEL = """
import os, signal, sys
import cometact_nb as act
history, output, url, speed, action = sys.argv[1:]
act.configure(history=history, output_dir=output, max_in_flight=3)
sandbox = act.use_sandbox(float(speed), url=url)
if action == "run":
    sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, seed=range(12), name="killed")
    sweep.add_listener(lambda s: s.counts["SUCCEEDED"] >= 3 and os.kill(os.getpid(), signal.SIGKILL))
    sweep.run().wait()
else:
    sweep = act.sweep_by_name("killed")
    sweep.wait(120)
    print(dict(sweep.counts))
"""


def test_a_sweep_whose_kernel_was_killed_in_the_middle_is_finished_by_the_next_and_bought_once(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    place = [str(tmp_path / "history.sqlite"), str(tmp_path / "clips"), sandbox.base_url, str(sandbox.speed)]
    first = subprocess.run([sys.executable, "-c", KERNEL, *place, "run"], check=False, timeout=180)
    assert first.returncode == -signal.SIGKILL
    before = sandbox.posts()
    assert 3 <= before < 12
    second = subprocess.run([sys.executable, "-c", KERNEL, *place, "resume"], capture_output=True, text=True, timeout=180, check=True)  # fmt: skip
    # A request that was under way when the kernel died is the user's to settle; all others have their video.
    ledger = sandbox.ledger()["posts"]
    assert set(bodies(sandbox).values()) == {1}
    unsettled = 1 if "UNCONFIRMED" in second.stdout else 0
    assert f"'SUCCEEDED': {12 - unsettled}" in second.stdout
    assert 12 - unsettled <= len(ledger) <= 12


def test_a_sweep_that_was_paused_does_not_go_on_by_being_looked_up(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    session = new_session(tmp_path, sandbox)
    session.configure(max_in_flight=1)
    first = grid(session, sandbox, seed=range(4), name="rest").run(canary=False)
    _until(lambda: first.cells[0].task is not None and first.cells[0].task.id is not None, first)
    first.pause()  # not in the middle of a request, whose answer would be lost with its kernel
    session.close()
    sent = sandbox.posts()
    later = new_session(tmp_path, sandbox)
    sweep = later.sweep_by_name("rest")
    assert sweep.plan.to_buy == 4 - sent
    assert sandbox.posts() == sent
    assert sweep.run().wait(60).counts["SUCCEEDED"] >= 4 - sent
    later.close()
