"""What a sweep buys again, and what stops it: doubts, limits that are sums, and the words of other kernels."""

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

from cometact_nb.domain import events
from cometact_nb.errors import ActTwoError, ApprovalNeeded, HistoryError, SweepPaused, UnconfirmedError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.sweep.facts import state_word

#: Promised are two seconds, in which three places at the service take three more each; counted in requests, since a
#: busy machine is slow in all it does.
SOON_POSTS = 12


# --- doubt counts everywhere ------------------------------------------------------------------------


@pytest.fixture
def lost(session: Session, sandbox: SandboxProcess) -> tuple[Task, dict[str, Any]]:
    """A single request whose answer was lost, and the fields of a sweep over the same content."""
    fields: dict[str, Any] = {"character": sandbox.playing("lost-answer"), "reference": sandbox.reference}
    with pytest.raises(UnconfirmedError) as raised:
        session.submit(**fields, seed=1)
    return raised.value.task, fields


def test_a_sweep_buys_nothing_beside_a_single_request_in_doubt_and_names_it(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]]
) -> None:
    task, fields = lost
    sweep = session.sweep(**fields, seed=[1])
    plan = sweep.plan
    assert (plan.to_buy, plan.unconfirmed) == (0, 1)
    assert f"1 cell waits for your word: cell 1 ({task.key}, submitted alone) was sent" in str(plan)
    for buy in (sweep.run, sweep.retry, sweep.resume):
        buy()
    assert sandbox.posts() == 1


def test_a_request_in_doubt_holds_one_replicate_of_several(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]]
) -> None:
    _, fields = lost
    plan = session.sweep(**fields, seed=[1], replicates=3).plan
    assert (plan.unconfirmed, plan.to_buy) == (1, 2)


def test_a_request_in_doubt_that_is_settled_serves_its_cell(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]]
) -> None:
    task, fields = lost
    (post,) = sandbox.ledger()["posts"]
    sweep = session.sweep(**fields, seed=[1]).look()
    task.confirm(post["id"])
    sweep.run().wait(60)
    assert sweep.cells[0].task is task
    assert sandbox.posts() == 1


def test_another_kernel_buys_nothing_beside_what_is_in_doubt_here(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]], tmp_path: Path
) -> None:
    _, fields = lost
    other = new_session(tmp_path, sandbox)
    sweep = other.sweep(**fields, seed=[1], name="another").run()
    assert sweep.counts == {"UNCONFIRMED": 1}
    other.close()
    assert sandbox.posts() == 1


def test_a_request_that_another_kernel_submits_after_the_look_is_not_bought_again(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sweep = grid(session, sandbox, seed=[1]).look()
    other, begun = new_session(tmp_path, sandbox), []
    check = session.check

    def submit_first(request: Any) -> None:  # between the look of run() and its first request
        check(request)
        begun.append(other.submit(character=sandbox.character, reference=sandbox.reference, seed=1))

    session.check = submit_first  # type: ignore[method-assign]
    sweep.run().wait(60)
    other.close()
    assert present(sweep.cells[0].task).id == begun[0].id
    assert sandbox.posts() == 1


@pytest.mark.parametrize("word", ["run", "retry", "resume"])
def test_a_lost_cell_is_bought_again_only_when_it_is_named_as_doubtful(
    session: Session, sandbox: SandboxProcess, word: str
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1]).run().wait(60)
    getattr(sweep, word)()
    assert sandbox.posts() == 1
    sweep.retry(doubtful=True).wait(60)
    assert sandbox.posts() == 2


def test_a_cell_that_was_given_up_is_bought_again_only_when_it_is_named_so(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1]).run().wait(60)
    present(sweep.cells[0].task).forget()
    assert (sweep.plan.forgotten, sweep.plan.to_buy) == (1, 0)
    sweep.run()
    sweep.retry()
    sweep.retry(doubtful=True)
    assert sandbox.posts() == 1
    sweep.retry(forgotten=True).wait(60)
    assert sandbox.posts() == 2


def test_a_cell_that_another_kernel_settles_meanwhile_is_not_bought_again(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sweep = (
        grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1], name="s").run().wait(60)
    )
    (post,) = sandbox.ledger()["posts"]
    other = new_session(tmp_path, sandbox)
    present(other.sweep_by_name("s").cells[0].task).confirm(post["id"])
    other.sweep_by_name("s").wait(60)
    sweep.retry(doubtful=True).wait(60)  # this kernel has not heard of it
    other.close()
    assert sandbox.posts() == 1
    assert sweep.counts == {"SUCCEEDED": 1}


def test_a_cell_that_was_given_up_while_the_disk_was_full_stays_so_whatever_another_kernel_recorded(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1], name="s").run().wait(60)
    other = new_session(tmp_path, sandbox)
    sweep = other.sweep_by_name("s")
    other.run(_set_read_only(other, "ON"))
    present(sweep.cells[0].task).forget()
    assert sweep.look().counts == {"FORGOTTEN": 1}
    other.run(_set_read_only(other, "OFF"))
    sweep.retry(doubtful=True).wait(60)
    other.close()
    assert sandbox.posts() == 1


def test_a_task_that_another_kernel_has_confirmed_is_not_sent_again_by_one_whose_disk_was_full(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    character = sandbox.playing("lost-answer&scenario=never-ends")
    with pytest.raises(UnconfirmedError) as caught:
        session.submit(character=character, reference=sandbox.reference)
    lost = present(caught.value.task)
    other = new_session(tmp_path, sandbox)
    known = other.task(lost.key)
    other.run(_set_read_only(other, "ON"))
    known.forget()
    lost.confirm(sandbox.ledger()["posts"][0]["id"])
    other.run(_set_read_only(other, "OFF"))
    with pytest.raises(ActTwoError, match="has not ended; sending it again would pay twice"):
        known.resubmit()
    other.close()
    assert sandbox.posts() == 1


def test_a_sweep_with_a_task_that_nobody_watches_is_unfinished_and_says_so(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=[1]).run()
    until(lambda: sweep.cells[0].task is not None and sweep.cells[0].task.status == "RUNNING")
    job = present(sweep.cells[0].job)

    async def end_watch() -> None:
        session.engine.apply(job, events.WatchEnded(at=session.engine.now(), reason="10 polls were refused"))

    session.run(end_watch())
    assert sweep.state == "unfinished"
    assert state_word(sweep)[0] == "UNFINISHED"
    with pytest.raises(SweepPaused, match=r"1 task is watched no more \(10 polls were refused\)"):
        sweep.wait(60)
    assert sweep.plan.to_buy == 0


# --- a limit is a sum -------------------------------------------------------------------------------


def test_retries_in_a_loop_come_to_the_limit(priced: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(priced, sandbox, character=sandbox.playing("internal"), seed=range(2)).run().wait(60)
    sweep.retry().wait(60)
    with pytest.raises(ApprovalNeeded, match=r"\$1.60 of it went without one so far"):
        sweep.retry()
    assert sandbox.posts() == 4
    sweep.retry(yes=True).wait(60)  # what was agreed to is not asked for again
    sweep.retry().wait(60)
    assert sandbox.posts() == 8


@pytest.mark.parametrize(
    "more",
    [{"seed": range(10)}, {"replicates": 2}, {"name": "another"}],
    ids=["widened", "replicates", "renamed"],
)
def test_a_sweep_that_is_widened_or_renamed_does_not_begin_at_nothing(
    priced: Session, sandbox: SandboxProcess, more: dict[str, Any]
) -> None:
    fields = {"character": sandbox.playing("internal"), "seed": range(5), "name": "s"}
    grid(priced, sandbox, **fields).run(canary=False).wait(60)
    wider = grid(priced, sandbox, **{**fields, **more})
    buy = wider.retry if "name" in more else wider.run
    with pytest.raises(ApprovalNeeded, match=r"\$2.00 of it went without one"):
        buy()
    assert sandbox.posts() == 5


def test_a_widened_sweep_whose_first_part_was_agreed_to_asks_only_for_what_is_new(
    priced: Session, sandbox: SandboxProcess
) -> None:
    grid(priced, sandbox, seed=range(6), name="narrow").run(yes=True, canary=False).wait(60)
    grid(priced, sandbox, seed=range(7), name="wide").run(canary=False).wait(60)
    assert sandbox.posts() == 7


def test_another_kernel_counts_on_from_what_this_one_spent(
    priced: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    fields = {"character": sandbox.playing("internal"), "seed": range(5), "name": "s"}
    grid(priced, sandbox, **fields).run(canary=False).wait(60)
    other = new_session(tmp_path, sandbox)
    other.configure(price=0.40)
    with pytest.raises(ApprovalNeeded, match="went without one"):
        grid(other, sandbox, **fields).retry()
    other.close()


def test_a_resumed_sweep_does_not_turn_what_went_without_a_yes_into_one(
    priced: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    priced.configure(max_in_flight=1)
    sweep = grid(priced, sandbox, character=sandbox.playing("never-ends"), seed=range(5), name="s").run()
    until(lambda: sweep.cells[0].task is not None and sweep.cells[0].task.id is not None)
    priced.close()  # as a kernel that ends in the middle
    other = new_session(tmp_path, sandbox)
    other.configure(price=0.40)
    other.sweep_by_name("s")
    assert other.sweep_by_name("s").plan.agreed_usd == 0.0
    other.close()


def test_a_run_again_in_the_middle_of_a_request_counts_it_once(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, character=sandbox.playing("slow-answer"), seed=range(2)).run(canary=False)
    until(lambda: sandbox.posts() == 1)
    sweep.run().wait(60)
    assert sweep.spent_usd == pytest.approx(0.80)
    assert sweep.plan.spent_usd == pytest.approx(0.80)


def test_a_run_that_could_not_be_recorded_does_not_go_on_later_by_itself(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, seed=range(5)).look()
    priced.run(_set_read_only(priced, "ON"))
    with pytest.raises(HistoryError, match="could not be written"):
        sweep.run(max_cost=100)
    priced.run(_set_read_only(priced, "OFF"))
    sweep.resume()
    assert sweep.state == "planned"
    assert (sandbox.posts(), sweep.approved_usd) == (0, 0.0)


@pytest.mark.parametrize(("word", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_word_that_could_not_be_recorded_holds_in_its_kernel_until_the_user_says_otherwise(
    session: Session, sandbox: SandboxProcess, word: str, state: str
) -> None:
    session.configure(max_in_flight=1)
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=range(3)).run(canary=False)
    until(lambda: sweep.cells[0].status == "RUNNING")
    session.run(_set_read_only(session, "ON"))
    with pytest.raises(HistoryError, match="could not be written"):
        getattr(sweep, word)()
    session.run(_set_read_only(session, "OFF"))
    assert sweep.state == state
    sweep.resume()
    assert sweep.state == state
    assert sandbox.posts() == 1


async def _set_read_only(session: Session, value: str) -> None:
    session.engine.history.write(f"PRAGMA query_only = {value}", ())


# --- the words of other kernels ---------------------------------------------------------------------

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


# --- places at the service --------------------------------------------------------------------------


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
