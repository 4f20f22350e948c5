"""How changes are told: soon, and once for many."""

from __future__ import annotations

from collections.abc import Callable

from cometact_nb.engine.notify import Soon


def test_what_is_asked_for_often_runs_once_and_again_after_that() -> None:
    later: list[Callable[[], object]] = []
    ran: list[int] = []
    soon = Soon(later.append, lambda: ran.append(len(ran)))
    soon()
    soon()
    assert (len(later), ran) == (1, [])
    later.pop()()
    soon()
    later.pop()()
    assert ran == [0, 1]


def test_what_is_asked_for_while_it_runs_runs_once_more() -> None:
    later: list[Callable[[], object]] = []
    ran: list[int] = []

    def work() -> None:
        ran.append(1)
        if len(ran) == 1:
            soon()

    soon = Soon(later.append, work)
    soon()
    while later:
        later.pop()()
    assert len(ran) == 2


def test_a_failure_of_what_runs_does_not_keep_it_from_running_again() -> None:
    later: list[Callable[[], object]] = []
    soon = Soon(later.append, lambda: 1 / 0)
    soon()
    try:
        later.pop()()
    except ZeroDivisionError:
        soon()
    assert len(later) == 1
