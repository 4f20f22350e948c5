"""The doctor's cure for a file on this machine is a call that makes a file without that fault."""

from __future__ import annotations

import re
from pathlib import Path

import brought
import pytest
from brought import Film
from PIL import Image

import cometact_nb as act
from cometact_nb.domain.inspection.facts import MediaFacts, Role
from cometact_nb.domain.inspection.findings import findings


def photo(path: Path, size: tuple[int, int], orientation: int = 1) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size, "red").save(path, exif=exif)


def make(name: str, folder: Path) -> Path:
    path = folder / name
    if name in brought.CLIPS:
        return brought.write(path, brought.CLIPS[name][1])
    if name in brought.PICTURES:
        return brought.picture(folder, name)
    if name == "long.mp4":
        return brought.write(path, Film(size=(64, 48), fps=5, seconds=31))
    photo(path, *PHOTOS[name])
    return path


#: Sizes as stored, and EXIF orientations: what they look like has another shape.
PHOTOS = {
    "tall-turned.jpg": ((3000, 1000), 6),
    "wide-turned.jpg": ((1000, 3000), 6),
    "tall-odd.jpg": ((999, 2601), 1),
    "drawn.bmp": ((300, 300), 1),
}


@pytest.mark.parametrize(
    "name",
    [*PHOTOS, "phone.heic", "scan.tif", "converter.avi", "screen-444.mkv", "browser-h264.mkv", "long.mp4"],
)
def test_the_call_in_a_cure_mends_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "takes.ipynb"))  # results lie beside the notebook
    path = make(name, tmp_path)
    role: Role = "character" if path.suffix in {".jpg", ".heic", ".tif", ".bmp"} else "reference"
    errors = [one for one in act.inspect(path, role).findings if one.severity == "error"]
    assert errors
    for finding in errors:
        call = re.search(r"act\.prepare\(.*\)", finding.cure)
        assert call, finding.cure
        result = eval(call[0], {"act": act})
        again = act.inspect(result.path, role)
        assert not [one for one in again.findings if one.severity == "error"], again


def test_a_file_at_an_address_is_mended_as_a_copy() -> None:

    facts = MediaFacts(
        content_type="image/jpeg", container="jpeg", bytes=9, width=300, height=100, supports_head=True
    )
    (finding,) = findings("character", facts, "image")
    assert "act.prepare(file, role='character') does it with a copy on your machine." in finding.cure


def test_no_cure_is_a_shell_line() -> None:
    package = Path(act.__file__).parent
    naming = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"ffmpeg -|sips -|magick ", path.read_text("utf-8"))
    ]
    assert naming == []
