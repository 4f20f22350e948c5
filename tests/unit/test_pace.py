"""When a task is asked about: seldom while nothing can have happened, often when its end is due."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.api import pace
from cometact_nb.domain.task import Status

UNKNOWING = pace.Outlook.learnt()
#: Past tasks that took a minute and a half, more or less.
USUAL = pace.Outlook.learnt([90 * random.Random(n).uniform(0.8, 1.25) for n in range(100)])

ages = st.floats(0, 1e9)


def course(*polls: tuple[float, Status, float | None]) -> pace.Course:
    made = pace.Course()
    for poll in polls:
        made = made.after(*poll)
    return made


def wait(seen: pace.Course, elapsed_s: float, outlook: pace.Outlook = UNKNOWING) -> float:
    return pace.next_poll_s(seen, outlook, elapsed_s, 0, lambda: 0)


@given(
    st.lists(st.tuples(ages, st.sampled_from(Status), st.none() | st.floats(0, 1)), max_size=8),
    st.lists(st.floats(0, 4000), max_size=30),
    ages,
    st.integers(0, 10_000),
    st.integers(0),
)
def test_no_task_is_asked_about_sooner_than_every_5_s(
    polls: list[tuple[float, Status, float | None]],
    took: list[float],
    elapsed_s: float,
    failures: int,
    seed: int,
) -> None:
    outlook = pace.Outlook.learnt(took)
    due = pace.next_poll_s(course(*polls), outlook, elapsed_s, failures, random.Random(seed).random)
    assert 5 <= due <= (90 if failures else 22)


def test_with_nothing_known_polls_come_at_an_even_pace() -> None:
    running = course((5, Status.RUNNING, None))
    assert {round(wait(running, age), 6) for age in (0, 20, 100, 1000, 100_000)} == {5.75}


def test_while_past_tasks_were_never_done_a_task_is_left_alone() -> None:
    running = course((5, Status.RUNNING, None))
    assert wait(running, 20, USUAL) > 2 * wait(running, 20)


def test_around_the_time_that_past_tasks_took_a_task_is_asked_about_as_often_as_may_be() -> None:
    running = course((5, Status.RUNNING, None))
    assert wait(running, 90, USUAL) == 5


@given(st.lists(st.floats(0, 4000), max_size=50), ages)
def test_an_early_end_is_noticed_within_20_s_whatever_past_tasks_took(
    took: list[float], age_s: float
) -> None:
    assert wait(course((5, Status.RUNNING, None)), age_s, pace.Outlook.learnt(took)) <= 20


def test_one_strange_task_in_the_past_changes_little() -> None:
    strange = pace.Outlook.learnt([3000.0])
    running = course((5, Status.RUNNING, None))
    assert wait(running, 60, strange) < 2 * wait(running, 60)


def test_a_task_that_has_not_started_is_asked_about_within_10_s() -> None:
    assert wait(pace.Course(), 0, USUAL) <= 10


def test_the_age_of_a_task_that_queued_counts_from_the_end_of_the_queue() -> None:
    fresh = course((5, Status.RUNNING, None))
    queued = course((300, Status.THROTTLED, None), (305, Status.RUNNING, None))
    assert wait(queued, 320, USUAL) == wait(fresh, 20, USUAL)


@pytest.mark.parametrize(("elapsed_s", "progress"), [(30, 0.2), (60, 0.4), (120, 0.8)])
def test_a_task_that_reports_progress_is_asked_about_less_the_more_is_left(
    elapsed_s: int, progress: float
) -> None:
    assert wait(course((elapsed_s, Status.RUNNING, progress)), elapsed_s) == 15


def test_a_task_that_will_soon_have_ended_is_asked_about_just_after_that() -> None:
    # Half in 50 s, and 90 % in 90 s: the end is due in 10 s.
    seen = course((50, Status.RUNNING, 0.5), (90, Status.RUNNING, 0.9))
    assert 10 < wait(seen, 90) < 12


def test_progress_that_slowed_down_is_believed_at_its_present_speed() -> None:
    slowed = course((10, Status.RUNNING, 0.8), (100, Status.RUNNING, 0.81), (190, Status.RUNNING, 0.96))
    assert slowed.remaining_s(190) == pytest.approx(180 * 0.04 / 0.16, rel=0.3)


def test_progress_that_stands_still_is_asked_about_less_and_less() -> None:
    stuck = course((50, Status.RUNNING, 0.5), (99, Status.RUNNING, 0.99))
    waits = [wait(stuck.after(at, Status.RUNNING, 0.99), at) for at in (100, 300, 600, 1200)]
    assert waits == sorted(waits)
    assert waits[-1] == 15


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_a_course_stays_short_however_often_progress_is_reported(reports: list[float]) -> None:
    polls = [(5.0 * n, Status.RUNNING, progress) for n, progress in enumerate(sorted(reports), 1)]
    assert len(course(*polls).points) <= 202


def test_experience_forgets_the_oldest_tasks() -> None:
    taught = pace.Experience([600.0] * pace.LEARNT_FROM)
    before = taught.outlook
    for _ in range(pace.LEARNT_FROM):
        taught.add(60.0)
    assert taught.outlook == pace.Outlook.learnt([60.0] * pace.LEARNT_FROM) != before


def test_jitter_keeps_tasks_apart() -> None:
    rand = random.Random(1).random
    waits = [pace.next_poll_s(pace.Course(), UNKNOWING, 0, 0, rand) for _ in range(200)]
    assert statistics.stdev(waits) > 0.1


@given(st.integers(0, 10**6))
def test_polls_of_many_tasks_are_spread(watched: int) -> None:
    assert 0.05 <= pace.poll_spacing_s(watched) < 0.34
    if watched <= 20:
        assert 4 * pace.poll_spacing_s(watched) >= 1  # so that no second sees five
