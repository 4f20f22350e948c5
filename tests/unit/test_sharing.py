"""The interpreter's switch interval while clips come in: finer, and afterwards the user's again."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from cometact_nb.engine.thread_switching import faster_switching


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


def test_it_is_finer_until_the_last_clip_is_in_and_then_what_it_was() -> None:
    sys.setswitchinterval(0.02)
    with faster_switching():
        with faster_switching():
            assert sys.getswitchinterval() < 0.001
        assert sys.getswitchinterval() < 0.001
    assert sys.getswitchinterval() == pytest.approx(0.02)


def test_it_is_put_back_after_an_error() -> None:
    sys.setswitchinterval(0.02)
    with pytest.raises(KeyError), faster_switching():
        raise KeyError
    assert sys.getswitchinterval() == pytest.approx(0.02)


def test_what_a_user_sets_meanwhile_stays() -> None:
    with faster_switching():
        sys.setswitchinterval(0.1)
    assert sys.getswitchinterval() == pytest.approx(0.1)


def test_a_finer_one_of_the_user_is_left_alone() -> None:
    sys.setswitchinterval(0.0001)
    with faster_switching():
        assert sys.getswitchinterval() == pytest.approx(
            0.0001, rel=0.02
        )  # Python keeps whole microseconds, and rounds down
    assert sys.getswitchinterval() == pytest.approx(0.0001, rel=0.02)
