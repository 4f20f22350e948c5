"""Rounds of ratings and their raters: beside each other, by several kernels at once, in every table."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid

from cometact_nb.errors import ConfigError
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.report.export import export


@pytest.fixture
def sweep(session: Session, sandbox: SandboxProcess) -> Sweep:
    return grid(session, sandbox, seed=[1, 2], name="rated").run().wait(60)


@pytest.fixture
def other(tmp_path: Path, sandbox: SandboxProcess, sweep: Sweep) -> Iterator[Sweep]:
    """The same sweep in another kernel."""
    session = new_session(tmp_path, sandbox)
    yield session.sweep_by_name("rated", resume=False)
    session.close()


def brief(sweep: Sweep) -> list[tuple[Any, ...]]:
    names = ("cell", "round", "rater", "blind", "stars", "favourite", "note")
    return [tuple(line[name] for name in names) for line in sweep.ratings()]


def test_rounds_raters_and_kinds_of_stars_stand_beside_each_other(sweep: Sweep, tmp_path: Path) -> None:
    first, second = sweep.cells
    before = datetime.now(UTC).replace(microsecond=0)
    sweep.rate(first, stars=2)
    sweep.rate(first, stars=4, blind=True, rater=" Ann ", in_round=2)
    sweep.rate(first, stars=3, note="late", rater="Ann", in_round=2)
    sweep.rate(first, stars=1, rater="Bob", in_round=2)
    assert sweep.rate(second, favourite=True, rater="Bob", in_round=2).stars is None
    assert brief(sweep) == [
        (1, 1, "", False, 2, False, ""),
        (1, 2, "Ann", False, 3, False, "late"),
        (1, 2, "Ann", True, 4, False, "late"),
        (1, 2, "Bob", False, 1, False, ""),
        (2, 2, "Bob", False, None, True, ""),
    ]
    assert all(before <= line["when"] <= datetime.now(UTC) for line in sweep.ratings())
    rows = sweep.to_rows()
    assert [row["stars"] for row in rows] == [1, None]  # of the round that was rated last
    assert (rows[0]["stars_open_round1"], rows[0]["stars_open_round2_Ann"]) == (2, 3)
    assert (rows[0]["stars_blind_round2_Ann"], rows[0]["note_round2_Ann"]) == (4, "late")
    assert (rows[1]["stars_open_round1"], rows[1]["favourite_round2_Bob"]) == (None, True)
    assert rows[0].keys() == rows[1].keys()
    page = export(sweep, tmp_path / "report")
    head = (page.parent / "results.csv").read_text("utf-8").splitlines()[0]
    assert "stars_blind_round2_Ann,stars_blind_at_round2_Ann" in head
    assert "Round 2, Ann: " in page.read_text("utf-8")
    record = sweep.gallery().to_html()
    assert "Round 1, unnamed: " in record
    assert "Round 2, Ann: " in record


def test_one_rater_without_a_name_sees_no_rounds(sweep: Sweep) -> None:
    sweep.rate(sweep.cells[0], stars=2)
    assert not [name for name in sweep.to_rows()[0] if "round" in name]
    assert "Round" not in sweep.gallery().to_html()


def test_a_rating_is_found_by_its_rater_and_by_what_any_round_gave(sweep: Sweep, session: Session) -> None:
    sweep.rate(sweep.cells[1], stars=5, rater="Ann-Marie")
    sweep.rate(sweep.cells[1], stars=1, rater="Bob", in_round=2)
    for words in ("ann-marie", "bob", "★★★★★"):
        assert [present(row.request).seed for row in find_history(session, text=words)] == [2], words
    assert len(find_history(session, text="carol")) == 0


def test_kernels_that_rate_one_clip_at_once_take_nothing_from_each_other(sweep: Sweep, other: Sweep) -> None:
    """Each has read the ratings before the other writes; whole ratings would replace each other."""
    both = threading.Barrier(2)

    def rate(mine: Sweep, **parts: Any) -> None:
        for count in range(10):
            both.wait(60)
            mine.rate(mine.cells[0], **parts)
            mine.rate(mine.cells[1], note=str(count), rater=str(sorted(parts)))

    threads = [
        threading.Thread(target=rate, args=(sweep,), kwargs={"stars": 3}),
        threading.Thread(target=rate, args=(other,), kwargs={"stars": 5, "blind": True, "favourite": True}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert brief(sweep) == brief(other)
    assert [line for line in brief(sweep) if line[0] == 1] == [
        (1, 1, "", False, 3, True, ""),
        (1, 1, "", True, 5, True, ""),
    ]
    assert [line[-1] for line in brief(sweep) if line[0] == 2] == ["9", "9"]


def test_a_gallery_begins_with_the_round_that_was_rated_last_or_with_the_last_rater(
    session: Session, sandbox: SandboxProcess, sweep: Sweep
) -> None:
    assert sweep.gallery().choice["round"] == {"round": 1, "rater": ""}
    sweep.rate(sweep.cells[0], stars=2, rater="Ann")
    sweep.rate(sweep.cells[1], stars=2, rater="Bob", in_round=2)
    assert sweep.gallery().choice["round"] == {"round": 2, "rater": "Bob"}
    fresh = grid(session, sandbox, seed=[3], name="fresh").run().wait(60)
    assert fresh.gallery().choice["round"] == {"round": 1, "rater": "Bob"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"in_round": 0}, "in_round=0 is no round"),
        ({"in_round": True}, "in_round=True is no round"),
        ({"rater": "x" * 61}, "is no name for a rater"),
        ({"rater": "a\nb"}, "is no name for a rater"),
        ({"rater": None}, "rater=None is no name"),
    ],
)
def test_what_is_no_round_or_no_name_is_refused_and_nothing_is_recorded(
    sweep: Sweep, parts: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        sweep.rate(sweep.cells[0], stars=3, **parts)
    assert sweep.ratings() == []
