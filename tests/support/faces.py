"""Faces that dlib finds, and films of them.

``face.jpg`` is a part of NASA's portrait of Eileen Collins (Great Images in NASA; public domain), as scikit-image ships it
as ``data.astronaut``. It is warped, so that mouth, brows and head move by known amounts.

Drawn faces were tried first, with dlib 20.0.1 (score of its detector, which takes a face from 0 on): a plain oval with eyes,
brows and lips has 0.3; with a line and nostrils for the nose 1.3; with soft shadows instead 1.1; with both 1.6; hair costs
0.1, lids add 0.15, a blur of two pixels changes nothing. So they are found, but of the landmarks only those of the mouth and
the head follow the drawing, roughly, and those of the brows do not. They serve as another person.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

#: Twice the picture's size, and in it the middle of the mouth and the height of the brows.
WIDTH, HEIGHT = 440, 500
MOUTH_X, MOUTH_Y, BROWS_Y = 206, 290, 178
BLANK = Image.new("RGB", (WIDTH, HEIGHT), (120, 140, 160))


@cache
def portrait() -> Image.Image:
    return Image.open(Path(__file__).with_name("face.jpg")).convert("RGB").resize((WIDTH, HEIGHT))


def pose(mouth: float = 0.0, brows: float = 0.0, roll: float = 0.0) -> Image.Image:
    """The portrait.

    Args:
        mouth: how far it is open, in pixels.
        brows: how far they are raised, in pixels.
        roll: degrees, counterclockwise.
    """
    pixels: np.ndarray[Any, Any] = np.asarray(portrait())
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    lower = mouth * np.exp(-(((x - MOUTH_X) / 45) ** 2))
    is_open = (y > MOUTH_Y) & (y < MOUTH_Y + lower)
    below = (y > MOUTH_Y) & ~is_open
    source = np.where(below, y - lower * np.clip(1 - (y - MOUTH_Y - lower) / 140, 0, 1), y)
    source += brows * np.exp(-(((y - BROWS_Y) / 14) ** 2))
    moved = pixels[np.clip(np.rint(source), 0, HEIGHT - 1).astype(int), x.astype(int)].copy()
    moved[is_open] = (40, 10, 12)
    return Image.fromarray(moved).rotate(roll, Image.Resampling.BILINEAR)


def drawing() -> Image.Image:
    """Somebody else."""
    skin, dark, hair = (225, 175, 145), (170, 125, 100), (60, 40, 25)
    image = BLANK.copy()
    shadows = Image.new("RGB", image.size, skin)
    soft = ImageDraw.Draw(shadows)
    for box in ((150, 190, 210, 250), (230, 190, 290, 250), (185, 285, 255, 315), (170, 375, 270, 405)):
        soft.ellipse(box, fill=dark)
    for side in (120, 295):
        soft.rectangle((side, 90, side + 25, 400), fill=dark)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((120, 90, 320, 400), fill=255)
    image.paste(shadows.filter(ImageFilter.GaussianBlur(10)), mask=mask.filter(ImageFilter.GaussianBlur(2)))
    pen = ImageDraw.Draw(image)
    pen.chord((110, 70, 330, 260), 190, 350, fill=hair)
    for x in (180, 260):
        pen.ellipse((x - 24, 210, x + 24, 236), fill=(245, 240, 235))
        pen.ellipse((x - 11, 212, x + 11, 234), fill=(70, 50, 40))
        pen.line((x - 32, 188, x, 180, x + 30, 188), fill=hair, width=9)
    pen.line((212, 230, 205, 290), fill=dark, width=4)
    for x in (204, 236):
        pen.ellipse((x - 8, 292, x + 8, 304), fill=(120, 70, 60))
    pen.ellipse((180, 330, 260, 358), fill=(175, 80, 80))
    pen.line((182, 344, 258, 344), fill=(110, 40, 45), width=4)
    return image


def film(
    path: Path,
    picture: Callable[[float], Image.Image],
    *,
    seconds: float = 4.0,
    fps: int = 12,
    loudness: Callable[[float], float] | None = None,
) -> Path:
    """A film of ``picture(seconds)``, with a hum of this loudness (0–1)."""
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("libx264", rate=fps, options={"crf": "20", "preset": "veryfast"})
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound: Any = out.add_stream("aac", rate=16_000, layout="mono") if loudness is not None else None
        for number in range(round(seconds * fps)):
            frame = av.VideoFrame.from_image(picture(number / fps))  # type: ignore[no-untyped-call]
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
        if loudness is not None:
            times = np.arange(round(seconds * 16_000)) / 16_000
            levels = np.array([loudness(moment) for moment in times[::160]]).repeat(160)[: len(times)]
            hum = (levels * np.sin(times * math.tau * 200) * 30_000).astype(np.int16)
            for start in range(0, len(hum), 1024):
                piece = av.AudioFrame.from_ndarray(hum[None, start : start + 1024], "s16", "mono")
                piece.sample_rate, piece.pts = 16_000, start
                out.mux(sound.encode(piece))
            out.mux(sound.encode(None))
    return path


def course(values: Sequence[float], every_s: float = 0.5) -> Callable[[float], float]:
    """A function of seconds that goes from value to value, evenly, and then stays."""

    def at(seconds: float) -> float:
        place = seconds / every_s
        before = min(int(place), len(values) - 1)
        after = min(before + 1, len(values) - 1)
        return values[before] + (values[after] - values[before]) * (place - before if after > before else 0)

    return at
