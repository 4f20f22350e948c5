"""What phones, browsers, recorders, editors and converters write becomes a clip that the vendor takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import brought
import brought_page
import numpy as np
import pytest
from brought import CLIPS, FLASH_S, QUARTERS, SECRET, Film

import cometact_nb as act

#: The most by which an 8-bit picture may miss its colour after another encoding.
NEAR = 40


def prepared(folder: Path, name: str, **options: Any) -> act.Prepared:
    (source,) = brought.clips(folder, name)
    return act.prepare(source, out=folder / "out", **options)


def pictures(path: Path) -> list[tuple[float, np.ndarray[Any, Any]]]:
    """Each frame's time in seconds and its pixels, decoded."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert all(frame.rotation == 0 for frame in frames)
        return [(float(frame.time or 0), frame.to_ndarray(format="rgb24")) for frame in frames]


def corners(picture: np.ndarray[Any, Any]) -> list[tuple[int, ...]]:
    """The colours in the middle of each quarter."""
    height, width = picture.shape[:2]
    return [
        tuple(int(value) for value in picture[y, x])
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


def is_near(found: list[tuple[int, ...]], expected: Any, most: int = NEAR) -> bool:
    return bool(np.abs(np.array(found) - np.array(expected)).max() <= most)


def flash_at(path: Path) -> float:
    return next(time for time, picture in pictures(path) if picture.mean() > 240)


def beep_at(path: Path) -> float:
    """The first loud sample, in seconds."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.2)
            if loud.size:
                return float(frame.time or 0) + int(loud[0]) / frame.sample_rate
    raise AssertionError("no beep")


def length_s(path: Path) -> tuple[float, float]:
    """Seconds of the picture, and of the whole file."""
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        assert track.duration is not None
        assert track.time_base is not None
        return float(track.duration * track.time_base), (container.duration or 0) / 1_000_000


@pytest.mark.parametrize("name", CLIPS)
def test_each_kind_of_clip_becomes_one_that_the_vendor_takes(tmp_path: Path, name: str) -> None:
    film = CLIPS[name][1]
    (source,) = brought.clips(tmp_path, name)
    before = source.read_bytes()
    result = act.prepare(source, out=tmp_path / "out")
    facts = result.inspection.facts
    assert source.read_bytes() == before
    assert result.inspection.ok
    assert (facts.container, facts.codec, facts.stored, facts.whole_s) == ("mp4", "h264", None, None)
    with av.open(str(result.path)) as container:
        (track,) = container.streams.video
        assert track.codec_context.pix_fmt == "yuv420p"
        assert float(track.average_rate or 0) <= 60.5
        assert [one.codec_context.codec.canonical_name for one in container.streams.audio] == ["aac"] * bool(
            film.sound
        )
    assert brought_page.is_on_page(source, result), brought_page.row(source, result)
    content = result.path.read_bytes()
    assert SECRET.encode() not in content
    assert content.index(b"moov") < content.index(b"mdat")
    first = pictures(result.path)[0]
    assert first[0] == 0
    assert is_near(corners(first[1]), QUARTERS, 90 if film.colours else NEAR), corners(first[1])
    assert abs(length_s(result.path)[0] - film.seconds) < 0.1
    assert abs(flash_at(result.path) - FLASH_S) < 0.07  # a frame; AVI leaves one out
    if film.sound:
        assert abs(beep_at(result.path) - flash_at(result.path)) < 0.045


def test_what_is_right_already_is_copied_to_the_byte(tmp_path: Path) -> None:
    result = prepared(tmp_path, "right-tagged.mp4")
    assert packets(tmp_path / "right-tagged.mp4") == packets(result.path)
    assert "Picture and sound are copied as they are." in result.changes
    assert "Removed titles and comments and the location." in result.changes


def test_a_large_copy_has_room_for_its_index_at_the_beginning(tmp_path: Path) -> None:
    """As many pictures as an input may have, each shown at a time of its own and in another order than stored."""
    times = [index / 60 + 0.002 * (index % 3) for index in range(1797)]
    film = Film(size=(64, 48), fps=60, seconds=29.9, times=times, codec_options={"bf": "2", "g": "5"})
    source, padding = brought.write(tmp_path / "source.mp4", film), 5 * 1024**2
    source.write_bytes(source.read_bytes() + padding.to_bytes(4, "big") + b"free" + bytes(padding - 8))
    result = act.prepare(source, out=tmp_path / "out")
    content = result.path.read_bytes()
    assert result.changes == ("Picture and sound are copied as they are.",)
    assert packets(result.path) == packets(source)
    assert content.index(b"moov") < content.index(b"mdat")
    assert len(content) < 2 * 1024**2


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_a_variable_rate_keeps_each_frame_s_time(tmp_path: Path) -> None:
    result = prepared(tmp_path, "browser.webm")
    times = CLIPS["browser.webm"][1].times or []
    assert np.allclose([time for time, _ in pictures(result.path)], times, atol=0.002)


def test_a_part_is_cut_exactly_where_it_was_asked_for(tmp_path: Path) -> None:
    result = prepared(tmp_path, "browser.webm", role="character", start_s=0.51, end_s=2.43)
    picture_s, whole_s = length_s(result.path)
    assert abs(picture_s - 1.92) < 0.001
    assert abs(whole_s - 1.92) < 0.025
    assert abs(flash_at(result.path) - (FLASH_S - 0.51)) < 0.05
    assert abs(beep_at(result.path) - (FLASH_S - 0.51)) < 0.03
    assert any(change.startswith("Cut to 0.51–2.43 s of 3.4") for change in result.changes)


@pytest.mark.parametrize(("turn", "order"), [(90, (2, 0, 3, 1)), (180, (3, 2, 1, 0)), (270, (1, 3, 0, 2))])
def test_a_further_turn_is_clockwise(tmp_path: Path, turn: int, order: tuple[int, ...]) -> None:
    result = prepared(tmp_path, "right-silent.mp4", turn=turn)
    picture = pictures(result.path)[0][1]
    assert is_near(corners(picture), [QUARTERS[place] for place in order])
    assert f"Turned by {turn}° clockwise." in result.changes


def test_a_crop_counts_in_the_picture_as_it_is_seen(tmp_path: Path) -> None:
    """The right lower quarter of a clip that is stored on its side."""
    result = prepared(tmp_path, "phone-portrait.mov", crop=(0.5, 0.5, 1, 1))
    picture = pictures(result.path)[0][1]
    assert picture.shape[:2] == (80, 48)
    assert is_near(corners(picture), [QUARTERS[3]] * 4)


def test_a_mirrored_clip_is_seen_as_a_player_shows_it(tmp_path: Path) -> None:
    source = tmp_path / "mirrored.mp4"
    plain = np.ascontiguousarray(brought.quarters()[:, ::-1])
    with av.open(str(source), "w") as out:
        track = out.add_stream("libx264", rate=10, options={"crf": "10"})
        track.width, track.height, track.pix_fmt = 160, 96, "yuv420p"
        track.set_display_rotation(0, hflip=True)
        for _ in range(32):
            out.mux(track.encode(av.VideoFrame.from_ndarray(plain, format="rgb24")))
        out.mux(track.encode(None))
    result = act.prepare(source, out=tmp_path / "out")
    assert is_near(corners(pictures(result.path)[0][1]), QUARTERS)


def test_pictures_that_a_cut_only_hides_are_gone(tmp_path: Path) -> None:
    """An editor's quick cut: an edit list hides the first second, which stays in the file."""
    whole, cut = brought.write(tmp_path / "whole.mp4", Film(seconds=4.6, sound="")), tmp_path / "cut.mp4"
    with (
        av.open(str(whole)) as source,
        av.open(str(cut), "w", options={"avoid_negative_ts": "disabled"}) as out,
    ):
        track = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.pts is not None and packet.time_base is not None:
                second = round(1 / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts - second, packet.dts - second, track
                out.mux(packet)
    result = act.prepare(cut, out=tmp_path / "out")
    assert "Removed pictures that a cut only hides." in result.changes
    assert len(packets(result.path)) == len(pictures(result.path)) == 54
    assert abs(length_s(result.path)[0] - 3.6) < 0.01
    assert abs(flash_at(result.path) - (FLASH_S - 1)) < 0.01


LONG = Film(size=(64, 48), fps=10, seconds=31.0)


def test_a_reference_lasts_thirty_seconds_at_the_most_by_every_clock(tmp_path: Path) -> None:
    source = brought.write(tmp_path / "long.mp4", LONG)
    whole = act.prepare(source, out=tmp_path / "out")
    assert max(length_s(whole.path)) <= 30
    assert any(change.startswith("Cut to 0–29.95 s") for change in whole.changes)
    part = act.prepare(source, start_s=0.55, end_s=30.55, out=tmp_path / "out")
    assert length_s(part.path) == (30.0, 30.0)
    with av.open(str(part.path)) as container:
        sound = container.streams.audio[0]
        assert float((sound.duration or 0) * (sound.time_base or 0)) <= 30
    with pytest.raises(act.errors.InputError, match=r"would last 30\.5 s"):
        act.prepare(source, start_s=0, end_s=30.5, out=tmp_path / "out")
    character = act.prepare(source, "character", out=tmp_path / "out")
    assert abs(length_s(character.path)[0] - 31) < 0.05


def test_a_clip_that_lacks_a_frame_to_three_seconds_gets_it(tmp_path: Path) -> None:
    source = brought.write(tmp_path / "short.mp4", Film(fps=50, seconds=2.96))
    result = act.prepare(source, out=tmp_path / "out")
    assert length_s(result.path)[0] == 3.0
    assert "Held the last frame 40 ms longer." in result.changes


def test_a_clip_that_is_too_large_becomes_small_enough(tmp_path: Path) -> None:
    """Noise, which no codec can make small."""
    source = tmp_path / "large.mkv"
    random = np.random.default_rng(7)
    with av.open(str(source), "w") as out:
        track = out.add_stream("rawvideo", rate=10)
        track.width, track.height, track.pix_fmt = 640, 360, "yuv420p"
        for _ in range(100):
            noise = random.integers(0, 255, (540, 640), dtype=np.uint8)
            out.mux(track.encode(av.VideoFrame.from_ndarray(noise, format="yuv420p")))
        out.mux(track.encode(None))
    result = act.prepare(source, out=tmp_path / "out")
    assert (result.inspection.facts.bytes or 0) <= 32 * 1024**2
    assert result.inspection.ok
