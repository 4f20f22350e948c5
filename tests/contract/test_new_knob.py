"""A new field of the request is one row of the table in ``domain/knobs.py``; everything else follows from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from services import SandboxProcess

PACKAGE = Path(__file__).parents[2] / "cometact_nb"
SUPPORT = Path(__file__).parents[1] / "support"
TITLE = "Head motion"
#: A field that no vendor documents.
ROW = """\
    Knob(
        name="head_motion",
        title="Head motion",
        wire=("headMotion",),
        type=Annotated[int, msgspec.Meta(ge=0, le=10)],
        limit="is outside 0-10",
        cure="Give an integer from 0 (still) to 10.",
        options=("-x", "--head-motion"),
        metavar="0-10",
        help="how much the head moves",
    ),
"""


@pytest.fixture(scope="module")
def seen(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a copy of the package shows that has one row more."""
    folder = tmp_path_factory.mktemp("knob")
    copy = folder / "site" / "cometact_nb"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    table = copy / "domain" / "knobs.py"
    before, mark, after = table.read_text("utf-8").partition(")\nKNOB = ")
    table.write_text(before + ROW + mark + after, "utf-8")
    run = subprocess.run(
        [
            *(sys.executable, str(SUPPORT / "new_knob.py")),
            *(shared_sandbox.base_url, shared_sandbox.character, shared_sandbox.reference, str(folder)),
        ],
        env={**os.environ, "PYTHONPATH": str(copy.parent), "IPYTHONDIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["package"] == str(copy / "__init__.py")
    return told


def test_a_request_has_it_in_every_form_and_reads_it_back(seen: Any) -> None:
    told = seen["request"]
    assert told["json"]["headMotion"] == 7
    assert '"headMotion": 7' in told["texts"]["curl"]
    assert "head_motion=7" in told["texts"]["python"]
    assert "--head-motion 7" in told["texts"]["magic"]
    assert sorted(told["read back"]) == ["curl", "magic", "python"]


def test_a_wrong_value_is_refused_in_the_row_s_own_words(seen: Any) -> None:
    assert (
        "head_motion=11 is outside 0-10. Give an integer from 0 (still) to 10." in seen["request"]["refused"]
    )


def test_the_magic_knows_its_option_and_the_reference_describes_it(seen: Any) -> None:
    assert "-x 0-10, --head-motion 0-10" in seen["magic"]["help"]
    assert "how much the head moves" in seen["magic"]["help"]
    assert any("--head-motion" in text for text in seen["magic"]["completed"])
    assert "head_motion: how much the head moves" in seen["request"]["help"]


def test_the_panel_has_a_control_for_it(seen: Any) -> None:
    """Where its values are few, chips; else a place to type: ``tests/frontend/controls.test.js`` has both."""
    told = seen["panel"]
    assert told["control"] == {"name": "head_motion", "title": TITLE, "whole": True, "options": []}
    assert told["request"]["head_motion"] == 7
    assert told["axis"] == "2,9"
    assert [TITLE, 2, "2, 9"] in told["plan"]
    assert "--head-motion 2,9" in told["record"]


def test_a_sweep_lays_its_cells_out_by_it(seen: Any) -> None:
    told = seen["sweep"]
    assert told["axes"]["head_motion"] == [2, 9]
    assert "head_motion=2" in told["labels"]
    assert sorted({row["head_motion"] for row in told["rows"]}) == [2, 9]


@pytest.mark.parametrize("view", ["plan", "gallery", "card", "history", "report"])
def test_each_view_calls_it_by_its_title(seen: Any, view: str) -> None:
    shown = seen["sweep"]["views"][view]
    assert (TITLE.lower() if view == "history" else TITLE) in shown


def test_a_film_s_labels_and_the_effects_of_a_measure_call_it_by_its_title(seen: Any) -> None:
    assert f"{TITLE} 2" in seen["sweep"]["film"]
    assert f"{TITLE} 2 → 9" in seen["sweep"]["effects"]


@pytest.mark.parametrize("place", ["row", "card", "sweep"])
def test_jupyterlab_s_own_views_call_it_by_its_title(seen: Any, place: str) -> None:
    shown = seen["lab"][place]
    assert (TITLE.lower() if place == "row" else TITLE) in shown


def test_the_history_and_the_file_beside_a_clip_keep_it(seen: Any) -> None:
    assert sorted({row["head_motion"] for row in seen["sweep"]["history"]}) == [2, 9]
    assert seen["sweep"]["sidecar"]["headMotion"] in {2, 9}
