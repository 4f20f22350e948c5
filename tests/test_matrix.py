"""``python -m tests --matrix`` says what broke and where to look; what it installs, only a run of it shows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import checks, front_ends, matrix
from tests.lanes import BROWSER, LANES, Lane

FAILING = "import sys; print('first'); print('FAILED tests/a.py::test_b - E'); print('last'); sys.exit(1)"


def test_the_lane_of_the_newest_versions_limits_nothing_and_takes_the_whole_check(tmp_path: Path) -> None:
    asked = matrix.wish(tmp_path, LANES["newest"])
    assert "-c" not in asked
    assert asked[asked.index("--upgrade-strategy") + 1] == "eager"
    assert f"{checks.ROOT}[test]" in asked
    parts = checks.commands(tmp_path, [], list(BROWSER))
    assert set(parts) == {*checks.commands(tmp_path, [], []), "browser"}
    assert set(parts) >= {"lint", "format", "types", "tests"}


@pytest.mark.parametrize("name", ["PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"])
def test_what_pins_the_check_pins_no_lane(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "constraints.txt")
    assert name not in matrix.free()


def test_the_tests_that_failed_are_named_and_of_another_part_its_last_lines(tmp_path: Path) -> None:
    tests, types = tmp_path / "tests.txt", tmp_path / "types.txt"
    assert not checks.run("tests", [sys.executable, "-c", FAILING], tests)
    assert not checks.run("types", [sys.executable, "-c", FAILING.replace("FAILED", "error:")], types)
    said = checks.broken({"tests": tests, "types": types})
    assert "  FAILED tests/a.py::test_b - E\ntypes" in said
    assert "  error: tests/a.py::test_b - E\n  last" in said


def test_another_version_than_the_pinned_one_is_named() -> None:
    assert matrix.moved({"mypy": "0.1", "a_package_that_nothing_pins": "1"}) == [
        f"mypy 0.1 (pinned: {matrix.pinned()['mypy'][0]})"
    ]


def test_a_lane_that_does_not_exist_is_refused_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix.run(["python-2"]) == 2
    assert "There is no lane python-2. There are: newest, lab," in capsys.readouterr().out


def test_a_lane_whose_python_is_not_here_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(LANES, "python-3.99", Lane("", "", (), python="3.99"))
    assert matrix.run(["python-3.99"]) == 0
    assert "| python-3.99 | Python 3.99 is not here | not run | |" in capsys.readouterr().out


def test_the_page_s_table_is_what_the_lanes_recorded() -> None:
    page, runs = front_ends.PAGE.read_text("utf-8"), front_ends.read()
    assert front_ends.table(runs) in page
    assert front_ends.with_table(page, runs) == page
    assert set(runs) <= set(LANES)


def test_a_lane_that_was_not_run_is_not_tested_and_one_that_failed_says_so() -> None:
    rows = front_ends.table(
        {"firefox": {"outcome": "FAILED: tests", "date": "2026-12-01", "versions": {"Firefox": "1.0"}}}
    ).splitlines()
    assert any(
        "`firefox` | Firefox 1.0 |" in row and row.endswith("| **FAILED: tests**, 2026-12-01 |")
        for row in rows
    )
    assert (
        sum(row.endswith("| **not tested** |") for row in rows)
        == sum(bool(lane.title) for lane in LANES.values()) - 1
    )
