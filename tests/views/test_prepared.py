"""A prepared input at the end of a cell: its picture, what changed, and nothing that a file's name could run."""

from __future__ import annotations

from pathlib import Path

import brought

import cometact_nb as act
from cometact_nb.views.inputs.prepared import prepared_html


def test_it_shows_a_small_picture_and_each_change(tmp_path: Path) -> None:
    prepared = act.prepare(brought.picture(tmp_path, "phone-turned.jpg"), out=tmp_path / "out")
    page = str(prepared_html(prepared))
    assert 0 < len(prepared.picture) <= 24_000
    assert "data:image/jpeg;base64," in page
    assert all(change in page for change in prepared.changes if "'" not in change)
    assert "Ready as character" in page
    assert "Not published yet" in page


def test_a_clip_shows_one_of_its_frames(tmp_path: Path) -> None:
    (source,) = brought.clips(tmp_path, "right.mp4")
    prepared = act.prepare(source, out=tmp_path / "out")
    assert prepared.picture.startswith(b"\xff\xd8\xff")
    assert "h264" in str(prepared_html(prepared))


def test_a_hostile_name_is_text(tmp_path: Path) -> None:
    picture = brought.picture(tmp_path, "right.jpg")
    prepared = act.prepare(picture, out=tmp_path / "<img src=x onerror=alert(1)>.jpg")
    assert "<img src=x" not in str(prepared_html(prepared))


def test_a_file_that_is_gone_has_no_picture(tmp_path: Path) -> None:
    prepared = act.prepare(brought.picture(tmp_path, "right.jpg"), out=tmp_path / "out")
    prepared.path.unlink()
    assert prepared.picture == b""
    assert "Ready as character" in str(prepared_html(prepared))
