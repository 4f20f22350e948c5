"""When a sweep will have ended."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain.sweep.forecast import time_left_s


def test_nothing_is_foretold_while_nothing_tells_how_long_a_cell_takes() -> None:
    assert time_left_s([], [(5.0, None)], 3, 5) is None
    assert time_left_s([], [(5.0, 0.05)], 3, 5) is None


def test_when_all_has_ended_no_time_is_left() -> None:
    assert time_left_s([60.0], [], 0, 5) == 0
    assert time_left_s([], [], 0, 5) == 0


def test_cells_that_wait_take_the_places_that_come_free() -> None:
    assert time_left_s([60.0], [], 5, 5) == 60
    assert time_left_s([60.0], [], 6, 5) == 120
    assert time_left_s([60.0], [(45.0, None), (30.0, None)], 1, 2) == 15 + 60


def test_progress_tells_more_than_what_others_took() -> None:
    assert time_left_s([60.0], [(30.0, 0.75)], 0, 5) == 10
    assert time_left_s([], [(30.0, 0.5)], 1, 1) == 30 + 60


def test_one_that_takes_longer_than_the_others_is_not_said_to_have_ended() -> None:
    left = time_left_s([60.0], [(300.0, None)], 0, 5)
    assert left is not None
    assert left > 0


@given(
    st.lists(st.floats(0.1, 1e4), min_size=1),
    st.lists(st.tuples(st.floats(0, 1e4), st.none() | st.floats(0, 1))),
    st.integers(0, 50),
    st.integers(1, 20),
)
def test_more_to_do_never_takes_less_time(
    took: list[float], running: list[tuple[float, float | None]], waiting: int, places: int
) -> None:
    now = time_left_s(took, running, waiting, places)
    more = time_left_s(took, running, waiting + 1, places)
    assert now is not None
    assert more is not None
    assert 0 <= now <= more
