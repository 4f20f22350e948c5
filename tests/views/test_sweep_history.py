"""The list of sweeps as HTML."""

from __future__ import annotations

from datetime import UTC, datetime

from cometact_nb.domain.sweep.grid import specify
from cometact_nb.handles.sweep.saved import SavedSweep, SweepHistory
from cometact_nb.views.sweep.table import sweeps_html

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def saved(name: str, **changes: object) -> SavedSweep:
    fields = {"character": "https://example.com/hero.png", "reference": "https://example.com/act.mp4"}
    spec = specify({**fields, "expression_intensity": [1, 5], "seed": [7]}, replicates=3)
    told = {
        "state": "bought",
        "sent": {"SUCCEEDED": 5, "FAILED": 1},
        "spent_usd": 2.4,
        "spec": spec,
        **changes,
    }
    told = {"base_url": "https://api.cometapi.com", **told}
    return SavedSweep(name=name, created_at=AT, updated_at=AT, **told)  # type: ignore[arg-type]


def test_a_row_says_how_far_a_sweep_came_and_what_it_cost() -> None:
    html = sweeps_html(SweepHistory([saved("how lively")]))
    for told in (
        "how lively",
        ">6<",
        "2 expression intensity × 3 replicates",
        "5 SUCCEEDED, 1 FAILED",
        "$2.40",
        "bought",
    ):
        assert told in html
    assert "SANDBOX" not in html
    assert "SANDBOX" not in sweeps_html(SweepHistory([saved("gateway", base_url="http://127.0.0.1:1")]))
    assert "SANDBOX" in sweeps_html(SweepHistory([saved("here", sandbox=True)]))


def test_a_hostile_name_is_text() -> None:
    assert "<script" not in sweeps_html(SweepHistory([saved("<script>alert(1)</script>")]))


def test_an_empty_history_says_how_to_begin_and_a_long_one_stays_small() -> None:
    assert "no sweep yet" in sweeps_html(SweepHistory([]))
    html = sweeps_html(SweepHistory([saved(f"s{number}") for number in range(60)]))
    assert "The first 50 are shown" in html
    assert "s49" in html
    assert "s50" not in html
