"""Files that a panel's page sends in pieces: uploads, and recordings that stay beside the notebook."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cometact_nb.errors import RequestError
from cometact_nb.views.panel.files import LocalFiles
from cometact_nb.views.panel.uploads import Uploads

NOON = datetime(2026, 12, 1, 12, 0, 5, tzinfo=UTC)
RECORDING = {"role": "reference", "name": "recording.webm", "size": 6, "recorded": True}


def uploads(folder: Path) -> Uploads:
    return Uploads(lambda: folder, lambda: NOON)


def send(to: Uploads, content: dict[str, Any], *pieces: bytes) -> str | None:
    offset, address = 0, None
    for piece in pieces:
        address = to.piece({**content, "offset": offset}, [memoryview(piece)])
        offset += len(piece)
    return address


def test_an_upload_comes_in_pieces_and_lies_outside_the_notebook_s_folder(tmp_path: Path) -> None:
    files = LocalFiles(lambda: tmp_path)
    begin = {"role": "character", "name": "../my hero.png", "size": 6}
    assert files.uploads.piece({**begin, "offset": 0}, [b"abc"]) is None
    assert files.uploads.piece({**begin, "offset": 0}, [b"abc"]) is None  # begun anew
    assert files.uploads.piece({**begin, "offset": 5}, [b"x"]) is None  # out of order
    assert files.uploads.piece({**begin, "offset": 3}, [memoryview(b"def")]) == "upload:my hero.png"
    assert files.inline("upload:my hero.png") == "data:image/png;base64,YWJjZGVm"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RequestError, match="Upload it again"):
        files.inline("upload:other.png")


def test_a_large_upload_is_taken_and_does_not_fit_into_a_request(tmp_path: Path) -> None:
    files = LocalFiles(lambda: tmp_path)
    content = {"role": "reference", "name": "long.mp4", "size": 9_000_000}
    assert send(files.uploads, content, bytes(5_000_000), bytes(4_000_000)) == "upload:long.mp4"
    path = files.path("upload:long.mp4")
    assert path is not None
    assert path.stat().st_size == 9_000_000
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0  # nobody else's
    with pytest.raises(RequestError, match=r"once encoded; Runway takes 5 MB inline\. Prepare it"):
        files.inline("upload:long.mp4")


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("notes.txt", 4, "of a kind that is no input"),
        ("hero.png", 0, "is empty"),
        ("film.mov", 3 * 1024**3, "Give its path"),
    ],
)
def test_what_can_be_no_input_is_refused_at_its_first_piece(
    tmp_path: Path, name: str, size: int, said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        uploads(tmp_path).piece({"role": "character", "name": name, "size": size, "offset": 0}, [b""])


def test_a_recording_stays_beside_the_notebook_named_by_time_and_replaces_no_other(tmp_path: Path) -> None:
    to = uploads(tmp_path)
    (tmp_path / "recording-2026-12-01-120005.webm").write_bytes(b"an earlier one")
    assert send(to, RECORDING, b"abc", b"def") == "recording-2026-12-01-120005-2.webm"
    assert send(to, RECORDING, b"ghijkl") == "recording-2026-12-01-120005-3.webm"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "recording-2026-12-01-120005.webm": b"an earlier one",
        "recording-2026-12-01-120005-2.webm": b"abcdef",
        "recording-2026-12-01-120005-3.webm": b"ghijkl",
    }


def test_half_a_recording_has_no_final_name_and_goes_when_another_begins(tmp_path: Path) -> None:
    to = uploads(tmp_path)
    assert send(to, RECORDING, b"abc") is None
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    assert send(to, RECORDING, b"abc", b"def") == "recording-2026-12-01-120005.webm"
    assert [path.name for path in tmp_path.iterdir()] == ["recording-2026-12-01-120005.webm"]


def test_a_folder_that_takes_no_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"cannot be kept on this disk \(No such file or directory\)"):
        send(uploads(tmp_path / "gone"), RECORDING, b"abc")


@pytest.mark.parametrize(
    "content",
    [
        {"role": "nobody", "name": "a.png", "size": 3, "offset": 0},
        {"role": "character", "name": 7, "size": 3, "offset": 0},
        {"role": "character", "name": "a.png", "size": "3", "offset": 0},
        {"role": "character", "name": "a.png", "size": 3, "offset": 2},
    ],
)
def test_a_message_that_no_page_sends_is_left_alone(tmp_path: Path, content: dict[str, Any]) -> None:
    assert uploads(tmp_path).piece(content, [b"abc"]) is None
