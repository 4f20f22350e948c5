"""Small pictures of local files for a page that cannot decode them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from files import image_bytes, video_bytes
from PIL import Image

from cometact_nb.store.inputs.stills import stills


def size(jpeg: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        return picture.size


def test_a_picture_is_shown_as_its_file_asks_for(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    (tmp_path / "hero.jpg").write_bytes(image_bytes("JPEG", (640, 480), exif=exif))
    ((at, jpeg),) = stills(tmp_path / "hero.jpg", 8)
    assert at == 0
    assert size(jpeg) == (315, 420)


@pytest.mark.parametrize(("codec", "container"), [("libx264", "mp4"), ("libvpx", "webm"), ("mpeg4", "avi")])
def test_a_video_has_pictures_of_all_its_length(tmp_path: Path, codec: str, container: str) -> None:
    path = tmp_path / f"talk.{container}"
    path.write_bytes(video_bytes(6.0, codec=codec, container=container))
    pictures = stills(path, 3)
    assert [at for at, _ in pictures] == pytest.approx([1, 3, 5], abs=0.4)
    assert {size(jpeg) for _, jpeg in pictures} == {(64, 48)}


@pytest.mark.parametrize(
    "content", [b"", b"#EXTM3U\n/etc/passwd\n", b"\xff\xd8\xff\xe0 broken", b"\0\0\0\x18ftypisom"]
)
def test_of_what_cannot_be_read_there_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "talk.mp4").write_bytes(content)
    assert stills(tmp_path / "talk.mp4", 3) == []
    assert stills(tmp_path / "gone.mp4", 3) == []
