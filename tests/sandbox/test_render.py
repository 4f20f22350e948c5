"""The sandbox's clips are what they claim: playable, exact in size, and different for every knob."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import zlib
from concurrent.futures import CancelledError
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import pytest

av = pytest.importorskip("av")
pytest.importorskip("PIL")

from PIL import Image, ImageChops, ImageStat  # noqa: E402

from cometact_nb.sandbox.drawing import frame as draw  # noqa: E402
from cometact_nb.sandbox.drawing import picture as draw_picture  # noqa: E402
from cometact_nb.sandbox.drawing import render  # noqa: E402

RATIOS = ("1280:720", "720:1280", "960:960", "1104:832", "832:1104", "1584:672")
BASE = render.Recipe("hero", "wave", ratio="480:270", max_duration_s=1.2)


@lru_cache(maxsize=32)
def clip(recipe: render.Recipe) -> bytes:
    return render.render_clip(recipe)


def frames(data: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(data)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0–255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def farthest(one: render.Recipe, other: render.Recipe) -> float:
    pairs = zip(frames(clip(one)), frames(clip(other)), strict=True)
    return max(difference(a, b) for a, b in pairs)


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_clip_is_h264_of_exactly_the_ratio(ratio: str) -> None:
    data = clip(replace(BASE, ratio=ratio, body_control=True, max_duration_s=0.25))
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == tuple(map(int, ratio.split(":")))
        assert stream.codec_context.name == "h264"
        assert stream.pix_fmt == "yuv420p"
        assert stream.average_rate == 24
        assert len(list(container.decode(stream))) == 6
        assert container.duration == pytest.approx(250_000, abs=10_000)
    # faststart: a player needs the index before the pictures.
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("reference", "seconds"), [("smile", 4), ("talk", 6), ("wave", 5), ("https://x/y.mp4", 5)]
)
def test_a_clip_lasts_as_long_as_its_reference(reference: str, seconds: float) -> None:
    with av.open(io.BytesIO(clip(render.Recipe("ada", reference, ratio="128:72")))) as container:
        assert container.duration / 1e6 == pytest.approx(seconds, abs=0.05)


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ({"expression_intensity": 1}, {"expression_intensity": 5}, 3.0),
        ({"expression_intensity": 2}, {"expression_intensity": 3}, 0.5),
        ({"body_control": False}, {"body_control": True}, 3.0),
        ({"seed": 0}, {"seed": 1}, 3.0),
        ({"character": "hero"}, {"character": "ada"}, 10.0),
        ({"character": "robot"}, {"character": "https://example.com/me.png"}, 10.0),
        ({"reference": "wave"}, {"reference": "talk"}, 1.0),
    ],
    ids=str,
)
def test_every_knob_shows(one: dict[str, Any], other: dict[str, Any], least: float) -> None:
    assert farthest(replace(BASE, **one), replace(BASE, **other)) > least


def test_no_parameter_stands_in_the_picture() -> None:
    """Who rates blind would read it."""
    shots = [frames(clip(replace(BASE, expression_intensity=value)))[0] for value in (1, 5)]
    width, height = shots[0].size
    for corner in ((0, height * 5 // 6, width // 3, height), (width * 2 // 3, 0, width, height // 6)):
        assert difference(shots[0].crop(corner), shots[1].crop(corner)) < 1.0  # only the encoder's noise


def test_without_body_control_the_body_is_still() -> None:
    shots = frames(clip(replace(BASE, expression_intensity=5)))
    chest = (150, 225, 330, 255)
    moved = [difference(shots[0].crop(chest), shot.crop(chest)) for shot in shots]
    assert max(moved) < 1.0  # only the encoder's noise
    follows = frames(clip(replace(BASE, expression_intensity=5, body_control=True)))
    assert difference(follows[0].crop(chest), follows[-1].crop(chest)) > 3.0


def test_the_same_recipe_renders_the_same_pictures() -> None:
    again = render.render_clip(replace(BASE, seed=7))
    pairs = zip(frames(clip(replace(BASE, seed=7))), frames(again), strict=True)
    assert all(a.tobytes() == b.tobytes() for a, b in pairs)


def test_pictures_come_in_each_format_and_shape() -> None:
    sizes: dict[tuple[str, Literal["PNG", "JPEG", "WEBP"]], tuple[int, int]]
    sizes = {("hero", "PNG"): (960, 960), ("robot", "JPEG"): (1104, 832), ("ada", "WEBP"): (832, 1104)}
    for (name, kind), size in sizes.items():
        with Image.open(io.BytesIO(render.render_character_image(name, kind))) as image:
            assert (image.format, image.size) == (kind, size)


def data_uri(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_a_picture_sent_with_the_request_hangs_behind_the_character() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (10, 200, 30)).save(buffer, "PNG")
    (shot, *_) = frames(clip(replace(BASE, character=data_uri(buffer.getvalue()), max_duration_s=0.1)))
    pixels = [iter(shot.crop((360, 0, 480, 110)).tobytes())] * 3
    green = sum(1 for r, g, b in zip(*pixels, strict=True) if g > 150 and r < 80 and b < 90)
    assert green > 1000


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64,AAAA",
        "data:image/png;base64,%%%",
        "data:image/png,",
        "data:image/png",
        "data:image/svg+xml,<svg/>",
        data_uri(b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
        "data:video/mp4;base64,AAAA",
        # 60,000 × 60,000 pixels in 100 bytes.
        data_uri(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0"
            + zlib.crc32(b"IHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0").to_bytes(4, "big")
        ),
    ],
)
def test_what_is_no_picture_is_not_shown(uri: str) -> None:
    assert draw_picture.picture_in(uri) is None


def test_a_clip_nobody_wants_any_more_is_not_finished() -> None:
    asked = iter([True, True, False])
    with pytest.raises(CancelledError):
        render.render_clip(BASE, lambda: next(asked))


def test_any_text_is_a_look_and_always_the_same() -> None:
    assert draw.look_for("hero") is draw.LOOKS["hero"]
    looks = {draw.look_for(f"https://example.com/{i}.png") for i in range(40)}
    assert len(looks) > 30
    assert draw.look_for("data:image/png;base64,AAAA") == draw.look_for("data:image/png;base64,AAAA")


def test_a_still_frame_has_the_size_asked_for() -> None:
    for style in ("curly", "bun", "short", "long", "none"):
        look = replace(draw.LOOKS["ada"], style=style)
        for closed in (0.0, 0.5, 1.0):
            pose = draw.Pose(
                blink=closed, smile=-closed, mouth_open=closed, head_turn=1, head_tilt=-1, brow=-1
            )
            assert draw.draw_frame(look, pose, (322, 180)).size == (322, 180)


def test_importing_loads_neither_pyav_nor_pillow() -> None:
    code = (
        "import sys, cometact_nb.sandbox.drawing.render, cometact_nb.sandbox.drawing.frame;"
        "sys.exit(bool({'av', 'PIL', 'PIL.Image'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
