"""The guide's table of what is bought again is what the code decides."""

from __future__ import annotations

from pathlib import Path

import cometact_nb as act
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.sweep.grid import PlannedCell
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.job import Job
from cometact_nb.handles.sweep.choice import what_buys_again
from cometact_nb.handles.sweep.runner import Entry

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "money.md"


def entry_of(status: Status | None) -> Entry:
    request = ActTwoRequest("https://example.com/hero.png", "https://example.com/act.mp4")
    entry = Entry(PlannedCell(0, {}, request, 1, request.identity))
    if status is not None:
        entry.job = Job(TaskState(key="k", status=status), Endpoint("https://example.com"), "clips")
    return entry


def test_the_pages_table_is_printed_from_the_code() -> None:
    assert what_buys_again(entry_of) in PAGE.read_text("utf-8")


def test_the_table_has_every_status() -> None:
    table = what_buys_again(entry_of)
    assert all(f"`{status}`" in table for status in Status)


def test_nothing_but_what_was_never_sent_or_certainly_refused_is_sent_by_a_run() -> None:
    sent = [line.split(" | ")[0] for line in what_buys_again(entry_of).splitlines() if "| sent |" in line]
    assert sent == ["| no task", "| `REFUSED`"]


def test_the_page_is_in_the_guide_of_the_notebook() -> None:
    assert "What is bought again" in act.guide("money").text
