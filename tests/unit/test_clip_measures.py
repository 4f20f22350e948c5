"""What FFmpeg's filters say of clips whose pictures are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import plain, write

from cometact_nb.errors import ClipError
from cometact_nb.store.clips.measures import MEASURES, measure_file, ssim, version

Picture = np.ndarray[Any, Any]
SIZE = (160, 90)


def squares(step: int = 0, size: int = 10) -> Picture:
    """A chessboard, moved by some pixels."""
    x, y = np.meshgrid(np.arange(SIZE[0]) + step, np.arange(SIZE[1]))
    field = ((x // size + y // size) % 2 * 200 + 20).astype(np.uint8)
    return np.repeat(field[:, :, None], 3, axis=2)


def blurred(picture: Picture, times: int) -> Picture:
    field = picture.astype(float)
    for _ in range(times):
        field = (
            np.roll(field, 1, 0) + np.roll(field, -1, 0) + np.roll(field, 1, 1) + np.roll(field, -1, 1)
        ) / 4
    return field.astype(np.uint8)


def measured(path: Path, pictures: list[Picture], *names: str, fps: int = 10) -> dict[str, float | None]:
    return measure_file(Path(write(path, pictures, fps=fps).path), names or list(MEASURES))


def number(values: dict[str, float | None], name: str) -> float:
    value = values[name]
    assert value is not None
    return value


def test_a_sharper_picture_has_more_sharpness_and_detail(tmp_path: Path) -> None:
    sharp = measured(tmp_path / "a.mp4", [squares(0)] * 10)
    soft = measured(tmp_path / "b.mp4", [blurred(squares(0), 4)] * 10)
    for name in ("sharpness", "detail"):
        assert number(sharp, name) > number(soft, name), name


def test_a_picture_that_moves_has_motion_and_one_that_stands_is_frozen(tmp_path: Path) -> None:
    moving = measured(tmp_path / "a.mp4", [squares(step) for step in range(20)])
    still = measured(tmp_path / "b.mp4", [squares(0)] * 20)
    half = measured(tmp_path / "c.mp4", [squares(min(step, 10)) for step in range(20)])
    assert number(moving, "motion") > number(half, "motion") > number(still, "motion") == 0
    assert number(moving, "freeze") == 0
    assert number(still, "freeze") == pytest.approx(1, abs=0.1)
    assert number(half, "freeze") == pytest.approx(0.5, abs=0.15)


def test_a_light_that_flickers_has_flicker_and_one_that_fades_has_none(tmp_path: Path) -> None:
    flicker = measured(tmp_path / "a.mp4", [plain(*SIZE, (100 + 20 * (n % 2),) * 3) for n in range(20)])
    fade = measured(tmp_path / "b.mp4", [plain(*SIZE, (100 + n,) * 3) for n in range(20)])
    assert number(flicker, "flicker") > 10
    assert number(fade, "flicker") < 1


def test_light_and_colour_are_those_of_the_picture(tmp_path: Path) -> None:
    dark, light = (measured(tmp_path / f"{n}.mp4", [plain(*SIZE, (n,) * 3)] * 5) for n in (40, 200))
    assert number(light, "brightness") - number(dark, "brightness") == pytest.approx(160 * 219 / 255, abs=3)
    red = measured(tmp_path / "red.mp4", [plain(*SIZE, (200, 30, 30))] * 5)
    assert number(red, "saturation") > number(light, "saturation") + 50


def test_a_plain_picture_has_no_edges_to_judge(tmp_path: Path) -> None:
    assert measured(tmp_path / "a.mp4", [plain(*SIZE, (90,) * 3)] * 5, "sharpness") == {"sharpness": None}


def test_only_what_is_asked_for_is_measured(tmp_path: Path) -> None:
    assert list(measured(tmp_path / "a.mp4", [squares(0)] * 5, "motion")) == ["motion"]


def test_a_clip_that_is_missing_or_broken_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="not there"):
        measure_file(tmp_path / "none.mp4", ["motion"])
    whole = Path(write(tmp_path / "a.mp4", [squares(n) for n in range(30)]).path)
    (tmp_path / "half.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(ClipError, match=r"half\.mp4 is not a whole video"):
        measure_file(tmp_path / "half.mp4", ["motion"])
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ClipError, match=r"text\.mp4"):
        measure_file(tmp_path / "text.mp4", ["motion"])


def test_a_check_that_raises_stops_the_work(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.mp4", [squares(n) for n in range(30)]).path)

    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_file(path, ["motion"], check)


def test_similarity_is_one_for_the_same_pictures_and_falls_with_difference() -> None:
    first = np.stack([squares(n) for n in range(10)])
    near = np.stack([blurred(squares(n), 1) for n in range(10)])
    far = np.stack([squares(n + 5) for n in range(10)])
    assert ssim(first, first) == 1
    assert 1 > ssim(first, near) > ssim(first, far)
    assert ssim(first[:4], first) == 1, "what is longer is left out"


def test_the_version_names_the_filters_that_measured() -> None:
    assert version().startswith("1/lavfi ")
