"""The guide's table of what is bought again is what the code decides."""

from __future__ import annotations

from pathlib import Path

import cometact_nb as act
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.sweep.grid import PlannedCell
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.job import Job
from cometact_nb.handles.sweep.entries import Entries
from cometact_nb.handles.sweep.outcomes import what_buys_again

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "money.md"


def cell_with(status: Status | None) -> Entries:
    request = ActTwoRequest("https://example.com/hero.png", "https://example.com/act.mp4")
    entries = Entries([PlannedCell(0, {}, request, 1, request.identity)])
    if status is not None:
        job = Job(TaskState(key="k", status=status), Endpoint("https://example.com"), "clips")
        entries.attach(next(iter(entries)), job)
    return entries


def test_the_pages_table_is_printed_from_the_code() -> None:
    assert what_buys_again(cell_with) in PAGE.read_text("utf-8")


def test_the_table_has_every_status() -> None:
    table = what_buys_again(cell_with)
    assert all(f"`{status}`" in table for status in Status)


def test_nothing_but_what_was_never_sent_or_certainly_refused_is_sent_by_a_run() -> None:
    sent = [line.split(" | ")[0] for line in what_buys_again(cell_with).splitlines() if "| sent |" in line]
    assert sent == ["| no task", "| `REFUSED`"]


def test_the_page_is_in_the_guide_of_the_notebook() -> None:
    assert "What is bought again" in act.guide("money").text
