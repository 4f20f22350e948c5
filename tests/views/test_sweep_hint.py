"""What a sweep says of cells that only the user can settle."""

from __future__ import annotations

from cometact_nb.views.sweep.facts import hint


def test_a_lost_answer_may_have_been_paid_for_but_not_in_the_sandbox() -> None:
    assert "may have been paid for" in hint(["u"], sandbox=False)
    here = hint(["u", "u", "d"], sandbox=True)
    assert "2 cells are unconfirmed" in here
    assert "the sandbox bills nothing" in here
    assert "paid" not in here


def test_nothing_is_said_where_nothing_is_to_be_settled() -> None:
    assert hint(["d", "f"], sandbox=False) == ""
