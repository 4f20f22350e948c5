"""An exported report: whole, self-contained, harmless in a browser and in a spreadsheet, and it overwrites nothing."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from present import present
from reports import NAME, NOTE, SIGNATURE, finished_sweep

from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep

if TYPE_CHECKING:
    from services import SandboxProcess


@pytest.fixture(scope="module")
def sweep(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    made = finished_sweep(tmp_path_factory.mktemp("sweep"), shared_sandbox)
    yield made
    assert isinstance(made.session, Session)
    made.session.close()


@pytest.fixture(scope="module")
def report(sweep: Sweep, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep.export(tmp_path_factory.mktemp("report") / "new" / "folder").parent


def results(report: Path) -> list[dict[str, str]]:
    with (report / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_it_is_a_folder_in_which_every_link_leads_somewhere_and_none_out(report: Path, sweep: Sweep) -> None:
    page = (report / "index.html").read_text("utf-8")
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all((report / html.unescape(link)).is_file() for link in links)
    clips = sorted(path.name for path in (report / "clips").glob("*.mp4"))
    assert len(clips) == 4
    assert all(re.fullmatch(r"cell-\d{3}_[A-Za-z0-9_-]+\.mp4", name) for name in clips)
    first = present(sweep.cells[0].clip)
    assert (report / results(report)[0]["clip"]).read_bytes() == first.path.read_bytes()
    assert not list(report.parent.glob(".*"))


def test_it_runs_no_script_but_its_own_and_asks_no_network(report: Path) -> None:
    page = (report / "index.html").read_text("utf-8")
    policy = html.unescape(present(re.search(r'Content-Security-Policy" content="([^"]+)"', page))[1])
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for name, element in (("script-src", "script"), ("style-src", "style")):
        (inside,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"
    assert "unsafe" not in policy
    assert "http" not in policy
    assert ' style="' not in page


def test_foreign_text_is_shown_letter_by_letter(report: Path) -> None:
    page = (report / "index.html").read_text("utf-8")
    assert page.count("</script>") == 2  # the data's and the script's own
    assert html.escape(NAME, quote=False) in page
    assert "<b>1" not in page
    assert "<i>lips" not in page.partition('id="data"')[0]
    data = json.loads(present(re.search(r'id="data">(.*?)</script>', page, re.DOTALL))[1])
    assert data["title"]["name"] == NAME
    assert data["cells"][0]["ratings"][0]["note"] == NOTE


def test_no_signature_and_no_key_leaves_the_machine(report: Path, sweep: Sweep) -> None:
    key = present(sweep.session.config.api_key).reveal()
    for path in report.rglob("*"):
        if path.suffix in {".html", ".csv", ".json"}:
            text = path.read_text("utf-8")
            assert SIGNATURE not in text
            assert "scenario=" not in text
            assert key not in text
            assert str(sweep.session.notebook_dir) not in text


def test_the_table_has_every_cell_and_no_formula(report: Path) -> None:
    rows = results(report)
    assert len(rows) == 8
    assert [row["status"] for row in rows].count("FAILED") == 4
    assert (rows[0]["stars"], rows[0]["favourite"], rows[0]["blind"]) == ("4", "True", "True")
    assert rows[0]["note"] == f"'{NOTE}"
    assert rows[0]["character"].endswith("/hero.png")
    assert not [value for row in rows for value in row.values() if value.lstrip()[:1] in set("=+-@")]


def test_plan_price_results_noise_floor_and_checksums_are_on_the_page(report: Path, sweep: Sweep) -> None:
    page = re.sub(r"<[^>]+>", " ", (report / "index.html").read_text("utf-8").partition('id="data"')[0])
    page = html.unescape(page)
    for said in (
        "Price of one",
        "nothing: sandbox",
        "★★★★☆ ♥",
        "rated blind",
        "MOON.PHASE",
        "the median of 2 pairs of replicates",
        "Expression intensity",
        present(sweep.cells[0].clip).sha256,
        present(present(sweep.cells[0].task).id),
    ):
        assert said in page


def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_was(
    sweep: Sweep, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("two years")
    for overwrite in (False, True):
        with pytest.raises(ConfigError, match=r"holds something else \(thesis.txt\).*new folder"):
            sweep.export(tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(ConfigError, match="is a file"):
        sweep.export(tmp_path / "thesis.txt")
    with pytest.raises(ConfigError, match="cannot be written"):
        sweep.export(tmp_path / "thesis.txt" / "below")


def test_an_earlier_report_is_replaced_only_on_request_and_only_if_nothing_was_added(
    sweep: Sweep, tmp_path: Path
) -> None:
    folder = tmp_path / "report"
    folder.mkdir()  # an empty one is as good as none
    sweep.export(folder)
    before = (folder / "index.html").stat().st_ino
    with pytest.raises(ConfigError, match=r"earlier report.*overwrite=True"):
        sweep.export(folder)
    assert (folder / "index.html").stat().st_ino == before
    sweep.export(str(folder), overwrite=True)
    assert (folder / "index.html").stat().st_ino != before
    (folder / "clips" / "my-cut.mp4").write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"holds something else \(clips/my-cut.mp4\)"):
        sweep.export(folder, overwrite=True)
    assert (folder / "clips" / "my-cut.mp4").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_the_report_names_a_clip_that_is_gone_from_the_disk(sweep: Sweep, tmp_path: Path) -> None:
    path = present(sweep.cells[1].clip).path
    away = path.rename(path.with_suffix(".away"))
    try:
        report = sweep.export(tmp_path / "report").parent
    finally:
        away.rename(path)
    problem = f"Its file, {path.name}, is not on this disk any more. Put it back and export again."
    assert results(report)[1]["problem"] == problem
    assert results(report)[1]["clip"] == ""
    line = present(re.search(r'<th scope="row">2</th>.*?</tr>', (report / "index.html").read_text("utf-8")))[
        0
    ]
    assert "not on this disk" in line
    poster = present(re.search(r'src="(clips/[^"]+[.]jpg)"', line))[1]
    assert (report / poster).exists()  # its first frame is there all the same


def test_a_sweep_that_was_not_bought_can_be_reported_too(sweep: Sweep, tmp_path: Path) -> None:
    fields: dict[str, Any] = {
        "character": sweep.cells[0].request.character,
        "reference": sweep.cells[0].request.reference,
    }
    assert isinstance(sweep.session, Session)
    planned = sweep.session.sweep(**fields, seed=[98, 99], name="planned")
    report = planned.export(tmp_path / "report").parent
    assert [row["status"] for row in results(report)] == ["PLANNED", "PLANNED"]


def test_a_clip_whose_poster_cannot_be_had_is_reported_without_it(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Clip) -> Path:
        raise ClipError("The store does not give it.")

    monkeypatch.setattr(Clip, "poster", property(gone))
    report = sweep.export(tmp_path / "report").parent
    assert sum(bool(line["clip"]) for line in results(report)) == 4
    assert len(list((report / "clips").iterdir())) == 4
