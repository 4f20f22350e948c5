"""What a notebook keeps of a sweep: honest without kernel, script or style sheet, and small."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.sweep import facts
from cometact_nb.views.sweep.plan import plan_html
from cometact_nb.views.sweep.record import planned_html, record_html, record_text

if TYPE_CHECKING:
    from services import SandboxProcess


@pytest.fixture
def mixed(session: Session, sandbox: SandboxProcess) -> Sweep:
    """A finished sweep with a failure, a stopped cell and clips."""
    characters = [sandbox.character, sandbox.playing("safety-input")]
    sweep = session.sweep(character=characters, reference=sandbox.reference, seed=[1, 2], name="<b>mixed</b>")
    return sweep.run(canary=True).wait(60)


def test_a_record_shows_parameters_outcomes_posters_paths_and_money(mixed: Sweep, tmp_path: Path) -> None:
    html = record_html(mixed, folder=tmp_path)
    assert "&lt;b&gt;mixed&lt;/b&gt;" in html
    assert "<b>mixed" not in html
    links = re.findall(r'<a href="([^"]+\.mp4)"', html)
    assert len(links) == 2
    assert all((tmp_path / link).exists() for link in links)
    posters = re.findall(r'<img src="(data:image/jpeg;base64,[^"]+)"', html)
    assert len(posters) == 2
    assert max(map(len, posters)) < 6000
    for said in (
        "2 done · 1 failed · 1 stopped",
        "<code>.gallery()</code> behind it",
        "SAFETY.INPUT.IMAGE",
        "Sandbox: nothing is billed",
        ">Character hero.png (1)<",
        ">Seed 2<",
    ):
        assert said in html
    assert "<script" not in html
    assert str(tmp_path) not in html
    assert len(html) / len(mixed) < 6000


def test_the_same_as_text(mixed: Sweep, tmp_path: Path) -> None:
    text = record_text(mixed, folder=tmp_path)
    assert text.startswith("Sweep <b>mixed</b> · FINISHED · 4 cells · SANDBOX")
    assert "1. Character hero.png (1) · Seed 1 · done · clips/" in text
    assert "sweep.retry() buys 2 cells again and pays for that again" in text


def test_before_it_is_bought_a_record_and_a_plan_say_the_price_and_where_it_comes_from(
    session: Session, sandbox: SandboxProcess
) -> None:
    session.configure(price=0.4)
    sweep = session.sweep(character=sandbox.character, reference=sandbox.reference, seed=range(6))
    html = plan_html(sweep.plan)
    for said in ("6 to buy", "$2.40 (6 × $0.40, configure(price=…))", "yes=True", "SANDBOX"):
        assert said in html
    assert "sweep.run() sends 6 cells that were not bought" in record_text(sweep, folder=Path())
    cell = planned_html(sweep.cells[0], sandbox=True)
    assert "Planned" in cell
    assert "hero.png" in cell


def test_what_a_click_may_cost_covers_what_waits_and_what_it_buys(
    session: Session, sandbox: SandboxProcess
) -> None:
    session.configure(price=0.4, ask_above=10)
    sweep = session.sweep(character=sandbox.playing("internal"), reference=sandbox.reference, seed=range(2))
    offered = facts.actions(sweep)
    assert list(offered) == ["run"]
    assert offered["run"]["agreed"] == pytest.approx(0.8)
    sweep.run().wait(60)
    assert not facts.is_over(sweep)
    offered = facts.actions(sweep)
    assert list(offered) == ["retry"]
    assert offered["retry"]["agreed"] == pytest.approx(1.6)
    assert offered["retry"]["label"] == "Retry 2 cells"
