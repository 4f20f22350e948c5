"""A history is searched by what its user calls things: sweeps, notes, stars. A report answers with a link to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from present import present

from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep

if TYPE_CHECKING:
    from services import SandboxProcess


@pytest.fixture
def sweep(session: Session, sandbox: SandboxProcess) -> Sweep:
    made = session.sweep(
        character=sandbox.character, reference=sandbox.reference, seed=[1, 2, 3], name="Überblick sixty"
    )
    return made.run().wait(60)


def test_a_search_finds_sweeps_notes_and_stars(
    session: Session, sandbox: SandboxProcess, sweep: Sweep
) -> None:
    other = session.submit(character=sandbox.character, reference=sandbox.reference, seed=9).wait(60)
    sweep.rate(sweep.cells[0], stars=5, note="Eyes too WIDE, Äh")
    sweep.rate(sweep.cells[1], stars=3, favourite=True)

    def found(text: str) -> list[int]:
        return sorted(present(present(row.request).seed) for row in find_history(session, text=text))

    assert found("sixty") == found("überblick SIXTY") == [1, 2, 3]
    assert found("wide äh") == [1]
    assert found("sixty wide") == [1]  # each word anywhere
    assert found("★★★") == [1, 2]
    assert found("★★★★") == [1]
    assert found("favourite") == [2]
    assert found(present(other.id)) == [9]
    assert found("sixty favourite wide") == []
    assert found("six_y") == []  # no wildcard


def test_a_report_answers_with_a_link_that_leads_there_from_the_notebook(
    session: Session, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "notes" / "a.ipynb"))
    page: Any = sweep.export("../the report <1>")
    assert page.is_file()
    assert page == tmp_path / "the report <1>" / "index.html"
    (address,) = re.findall(r'href="([^"]*)"', page._repr_html_())
    assert address == "../the%20report%20%3C1%3E/index.html"
    assert "<1>" not in page._repr_html_()
    assert (page.parent / "results.csv")._repr_html_() is None


def test_completion_of_a_sweep_offers_what_a_user_asks_of_it(sweep: Sweep) -> None:
    offered = {name for name in dir(sweep) if not name.startswith("_")}
    assert {
        "run",
        "wait",
        "pause",
        "cancel",
        "retry",
        "gallery",
        "export",
        "rate",
        "cells",
        "plan",
    } <= offered
    assert not offered & {"attach", "recorded", "recount", "keep", "leave", "changed"}
