"""Clips from anywhere in one gallery and one report: history rows, sweeps, tasks, saved clips, folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid

from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.handles.gather import gather
from cometact_nb.handles.history import find_history
from cometact_nb.handles.saved_clip import load_clip
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.clips.video import is_video
from cometact_nb.views.gallery.facts import references


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("collected")


@pytest.fixture(scope="module")
def session(folder: Path, shared_sandbox: SandboxProcess) -> Iterator[Session]:
    session = new_session(folder, shared_sandbox)
    yield session
    session.close()


@pytest.fixture(scope="module")
def sweeps(session: Session, shared_sandbox: SandboxProcess) -> tuple[Sweep, Sweep]:
    monday = grid(session, shared_sandbox, seed=[1, 2], name="monday").run().wait(60)
    tuesday = grid(session, shared_sandbox, seed=[2, 3], expression_intensity=5, name="tuesday")
    return monday, tuesday.run().wait(60)


def test_two_sweeps_are_laid_out_by_what_differs_and_a_task_is_there_once(
    session: Session, sweeps: tuple[Sweep, Sweep]
) -> None:
    monday, tuesday = sweeps
    both = gather(session, [monday, tuesday, present(monday.cells[0].task), tuesday.cells[1]])
    assert len(both) == 4
    assert both.axes == {"expression_intensity": [5, None], "seed": [1, 2, 3]}
    gallery = both.gallery()
    html = gallery.to_html()
    assert "4 clips" in html
    assert "act.collect(…).gallery()" in html
    assert gallery.choice["columns"] == "seed"
    assert html.count("<video") == 4
    gallery.close()
    with pytest.raises(ConfigError, match="rows='ratio' is no axis"):
        both.gallery(rows="ratio")


def test_history_rows_saved_clips_and_a_folder_show_the_same_clips(
    session: Session, sweeps: tuple[Sweep, Sweep], folder: Path, shared_sandbox: SandboxProcess
) -> None:
    rows = gather(session, [find_history(session, limit=10)])
    saved = [load_clip(session, present(cell.clip).path) for sweep in sweeps for cell in sweep.cells]
    files = gather(session, saved)
    place = present(sweeps[0].cells[0].clip).path.parent
    whole = gather(session, [place])
    hashes = [sorted(present(cell.clip).sha256 for cell in one.cells) for one in (rows, files, whole)]
    assert hashes[0] == hashes[1] == hashes[2]
    assert [row["seed"] for row in files.to_rows()] == [1, 2, 2, 3]
    for one in (rows, files, whole):
        assert [video["url"] for video in references(one)] == [shared_sandbox.reference]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_and_other_programs_files_in_a_folder_hold_up_nothing(
    session: Session, sweeps: tuple[Sweep, Sweep], tmp_path: Path
) -> None:
    clip = present(sweeps[0].cells[0].clip).path
    for name in (clip.name, f"{clip.stem}.json"):
        (tmp_path / name).write_bytes((clip.parent / name).read_bytes())
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "other.json").write_text("[1]")
    assert [present(cell.clip).name for cell in gather(session, [tmp_path]).cells] == [clip.name]


def test_ratings_and_comparisons_of_a_collection_are_those_of_the_sweep(
    session: Session, sweeps: tuple[Sweep, Sweep]
) -> None:
    monday, tuesday = sweeps
    both = gather(session, sweeps)
    both.rate(both.cells[0], stars=4)
    assert monday.to_rows()[0]["stars"] == 4
    both.judge(both.cells[0], both.cells[1], "first", rater="Ann")
    assert monday.preferences().raters == {"Ann": 1}
    both.judge(both.cells[0], both.cells[2], "second", rater="Ann")
    assert tuesday.preferences().raters == {}, "its clips were not compared with each other"
    assert {row["knob"] for row in both.preferences().effect_rows()} == {"expression_intensity", "seed"}
    view = both.compare()
    assert view.title["again"] == "act.collect(…)"
    view.close()


def test_a_report_and_a_picture_of_a_collection(
    session: Session, sweeps: tuple[Sweep, Sweep], tmp_path: Path
) -> None:
    both = gather(session, sweeps)
    page = both.export(tmp_path / "report").read_text("utf-8")
    assert "What is here" in page
    assert "Price of one" not in page
    assert len(list((tmp_path / "report" / "clips").glob("*.mp4"))) == 4
    assert both.export(tmp_path / "all.png", reference=False).stat().st_size > 1000
    two = gather(session, [both.cells[0], both.cells[3]])
    shares: list[float] = []
    film = two.export(tmp_path / "two.mp4", divider=True, reference=False, width=320, progress=shares.append)
    assert is_video(film)
    assert shares[-1] == 1


def test_clips_of_another_history_are_shown_and_a_rating_that_has_no_place_is_refused(
    session: Session, sweeps: tuple[Sweep, Sweep], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    clip = present(sweeps[0].cells[0].clip).path
    other = new_session(tmp_path, sandbox)
    try:
        here = gather(other, [clip])
        assert here.axes == {"replicate": [1]}
        with pytest.raises(ConfigError, match="is not in this history"):
            here.rate(here.cells[0], stars=1)
    finally:
        other.close()


def test_what_is_no_clip_is_named(session: Session, sweeps: tuple[Sweep, Sweep], tmp_path: Path) -> None:
    for things, message in (
        ([], "There is nothing to show"),
        ([3], "3 is no clip"),
        ([tmp_path], "nothing to show"),
    ):
        with pytest.raises(ConfigError, match=message):
            gather(session, things)
    with pytest.raises(ClipError, match="nothing tells how"):
        gather(session, ["missing.mp4"])
    clip = present(sweeps[0].cells[0].clip).path
    for suffix in (".json", ".mp4"):
        (tmp_path / f"whole{suffix}").write_bytes(clip.with_suffix(suffix).read_bytes())
    (tmp_path / "gone.json").write_bytes(clip.with_suffix(".json").read_bytes())
    (tmp_path / "other.json").write_text("{}")
    some = gather(session, [tmp_path])
    assert len(some) == 1
    assert "gone.mp4" in some.notes[0]
