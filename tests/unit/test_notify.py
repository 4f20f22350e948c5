"""How changes are told: soon, and once for many."""

from __future__ import annotations

from collections.abc import Callable

from cometact_nb.engine.notify import Listeners, Soon


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


def test_a_listener_is_called_once_when_it_is_added_so_that_it_misses_nothing() -> None:
    heard: list[str] = []
    Listeners("source").add(heard.append)
    assert heard == ["source"]


def test_the_first_call_comes_on_the_same_thread_as_the_others() -> None:
    later: list[Callable[[], object]] = []
    heard: list[str] = []
    listeners = Listeners("source", later.append)
    listeners.add(heard.append)
    assert not heard
    later.pop()()
    assert heard == ["source"]


def test_a_listener_that_is_removed_before_its_first_call_is_never_called() -> None:
    later: list[Callable[[], object]] = []
    heard: list[str] = []
    Listeners("source", later.append).add(heard.append)()
    later.pop()()
    assert not heard


def test_many_changes_before_the_calls_are_one_call_of_each_listener() -> None:
    later: list[Callable[[], object]] = []
    heard: list[str] = []
    listeners = Listeners("source", later.append)
    for name in ("a", "b"):
        listeners.add(lambda _, name=name: heard.append(name))  # type: ignore[misc]
    while later:
        later.pop(0)()
    heard.clear()
    listeners.tell()
    listeners.tell()
    while later:
        later.pop(0)()
    assert heard == ["a", "b"]


def test_a_listener_that_fails_or_exits_spares_the_others() -> None:
    heard: list[str] = []
    listeners = Listeners("source")

    def leave(_: str) -> None:
        raise SystemExit

    listeners.add(lambda _: 1 / 0)
    listeners.add(leave)
    listeners.add(heard.append)
    listeners.tell()
    assert heard == ["source", "source"]
