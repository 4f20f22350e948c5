"""Whatever a file tells of its owner, and wherever, what is made of it does not."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brought
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


#: What is said of each picture that stays the same to the byte; of the others, at least that it was saved anew.
SAID_OF_PICTURES = {
    "jfif-thumbnail.jpg": "a thumbnail",
    "jfxx-thumbnail.jpg": "a thumbnail",
    "exif-thumbnail.jpg": "EXIF",
    "xmp.jpg": "XMP",
    "xmp-extended.jpg": "XMP",
    "iptc.jpg": "captions (IPTC)",
    "adobe-and-more.jpg": "other metadata",
    "flir.jpg": "other metadata",
    "provenance.jpg": "other metadata",
    "profile-2.jpg": "the texts of the colour profile",
    "profile-4.jpg": "the texts of the colour profile",
    "profile-broken.jpg": "a broken colour profile",
    "second-picture.jpg": "the index of further pictures and what followed the picture (a second picture or a film)",
    "motion-photo.jpg": "what followed the picture (a second picture or a film)",
    "turned-with-all.jpg": "the location (GPS), the device, the maker's notes, the time of recording, XMP and a comment",
    "exif.png": "the location (GPS), the device, the maker's notes and the time of recording",
    "texts.png": "texts",
    "profile.png": "the texts of the colour profile",
    "profile-and-more.png": "the texts of the colour profile",
    "private-chunk.png": "other metadata",
    "behind-the-end.png": "what followed the picture",
    "all.webp": "the location (GPS), the device, the maker's notes, the time of recording and XMP",
    "all.avif": "the location (GPS), the device, the maker's notes, the time of recording and XMP",
    "all.heic": "the location (GPS), the device, the maker's notes, the time of recording and XMP",
    "all.tif": "names, titles and comments and XMP",
    "comment.gif": "a comment",
}
#: The same of clips; nothing shows the name of a broadcaster's service, and that clip is encoded anew.
SAID_OF_CLIPS = {
    "udta.mp4": "Removed the location, the device, XMP and data of a camera or a program.",
    "udta-of-track.mp4": "Removed the location, the device, XMP and data of a camera or a program.",
    "camera.mp4": "Removed data of a camera or a program.",
    "motion.mp4": "Removed what followed the clip.",
    "sefd.mp4": "Removed data of a camera or a program.",
    "chapters.mp4": "Dropped 1 data track, 1 list of chapters.",
    "chapters.mkv": "Dropped 1 list of chapters.",
    "subtitles.mkv": "Dropped 1 subtitle track.",
    "keys.mov": "Removed the location and the device.",
    "keys-of-file.mp4": "Removed the location and the device.",
    "uuid-xmp.mp4": "Removed XMP.",
    "uuid-in-index.mp4": "Removed data of a camera or a program.",
    "free.mp4": "Removed bytes in unused space.",
    "encoder-name.mp4": "Removed the name of the encoder.",
    "handler-name.mp4": "Removed names of tracks.",
    "tags.mp4": "Removed titles and comments, names and the location.",
    "timed.mp4": "Dropped 1 data track.",
    "messages.mp4": "Removed data that the camera wrote between the pictures.",
    "messages.mkv": "Removed data that the camera wrote between the pictures.",
    "tags.mkv": "Removed titles and comments, names and the location.",
    "attachment.mkv": "Dropped 1 attached picture.",
    "id3.mkv": "Removed titles and comments, names and the location.",
    "vorbis-comment.mkv": "Removed titles and comments, names and the location.",
    "info.avi": "Removed names, titles and comments and the name of the program.",
    "service-name.ts": "Encoded as H.264, 8 bits 4:2:0, MP4 (it was MPEG2VIDEO, 8 bits, MPEG).",
}


@pytest.mark.parametrize("name", personal.PICTURES)
def test_no_picture_tells_of_its_owner_any_more(tmp_path: Path, name: str) -> None:
    if name.endswith("heic"):
        pytest.importorskip("pillow_heif")
    source = tmp_path / name
    source.write_bytes(personal.PICTURES[name]())
    result = act.prepare(source, out=tmp_path / "out")
    content = result.path.read_bytes()
    assert not traces(content)
    assert f"Removed {SAID_OF_PICTURES[name]}." in result.changes
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
    if turn is None:
        assert SAID_OF_CLIPS[name] in result.changes


def test_a_plain_clip_is_said_to_tell_nothing(tmp_path: Path) -> None:
    source = brought.write(tmp_path / "plain.mp4", brought.Film())
    result = act.prepare(source, out=tmp_path / "out")
    assert result.changes == ("Picture and sound are copied as they are.",)


def test_a_timecode_is_removed_and_named(tmp_path: Path) -> None:
    """It is the time of day, in most cameras."""

    def timecode(out: Any) -> Callable[[], None]:
        out.streams.video[0].metadata["timecode"] = "13:47:11:05"
        return lambda: None

    source = brought.write(tmp_path / "timecode.mov", brought.Film(extra=timecode))
    result = act.prepare(source, out=tmp_path / "out")
    assert b"tmcd" in source.read_bytes()
    assert b"tmcd" not in result.path.read_bytes()
    assert "Dropped 1 data track." in result.changes
    assert "Removed the timecode." in result.changes


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
