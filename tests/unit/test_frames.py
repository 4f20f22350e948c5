"""A clip's frames are what a player shows, and no more of them are held than are kept."""

from __future__ import annotations

import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import clip_at, plain, write

from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.handles.clip import Clip
from cometact_nb.sandbox.drawing.render import Recipe, render_clip

RED, GREEN, BLUE, GREY = (200, 30, 10), (20, 180, 40), (10, 40, 190), (128, 128, 128)


def quarters(width: int, height: int) -> np.ndarray[Any, Any]:
    """Red, green, blue and grey: top left, top right, bottom left, bottom right."""
    picture = plain(width, height, GREY)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    return picture


def corners(picture: np.ndarray[Any, Any]) -> list[str]:
    """The colours of the middles of the four quarters, in reading order."""
    height, width = picture.shape[:2]
    named = {"red": RED, "green": GREEN, "blue": BLUE, "grey": GREY}
    found = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        pixel = picture[height * y // 4, width * x // 4].astype(int)
        found += [name for name, colour in named.items() if np.abs(pixel - colour).max() <= 4]
    return found


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Ten frames, each brighter than the one before: 20, 40, …, 200."""
    folder = tmp_path_factory.mktemp("ten")
    return write(folder / "ten.mp4", [plain(96, 64, (level,) * 3) for level in range(20, 201, 20)])


def levels(frames: np.ndarray[Any, Any]) -> list[int]:
    return [round(float(frame.mean()) / 20) for frame in frames]


def test_frames_are_one_array_in_the_order_of_the_video(ten: Clip) -> None:
    frames = ten.frames()
    assert frames.shape == (10, 64, 96, 3)
    assert frames.dtype == np.uint8
    assert levels(frames) == list(range(1, 11))


@pytest.mark.parametrize(
    ("stride", "kept"), [(3, [1, 4, 7, 10]), (9, [1, 10]), (10, [1]), (1000, [1]), (np.int64(5), [1, 6])]
)
def test_a_stride_keeps_the_first_frame_and_every_nth(ten: Clip, stride: Any, kept: list[int]) -> None:
    assert levels(ten.frames(stride=stride)) == kept


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (48, (32, 48)),
        (96, (64, 96)),
        (500, (64, 96)),
        (1, (1, 1)),
        ((30, 70), (70, 30)),
        ((192, 128), (128, 192)),
        ([31, 17], (17, 31)),
    ],
)
def test_a_number_shrinks_the_longest_side_and_a_pair_is_exact(
    ten: Clip, size: Any, shape: tuple[int, int]
) -> None:
    frames = ten.frames(stride=5, size=size)
    assert frames.shape == (2, *shape, 3)
    assert levels(frames) == [1, 6]


@pytest.mark.parametrize("name", ["stride", "size"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", (1,), (1, 2, 3), (0, 5), ("a", "b")])
def test_a_value_that_cannot_be_is_named(ten: Clip, name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=name):
        ten.frames(**{name: value})


@pytest.mark.parametrize(("width", "height"), [(98, 62), (97, 61), (33, 35)])
def test_widths_that_are_padded_in_memory_give_whole_rows(tmp_path: Path, width: int, height: int) -> None:
    clip = write(tmp_path / "odd.mp4", [quarters(width, height)])
    frames = clip.frames()
    assert frames.shape == (1, height, width, 3)
    assert corners(frames[0]) == ["red", "green", "blue", "grey"]
    assert np.abs(frames[0, :, -1].astype(int) - quarters(width, height)[:, -1]).max() <= 6


@pytest.mark.parametrize(
    ("degrees", "seen", "shape"),
    [
        (-90, ["blue", "red", "grey", "green"], (96, 64)),
        (90, ["green", "grey", "red", "blue"], (96, 64)),
        (180, ["grey", "blue", "green", "red"], (64, 96)),
    ],
)
def test_a_video_that_says_it_is_turned_is_turned(
    tmp_path: Path, degrees: int, seen: list[str], shape: tuple[int, int]
) -> None:
    """-90 is the matrix 0 1 -1 0 that a phone held upright writes: a quarter turn clockwise."""
    clip = write(tmp_path / "turned.mp4", [quarters(96, 64)] * 2, rotation=degrees)
    assert clip.frames().shape == (2, *shape, 3)
    assert corners(clip.frames()[0]) == seen
    assert corners(clip.frames(size=(40, 80))[1]) == seen
    assert clip.frames(size=(40, 80)).shape == (2, 80, 40, 3)
    assert clip.frames(size=48).shape[1:3] == tuple(side // 2 for side in shape)


@pytest.mark.parametrize("tagged", [True, False])
def test_colours_of_hd_video_are_right_even_when_the_file_does_not_tell(tmp_path: Path, tagged: bool) -> None:
    clip = write(tmp_path / "hd.mp4", [plain(1280, 720, RED)], tagged=tagged, pix="yuv420p")
    assert np.abs(clip.frames()[0, 360, 640].astype(int) - RED).max() <= 4


def test_a_rendered_clip_has_the_frames_its_length_promises(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(render_clip(Recipe("robot", "talk", ratio="320:180", max_duration_s=1.0)))
    frames = clip_at(path).frames()
    assert frames.shape == (24, 180, 320, 3)
    assert (frames[0] != frames[12]).any(), "it moves"


def test_a_missing_file_says_how_to_have_it_again(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"gone\.mp4 is not there any more.*refresh"):
        clip_at(tmp_path / "gone.mp4").frames()


@pytest.mark.parametrize("keep", [0, 100, 0.5, 0.999])
def test_a_file_that_broke_off_gives_an_error_and_never_fewer_frames(tmp_path: Path, keep: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (30, 64, 64, 3), np.uint8)
    write(tmp_path / "whole.mp4", list(noise))
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: keep if isinstance(keep, int) else int(len(whole) * keep)])
    with pytest.raises(ClipError, match=r"cut\.mp4 is not a whole video"):
        clip_at(tmp_path / "cut.mp4").frames()


@pytest.mark.parametrize("missing", ["av", "numpy"])
def test_without_the_extra_the_error_says_what_to_install(ten: Clip, missing: str) -> None:
    script = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from cometact_nb.handles.clip import Clip; from cometact_nb.domain.task import ClipInfo\n"
        f"clip = Clip(ClipInfo(path={str(ten.path)!r}, bytes=1, sha256=''))\n"
        "try: clip.frames()\nexcept Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"ConfigError Frames need {missing}")
    assert "pip install 'cometact_nb[video]'" in said


def test_a_clip_travels_as_its_paths_and_facts_alone(ten: Clip) -> None:
    sent = pickle.dumps(ten)
    assert len(sent) < 1000
    assert (pickle.loads(sent).frames(stride=9) == ten.frames(stride=9)).all()


@pytest.mark.parametrize(("codec", "suffix"), [("libx264", "mp4"), ("libx265", "mp4"), ("libvpx", "webm")])
@pytest.mark.parametrize("start", [0, 7])
def test_a_stride_gives_the_same_pictures_as_reading_all_of_them(
    tmp_path: Path, codec: str, suffix: str, start: int
) -> None:
    """Frames on which no other depends are not decoded; those that are kept do not show it."""
    path = tmp_path / f"a.{suffix}"
    random = np.random.default_rng(0).integers(0, 255, (48, 160, 3), np.uint8)
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream(codec, rate=24)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        for number in range(40):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(random[:, number : number + 64]), "rgb24")
            frame.pts, frame.time_base = number + start, Fraction(1, 24)
            out.mux(track.encode(frame))
        out.mux(track.encode())
    clip = clip_at(path)
    whole = clip.frames()
    assert len(whole) == 40
    for stride in (2, 3, 5, 39, 100):
        assert np.array_equal(clip.frames(stride=stride), whole[::stride]), stride
