"""How each event changes the state of a sweep: every state with every event."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from cometact_nb.domain.sweep.run import (
    AllSent,
    CellAccepted,
    CellStruck,
    Mark,
    RunBegan,
    RunBroke,
    RunCancelled,
    RunHeld,
    RunNotResumed,
    RunPaused,
    RunWidened,
    SweepEvent,
    SweepRun,
    SweepState,
    shown_state,
    step,
)
from cometact_nb.domain.task import Status, TaskState

PLANNED, RUNNING, PAUSED = SweepState.PLANNED, SweepState.RUNNING, SweepState.PAUSED
CANCELLED, BOUGHT = SweepState.CANCELLED, SweepState.BOUGHT
#: The states that a run can be in.
STATES = [PLANNED, RUNNING, PAUSED, CANCELLED, BOUGHT]

#: By event: the states to which it applies, and the state and problem that it leads to.
APPLIES: dict[SweepEvent, tuple[set[SweepState], SweepState, str]] = {
    RunBegan(): (set(STATES), RUNNING, ""),
    RunPaused(): ({RUNNING, PAUSED}, PAUSED, ""),
    RunPaused("in another kernel"): ({RUNNING, PAUSED}, PAUSED, "in another kernel"),
    RunCancelled(): ({RUNNING, PAUSED}, CANCELLED, ""),
    RunCancelled(at_work=True): (set(STATES), CANCELLED, ""),
    RunBroke("used up"): ({RUNNING}, PAUSED, "used up"),
    RunHeld("no approval"): (set(STATES), PAUSED, "no approval"),
    AllSent(): ({RUNNING}, BOUGHT, "before"),
    RunWidened(): ({BOUGHT}, PLANNED, "before"),
}
#: Events that leave the state as it is.
OTHERS = [
    CellAccepted(),
    RunNotResumed("no key"),
    CellStruck("cells were refused", "bad", left=True),
    SweepEvent(),
]


@pytest.mark.parametrize(("state", "event"), list(product(STATES, APPLIES)), ids=str)
def test_an_event_leads_to_one_state_and_only_from_those_it_applies_to(
    state: SweepState, event: SweepEvent
) -> None:
    before = SweepRun(state, "before", strikes=1)
    after = step(before, event)
    origins, target, problem = APPLIES[event]
    if state in origins:
        assert after is not before  # even if it is equal: it is to be recorded
        assert (after.state, after.problem) == (target, problem)
    else:
        assert after is before
    assert before == SweepRun(state, "before", strikes=1)


@pytest.mark.parametrize(("state", "event"), list(product(STATES, OTHERS)), ids=str)
def test_no_other_event_changes_where_a_sweep_stands(state: SweepState, event: SweepEvent) -> None:
    assert step(SweepRun(state), event).state is state


def test_every_event_is_tested_with_every_state() -> None:
    assert {type(event) for event in (*APPLIES, *OTHERS)} == {SweepEvent, *SweepEvent.__subclasses__()}
    assert {*STATES, SweepState.FINISHED, SweepState.UNFINISHED} == set(SweepState)


def test_states_and_marks_are_called_what_histories_and_tables_call_them() -> None:
    stored = ["planned", "running", "paused", "cancelled", "bought"]
    assert [str(state) for state in SweepState] == [*stored, "finished", "unfinished"]
    assert [str(mark) for mark in Mark] == ["PLANNED", "QUEUED", "STOPPED"]


@pytest.mark.parametrize("state", [PLANNED, PAUSED, CANCELLED, BOUGHT])
def test_only_the_user_starts_a_run(state: SweepState) -> None:
    starting = [event for event in (*APPLIES, *OTHERS) if step(SweepRun(state), event).state is RUNNING]
    assert starting == [RunBegan()]


@pytest.mark.parametrize("word", [RunPaused(), RunCancelled()], ids=str)
def test_what_breaks_by_itself_never_replaces_the_word_of_the_user(word: SweepEvent) -> None:
    stopped = step(SweepRun(RUNNING), word)
    assert step(stopped, RunBroke("the disk is full")) is stopped
    assert step(stopped, AllSent()) is stopped


def test_why_a_run_was_not_resumed_is_kept_until_it_begins() -> None:
    kept = step(SweepRun(), RunNotResumed("no key"))
    assert kept == SweepRun(PLANNED, "no key")
    assert step(kept, RunBegan()) == SweepRun(RUNNING)


# --- strikes ----------------------------------------------------------------------------------------

STRUCK = CellStruck("cells were refused", "bad ratio", left=True)


def struck(times: int, event: CellStruck = STRUCK, run: SweepRun | None = None) -> SweepRun:
    run = run or SweepRun(RUNNING)
    for _ in range(times):
        run = step(run, event)
    return run


def test_three_strikes_one_after_the_other_pause_a_run_and_say_why() -> None:
    assert struck(2) == SweepRun(RUNNING, strikes=2)
    assert struck(3) == SweepRun(PAUSED, "3 cells were refused one after the other: bad ratio", strikes=3)


def test_a_cell_that_is_accepted_and_a_new_beginning_end_a_row_of_strikes() -> None:
    assert step(struck(2), CellAccepted()) == SweepRun(RUNNING)
    assert step(struck(3), RunBegan()) == SweepRun(RUNNING)


def test_strikes_pause_nothing_when_no_cell_waits_or_the_run_was_stopped() -> None:
    assert struck(4, dataclasses.replace(STRUCK, left=False)) == SweepRun(RUNNING, strikes=4)
    for stopped in (PAUSED, CANCELLED):
        assert struck(3, run=SweepRun(stopped)) == SweepRun(stopped, strikes=3)


# --- as it is shown ---------------------------------------------------------------------------------


def task(status: Status, *, watching: bool = False) -> TaskState:
    return TaskState(key="k", status=status, watching=watching)


DONE, GOING = task(Status.FAILED), task(Status.RUNNING, watching=True)
LEFT_ALONE = task(Status.RUNNING)


@pytest.mark.parametrize("state", [RUNNING, PAUSED, CANCELLED])
@pytest.mark.parametrize("tasks", [[], [None], [DONE], [GOING], [LEFT_ALONE]])
def test_the_word_of_the_user_is_shown_whatever_the_tasks_do(
    state: SweepState, tasks: list[TaskState | None]
) -> None:
    assert shown_state(state, tasks) is state


@pytest.mark.parametrize(
    ("state", "tasks", "shown"),
    [
        (PLANNED, [None, None], PLANNED),
        (PLANNED, [DONE, None], PLANNED),
        (PLANNED, [GOING, None], PLANNED),
        (PLANNED, [GOING, DONE], RUNNING),  # all of it was bought for something else
        (PLANNED, [DONE, DONE], SweepState.FINISHED),
        (BOUGHT, [GOING, DONE], RUNNING),
        (BOUGHT, [GOING, LEFT_ALONE], RUNNING),
        (BOUGHT, [DONE, DONE], SweepState.FINISHED),
        (BOUGHT, [DONE, LEFT_ALONE], SweepState.UNFINISHED),
        (BOUGHT, [DONE, None], SweepState.FINISHED),
    ],
)
def test_what_was_all_sent_is_shown_by_its_tasks(
    state: SweepState, tasks: list[TaskState | None], shown: SweepState
) -> None:
    assert shown_state(state, tasks) is shown


def test_the_states_are_the_words_of_the_history_and_of_the_tables() -> None:
    assert [str(state) for state in STATES] == ["planned", "running", "paused", "cancelled", "bought"]
    assert [str(SweepState.FINISHED), str(SweepState.UNFINISHED)] == ["finished", "unfinished"]
    assert [str(mark) for mark in Mark] == ["PLANNED", "QUEUED", "STOPPED"]


def test_a_sweep_is_planned_at_first_and_its_user_stops_it_without_a_word_of_why() -> None:
    assert SweepRun() == SweepRun(PLANNED, "", 0)
    assert step(SweepRun(RUNNING), RunPaused()).problem == ""
    bought = SweepRun(BOUGHT)
    assert step(bought, RunCancelled()) is bought  # nothing is left to send, and nothing is at the service
