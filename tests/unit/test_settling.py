"""What this kernel knows of a task, and what is on record, decide together whether it is sent again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from virtual_kernel import ACT, HERO, Kernels, Vendor

from cometact_nb.errors import ActTwoError, HistoryError, TaskFailed


def test_what_ended_here_and_could_not_be_recorded_is_not_sent_again_while_another_kernel_goes_on_with_it(
    kernels: Kernels, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.ends[1] = [{"status": "FAILED"}]
    vendor.answers_polls.clear()
    kernel = kernels()
    task = kernel.submit(character=HERO, reference=ACT, seed=1)
    other = sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None)
    other.execute("ALTER TABLE events RENAME TO away")
    vendor.answers_polls.set()
    with pytest.raises(TaskFailed):
        task.wait(20)
    with pytest.raises(HistoryError, match="still wait to be recorded"):
        task.resubmit()
    other.execute("UPDATE tasks SET owner = 'elsewhere/1/0badc0de'")
    with pytest.raises(ActTwoError, match=f"Task {task.id} has not ended; sending it again would pay twice"):
        task.resubmit()
    other.execute("ALTER TABLE away RENAME TO events")
    other.close()
    assert vendor.seeds == [1]
