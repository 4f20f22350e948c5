"""Films and pictures of a sweep's clips, read back with PyAV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import plain, write
from PIL import Image, ImageFont
from services import SandboxProcess, new_session

from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.clips.film import MAX_SIZE, Tile, write_divided, write_grid, write_sheet
from cometact_nb.store.clips.video import is_video

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)
Picture = np.ndarray[Any, Any]


def clip(path: Path, *colours: tuple[int, int, int], frames: int = 10, **options: Any) -> Path:
    """A clip that shows each colour for some frames, at 10 frames a second unless told."""
    pictures = [plain(128, 72, colour) for colour in colours for _ in range(frames)]
    return Path(write(path, pictures, pix="yuv420p", **options).path)


def pictures(path: Path) -> tuple[list[Picture], Any]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        facts = (stream.codec_context.name, stream.codec_context.profile, stream.pix_fmt, stream.average_rate)
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)], facts


def colour_at(picture: Picture, x: float, y: float) -> str:
    """The name of the colour at a share of width and height."""
    pixel = picture[int(y * picture.shape[0]), int(x * picture.shape[1])].astype(int)
    names = {"red": RED, "green": GREEN, "blue": BLUE, "dark": (17, 17, 17), "white": (255, 255, 255)}
    return min(names, key=lambda name: int(abs(pixel - np.array(names[name])).sum()))


def no_progress(_: float) -> None: ...


def test_clips_play_in_step_and_the_shorter_one_keeps_its_last_picture(tmp_path: Path) -> None:
    short = clip(tmp_path / "a.mp4", RED)
    long = clip(tmp_path / "b.mp4", GREEN, BLUE, frames=20, fps=20)
    shares: list[float] = []
    tiles = [Tile(short, "one"), Tile(long, "two")]
    write_grid(tiles, 2, tmp_path / "f.mp4", width=640, sound=None, progress=shares.append)
    frames, (codec, profile, pix, rate) = pictures(tmp_path / "f.mp4")
    assert (codec, profile, pix, rate) == ("h264", "High", "yuv420p", 20)
    assert len(frames) == 40
    assert [colour_at(frames[n], 0.75, 0.6) for n in (0, 19, 20, 39)] == ["green", "green", "blue", "blue"]
    assert {colour_at(frame, 0.25, 0.6) for frame in frames} == {"red"}
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_grid_stays_within_what_players_take(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", RED, frames=1)
    for count, columns in ((9, 1), (40, 8)):
        write_grid(
            [Tile(path, str(n)) for n in range(count)],
            columns,
            tmp_path / "f.mp4",
            width=MAX_SIZE[0],
            sound=None,
            progress=no_progress,
        )
        height, width, _ = pictures(tmp_path / "f.mp4")[0][0].shape
        assert width <= MAX_SIZE[0]
        assert height <= MAX_SIZE[1]
        assert width % 2 == height % 2 == 0


def test_other_shapes_keep_theirs_and_turned_clips_are_upright(tmp_path: Path) -> None:
    wide = clip(tmp_path / "a.mp4", RED)
    tall = Path(write(tmp_path / "b.mp4", [np.vstack([plain(72, 64, GREEN), plain(72, 64, BLUE)])] * 5).path)
    turned = Path(
        write(
            tmp_path / "c.mp4", [np.hstack([plain(64, 72, GREEN), plain(64, 72, BLUE)])] * 5, rotation=-90
        ).path
    )
    tiles = [Tile(wide, "wide"), Tile(tall, "tall"), Tile(turned, "turned")]
    write_grid(tiles, 3, tmp_path / "f.mp4", width=960, sound=None, progress=no_progress)
    frame = pictures(tmp_path / "f.mp4")[0][0]
    assert colour_at(frame, 0.36, 0.6) == "dark", "beside a tall clip nothing is stretched"
    assert [colour_at(frame, 0.5, y) for y in (0.4, 0.8)] == ["green", "blue"]
    assert [colour_at(frame, 0.84, y) for y in (0.4, 0.8)] == ["green", "blue"]


def test_a_divider_shows_both_clips_and_moves(tmp_path: Path) -> None:
    one, other = clip(tmp_path / "a.mp4", RED, frames=30), clip(tmp_path / "b.mp4", BLUE, frames=30)
    write_divided(
        Tile(one, "one"), Tile(other, "two"), tmp_path / "f.mp4", width=640, sound=None, progress=no_progress
    )
    frames, _ = pictures(tmp_path / "f.mp4")
    assert [colour_at(frames[n], 0.5, 0.6) for n in (0, 29)] == ["blue", "red"]
    row = [colour_at(frames[15], x / 160, 0.6) for x in range(4, 156)]
    assert [name for name, before in zip(row, ["", *row], strict=False) if name != before] == [
        "red",
        "white",
        "blue",
    ]


def test_a_divider_needs_two_clips_of_one_shape(tmp_path: Path) -> None:
    wide = Tile(clip(tmp_path / "a.mp4", RED), "a")
    tall = Tile(Path(write(tmp_path / "b.mp4", [plain(72, 128, BLUE)]).path), "b")
    for second, message in ((tall, "one shape"), (Tile(None, "none"), "two clips that can be played")):
        with pytest.raises(ConfigError, match=message):
            write_divided(wide, second, tmp_path / "f.mp4", width=640, sound=None, progress=no_progress)


def test_a_broken_or_missing_clip_leaves_its_place_and_no_clip_at_all_is_an_error(tmp_path: Path) -> None:
    whole = clip(tmp_path / "a.mp4", RED)
    (tmp_path / "half.mp4").write_bytes(whole.read_bytes()[:900])
    gaps = [Tile(tmp_path / "half.mp4", "broken"), Tile(tmp_path / "none.mp4", "gone"), Tile(None, "planned")]
    write_sheet([Tile(whole, "whole"), *gaps], 2, tmp_path / "f.png", width=400)
    with Image.open(tmp_path / "f.png") as image:
        picture = np.asarray(image)
    assert colour_at(picture, 0.25, 0.4) == "red"
    assert {colour_at(picture, x, y) for x, y in ((0.6, 0.3), (0.1, 0.8), (0.6, 0.8))} == {"dark"}
    with pytest.raises(ConfigError, match="no clip that can be played"):
        write_sheet(gaps, 2, tmp_path / "g.png", width=400)


def test_the_film_has_the_sound_of_the_reference_and_no_more_of_it(tmp_path: Path) -> None:
    silent = clip(tmp_path / "a.mp4", RED)
    with av.open(str(tmp_path / "voice.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        for number in range(100):
            samples = (np.sin(np.arange(1024) / 8) * 9000).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.rate, frame.pts = 44_100, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for sound, count in ((tmp_path / "voice.mp4", 1), (silent, 0)):
        write_grid([Tile(silent, "a")], 1, tmp_path / "f.mp4", width=320, sound=sound, progress=no_progress)
        with av.open(str(tmp_path / "f.mp4")) as film:
            assert len(film.streams.audio) == count
            for stream in film.streams.audio:
                assert stream.codec_context.name == "aac"
                assert stream.duration is not None
                assert stream.time_base is not None
                assert float(stream.duration * stream.time_base) == pytest.approx(1.0, abs=0.1)


def test_labels_have_their_accents_or_the_letters_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on a machine without fonts, where Pillow's own draws boxes for what it lacks."""
    path = clip(tmp_path / "a.mp4", RED, frames=1)

    def sheet(label: str) -> bytes:
        write_sheet([Tile(path, label)], 1, tmp_path / "f.png", width=640)
        with Image.open(tmp_path / "f.png") as image:
            return image.tobytes()

    assert sheet("\uffff\uffff") != sheet("üé")

    real = ImageFont.truetype

    def no_font(font: Any, *rest: Any, **options: Any) -> Any:
        if isinstance(font, str):
            raise OSError(font)
        return real(font, *rest, **options)

    monkeypatch.setattr(ImageFont, "truetype", no_font)
    assert sheet("Zoë → ×2 ß") == sheet("Zoe -> x2 ss")


# --- of a sweep ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory, shared_sandbox: SandboxProcess) -> Sweep:
    session = new_session(tmp_path_factory.mktemp("films"), shared_sandbox)
    fields: dict[str, Any] = {
        "reference": shared_sandbox.reference,
        "expression_intensity": [1, 5],
        "seed": [7, 8],
    }
    return (
        session.sweep(character=shared_sandbox.character, **fields, name="films").run(canary=False).wait(120)
    )


def test_a_sweep_becomes_a_film_with_its_reference(sweep: Sweep, tmp_path: Path) -> None:
    path = sweep.export(tmp_path / "grid.mp4", width=480)
    assert path == tmp_path.resolve() / "grid.mp4"
    frames, _ = pictures(path)
    alone, _ = pictures(sweep.export(tmp_path / "alone.mp4", width=480, reference=False))
    assert frames[0].shape[1] <= 480
    assert frames[0].shape != alone[0].shape, "the reference has a column of its own"
    assert [entry.name for entry in path.parent.iterdir() if entry.name.startswith(".grid")] == []


def test_a_reference_that_is_no_video_is_left_out(sweep: Sweep, tmp_path: Path) -> None:
    """What a link leads to now may be a page, or a list of other files."""
    source = tmp_path / "inputs.m3u8"
    source.write_text("#EXTM3U\n")
    assert not is_video(source)
    source.write_text("<html>gone</html>")
    assert not is_video(source)
    assert is_video(sweep.export(tmp_path / "film.mp4", width=320, reference=False))


def test_some_cells_a_divider_and_a_picture(sweep: Sweep, tmp_path: Path) -> None:
    cells = sweep.cells[:2]
    assert pictures(sweep.export(tmp_path / "two.mp4", cells=cells, divider=True, width=320))[0]
    with Image.open(sweep.export(tmp_path / "sheet.png", width=640)) as image:
        assert image.format == "PNG"
        assert image.width <= 640


def test_an_interrupt_leaves_no_file(sweep: Sweep, tmp_path: Path) -> None:
    def interrupt(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    before = set(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        sweep.export(tmp_path / "never.mp4", width=320, progress=interrupt)
    assert set(tmp_path.iterdir()) == before


def test_a_file_that_is_there_is_replaced_only_when_that_is_said(sweep: Sweep, tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        sweep.export(tmp_path / "mine.png")
    assert (tmp_path / "mine.png").read_text() == "mine"
    sweep.export(tmp_path / "mine.png", overwrite=True, width=320)
    assert (tmp_path / "mine.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("film.gif", {}, r"no \.gif is written"),
        ("film.mp4", {"width": 8000}, "width=8000"),
        ("film.mp4", {"width": "big"}, "width='big'"),
        ("film.mp4", {"cells": []}, r"cells=\[\]"),
        ("film.mp4", {"divider": True}, "two clips"),
    ],
)
def test_an_argument_that_cannot_be_used_is_one_clear_error(
    sweep: Sweep, tmp_path: Path, name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        sweep.export(tmp_path / name, **options)
    assert not (tmp_path / name).exists()
