"""Whatever a file tells of its owner, and wherever, what is made of it does not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import personal
import pytest
from brought import SECRET
from PIL import Image, ImageCms

import cometact_nb as act
from cometact_nb.store.inputs.colour_profile import neutral_profile

#: The secret as files may write it: in one byte a letter or two, from either end.
WRITTEN = [SECRET[:12].encode(encoding) for encoding in ("ascii", "utf-16-be", "utf-16-le")]


def traces(content: bytes) -> list[bytes]:
    """What of the secret is in a file, also in a colour profile that is packed."""
    places = [*WRITTEN, personal.PLACE[:8], b"MDPM", b"GA94"]
    whole = [content]
    if content[:4] in {b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb"}:
        with Image.open(io.BytesIO(content)) as picture:
            whole.append(bytes(picture.info.get("icc_profile", b"")))
    return [place for place in places if any(place in one for one in whole)]


@pytest.mark.parametrize("name", personal.PICTURES)
def test_no_picture_tells_of_its_owner_any_more(tmp_path: Path, name: str) -> None:
    if name.endswith("heic"):
        pytest.importorskip("pillow_heif")
    source = tmp_path / name
    source.write_bytes(personal.PICTURES[name]())
    result = act.prepare(source, out=tmp_path / "out")
    content = result.path.read_bytes()
    assert not traces(content)
    assert any(change.startswith("Removed") for change in result.changes) or "Saved" in " ".join(
        result.changes
    )
    if name.endswith("heic"):
        return
    with Image.open(io.BytesIO(content)) as picture, Image.open(source) as before:
        if picture.format == before.format and not before.getexif():
            assert np.array_equal(np.asarray(picture), np.asarray(before))


@pytest.mark.parametrize("turn", [None, 90], ids=["copied", "encoded"])
@pytest.mark.parametrize("name", personal.CLIPS)
def test_no_clip_tells_of_its_owner_any_more(tmp_path: Path, name: str, turn: int | None) -> None:
    source = tmp_path / name
    source.write_bytes(personal.CLIPS[name](tmp_path))
    assert traces(source.read_bytes()), "the file has no secret, so that the test says nothing"
    result = act.prepare(source, turn=turn, out=tmp_path / "out")
    assert not traces(result.path.read_bytes())


@pytest.mark.parametrize("version", [2, 4])
def test_a_profile_without_its_texts_has_the_same_colours(version: int) -> None:
    profile = personal.profile(version)
    neutral = neutral_profile(profile)
    assert neutral_profile(neutral) == neutral
    assert len(neutral) < len(profile)
    colours = Image.fromarray(np.random.default_rng(4).integers(0, 255, (40, 40, 3), dtype=np.uint8))
    lab = ImageCms.createProfile("LAB")
    before, after = (
        np.asarray(ImageCms.profileToProfile(colours, io.BytesIO(one), lab, outputMode="LAB"))
        for one in (profile, neutral)
    )
    assert np.array_equal(before, after)


def test_what_a_camera_wrote_between_the_pictures_is_named_and_the_pictures_stay(tmp_path: Path) -> None:
    import av

    source = tmp_path / "messages.mp4"
    source.write_bytes(personal.CLIPS["messages.mp4"](tmp_path))
    result = act.prepare(source, out=tmp_path / "out")
    assert "Removed data that the camera wrote between the pictures." in result.changes
    with av.open(str(source)) as first, av.open(str(result.path)) as second:
        before, after = ([frame.to_ndarray() for frame in one.decode(video=0)] for one in (first, second))
    assert len(before) == len(after)
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
