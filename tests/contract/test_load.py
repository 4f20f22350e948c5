"""Many tasks at once. 1,000 for minutes: ``python tests/support/load.py``; docs/faults.md has what it measured."""

from __future__ import annotations

from load import run

from cometact_nb.api.pace import POLL_FLOOR_S


def test_no_task_among_many_is_asked_about_early_or_forgotten() -> None:
    seen = run(tasks=25, seconds=0, speed=150, polls_each=2)
    assert seen.tasks == seen.posts == 25
    assert seen.shortest_s >= 0.95 * POLL_FLOOR_S  # the ledger's clock is coarse
    assert seen.fewest >= 2
    assert seen.threads < 20
