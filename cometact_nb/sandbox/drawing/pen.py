"""Draws smooth shapes in a figure's own coordinates, and computes colours."""

from __future__ import annotations

import colorsys
import math
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

__all__ = ["Color", "Pen", "Point", "faded", "gradient", "mix", "shade", "shifted"]

Point = tuple[float, float]
Color = tuple[int, ...]
"""Red, green, blue, and opacity where it is not full; 0–255 each."""

#: Levels (of 255) that the grain of a gradient spans, for each level of its noise.
_GRAIN = 2.5 / 255

_CIRCLE = [(math.cos(i * math.tau / 40), math.sin(i * math.tau / 40)) for i in range(40)]
_STEPS = 6
#: Catmull-Rom weights at each step between two points, so that a curve costs only multiplications.
_WEIGHTS = [
    (
        0.5 * (-t + 2 * t * t - t**3),
        0.5 * (2 - 5 * t * t + 3 * t**3),
        0.5 * (t + 4 * t * t - 3 * t**3),
        0.5 * (-t * t + t**3),
    )
    for t in (i / _STEPS for i in range(_STEPS))
]


def mix(one: Color, other: Color, share: float) -> Color:
    """Return the colour at ``share`` (0–1) of the way from one to the other."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one[:3], other[:3], strict=True))


def shade(color: Color, by: float) -> Color:
    """Return the colour, lighter (``by`` > 0, up to 1) or darker (down to −1)."""
    # Shadows lean towards violet: a neutral black makes skin look dirty.
    return mix(color, (255, 250, 240), by) if by > 0 else mix(color, (48, 16, 62), -by)


def faded(color: Color, opacity: float) -> Color:
    """Return the colour with an opacity (0–1)."""
    return (*color[:3], round(255 * opacity))


def shifted(color: Color, turns: float) -> tuple[int, int, int]:
    """Turn the colour's hue by a fraction of the colour wheel."""
    hue, light, saturation = colorsys.rgb_to_hls(*(c / 255 for c in color[:3]))
    red, green, blue = colorsys.hls_to_rgb((hue + turns) % 1, light, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def smooth(points: Sequence[Point], *, closed: bool) -> list[Point]:
    """Compute a Catmull-Rom curve through points."""
    count = len(points)
    spans = count if closed else count - 1
    out: list[Point] = []
    for i in range(spans):
        if closed:
            p, q, r, s = (points[(i + k - 1) % count] for k in range(4))
        else:
            p, q, r, s = (points[min(max(i + k - 1, 0), count - 1)] for k in range(4))
        out += [
            (a * p[0] + b * q[0] + c * r[0] + d * s[0], a * p[1] + b * q[1] + c * r[1] + d * s[1])
            for a, b, c, d in _WEIGHTS
        ]
    return out if closed else [*out, points[-1]]


def gradient(corners: Sequence[Color], size: tuple[int, int]) -> Image:
    """Draw a bitmap whose colour runs from corner to corner.

    Args:
        corners: colours at the upper left, upper right, lower left and lower right.
        size: width and height, in pixels.

    Returns:
        An RGB image, grainy by a level or two: smooth steps of one level each show as bands in a video.
    """
    import PIL.Image  # noqa: PLC0415  (Pillow takes 50 ms, and starting must be fast)
    import PIL.ImageMath  # noqa: PLC0415

    grain = PIL.Image.frombytes("L", size, Random(0).randbytes(size[0] * size[1]))  # noqa: S311
    grain = grain.convert("F")  # before version 13, Pillow takes no fraction from whole numbers
    bands = []
    for values in zip(*corners, strict=True):
        small = PIL.Image.new("F", (2, 2))
        small.putdata(values)
        # From the middles of the four pixels: beyond them there is no other colour.
        smooth = small.resize(size, PIL.Image.Resampling.BILINEAR, box=(0.5, 0.5, 1.5, 1.5))
        mixed = PIL.ImageMath.lambda_eval(
            lambda of: of["convert"](of["smooth"] + (of["grain"] - 127.5) * _GRAIN + 0.5, "L"),
            smooth=smooth,
            grain=grain,
        )
        bands.append(mixed)
    return PIL.Image.merge("RGB", bands)


class Pen:
    """Draws in units of a figure on a bitmap.

    Args:
        image: the bitmap, in mode RGB.
        scale: pixels per unit.
        origin: the place of (0, 0), in pixels.
        angle: of the units' axes, in radians, clockwise.
    """

    def __init__(self, image: Image, scale: float, origin: Point, angle: float = 0.0) -> None:
        import PIL.ImageDraw  # noqa: PLC0415  (Pillow takes 50 ms, and starting must be fast)

        self.image = image
        # Blending costs four times as much as filling, even where nothing shows through.
        self._fill = PIL.ImageDraw.Draw(image)
        self._blend = PIL.ImageDraw.Draw(image, "RGBA")
        self.scale = scale
        self.origin = origin
        self.angle = angle
        self._cos = math.cos(angle) * scale
        self._sin = math.sin(angle) * scale

    def moved(self, x: float, y: float, angle: float = 0.0) -> Pen:
        """Return a pen with its origin at (x, y) of this one's units, turned by ``angle`` (radians) more."""
        return Pen(self.image, self.scale, self.place(x, y), self.angle + angle)

    def _with(self, fill: Color) -> ImageDraw:
        return self._blend if len(fill) > 3 else self._fill  # noqa: PLR2004

    def place(self, x: float, y: float) -> Point:
        """Return the place of a point on the bitmap, in pixels."""
        return (
            self.origin[0] + x * self._cos - y * self._sin,
            self.origin[1] + x * self._sin + y * self._cos,
        )

    def poly(self, points: Iterable[Point], fill: Color) -> None:
        """Fill a polygon."""
        self._with(fill).polygon([self.place(x, y) for x, y in points], fill=fill)

    def shape(self, points: Sequence[Point], fill: Color) -> None:
        """Fill a smooth closed outline through points."""
        self.poly(smooth(points, closed=True), fill)

    def mirrored(self, points: Sequence[Point], fill: Color) -> None:
        """Fill a smooth outline given by its right half, from the top of the axis to its bottom."""
        self.shape([*points, *[(-x, y) for x, y in reversed(points) if x]], fill)

    def blob(self, x: float, y: float, rx: float, ry: float, fill: Color) -> None:
        """Fill an ellipse."""
        self.poly(((x + rx * c, y + ry * s) for c, s in _CIRCLE), fill)

    def disc(self, x: float, y: float, radius: float, fill: Color) -> None:
        """Fill a circle, however large."""
        (px, py), r = self.place(x, y), radius * self.scale
        self._with(fill).ellipse((px - r, py - r, px + r, py + r), fill=fill)

    def soft(self, x: float, y: float, rx: float, ry: float, fill: Color, opacity: float) -> None:
        """Fill an ellipse whose edge fades out."""
        layers = 4
        for i in range(layers):
            size = 1 - i * 0.2
            self.blob(x, y, rx * size, ry * size, faded(fill, opacity / layers))

    def box(self, x: float, y: float, rx: float, ry: float, corner: float, fill: Color) -> None:
        """Fill a rectangle with round corners, given by its centre and half sides."""
        self.poly(
            (
                (
                    x + math.copysign(rx - corner, c) + corner * c,
                    y + math.copysign(ry - corner, s) + corner * s,
                )
                for c, s in _CIRCLE
            ),
            fill,
        )

    def stroke(self, points: Sequence[Point], width: float, fill: Color) -> None:
        """Draw a smooth line with round ends; ``width`` in units."""
        line = [self.place(x, y) for x, y in smooth(points, closed=False)]
        r = max(0.5, width * self.scale / 2)
        last = len(line) - 1
        left: list[Point] = []
        right: list[Point] = []
        # One outline: ImageDraw.line with round joints is five times slower.
        for i, (x, y) in enumerate(line):
            (ax, ay), (bx, by) = line[max(0, i - 1)], line[min(last, i + 1)]
            reach = r / (math.hypot(bx - ax, by - ay) or 1.0)
            dx, dy = (by - ay) * reach, (bx - ax) * reach
            left.append((x + dx, y - dy))
            right.append((x - dx, y + dy))
        self._with(fill).polygon([*left, *reversed(right)], fill=fill)
        for x, y in (line[0], line[last]):
            self._with(fill).ellipse((x - r, y - r, x + r, y + r), fill=fill)
