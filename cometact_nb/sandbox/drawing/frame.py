"""Draws one frame of the sandbox's animated characters.

Importing this module is cheap: Pillow is loaded when the first frame is drawn.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from cometact_nb.sandbox.drawing import body as draw_body
from cometact_nb.sandbox.drawing import face as draw_face
from cometact_nb.sandbox.drawing import robot as draw_robot
from cometact_nb.sandbox.drawing.looks import ACTOR, LOOKS, Look, Pose, look_for
from cometact_nb.sandbox.drawing.pen import Pen, gradient, mix, shade, shifted
from cometact_nb.sandbox.drawing.picture import hang

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["ACTOR", "LOOKS", "Look", "Pose", "draw_frame", "look_for"]

#: Frames are drawn this many times larger and then reduced, which smooths every edge.
_OVER = 2
#: A figure reaches this far from the middle, in units: a raised hand at the end of its swing.
_REACH = 3.8
#: The position of each corner of the background between its two colours, 0–1.
_CORNERS = (0.0, 0.35, 0.65, 1.0)
_WHITE = (255, 255, 255)


class _Wall(NamedTuple):
    """The settings of the background, the same for all frames of a clip."""

    colors: tuple[tuple[int, int, int], ...]
    size: tuple[int, int]
    hue_shift: float
    picture: bytes | None


def draw_frame(
    look: Look,
    pose: Pose,
    size: tuple[int, int],
    *,
    hue_shift: float = 0.0,
    badge: str | None = None,
    caption: str | None = None,
    picture: bytes | None = None,
) -> Image.Image:
    """Draw a character in a pose.

    Args:
        look: of the character.
        pose: of the character.
        size: width and height, in pixels.
        hue_shift: turns the background's hue, in turns; the clothes follow half-way.
        badge: a word for the upper left corner.
        caption: a line for the lower left corner.
        picture: an image file that hangs behind the character.

    Returns:
        An RGB image of exactly that size.
    """
    wall = _Wall(look.backdrop, size, hue_shift, picture)
    frame = _backdrop(wall).copy()
    unit, centre, base = _framing(size)
    # Only the strip that a figure can reach is drawn large and reduced: the rest never changes.
    reach = (_REACH if pose.arm_left or pose.arm_right else 2.3) * unit
    left, right = max(0, int(centre - reach) // 2 * 2), min(size[0], int(centre + reach))
    stage = _stage(wall, left, right).copy()
    pen = Pen(stage, unit * _OVER, ((centre - left) * _OVER, base * _OVER))
    _figure(pen, replace(look, shirt=shifted(look.shirt, hue_shift / 2)), pose)
    frame.paste(stage.reduce(_OVER), (left, 0))
    margin, letters = max(10, min(size) // 30), max(11, min(size) // 42)
    if badge:
        label = _label(badge, letters, strong=True)
        frame.paste(label, (margin, margin), label)
    if caption:
        label = _label(caption, letters, strong=False)
        frame.paste(label, (margin, size[1] - margin - label.height), label)
    return frame


def _framing(size: tuple[int, int]) -> tuple[float, float, float]:
    """Return pixels per unit, and the place of the pit of the neck (x, y)."""
    width, height = size
    unit = min(height * 0.158, width / 6.3)
    # Tall frames show more of the body; the head stays in the upper half.
    spare = max(0.0, height - unit / 0.158)
    return unit, width / 2, unit * 3.85 + spare * 0.3


def _figure(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw from back to front: the hair behind, neck and torso, arms, head."""
    # The hips stand still: the torso leans about them.
    trunk = pen.moved(pose.sway * 0.16, 5.0).moved(0, -5.0, pose.sway * 0.03)
    skull = trunk.moved(0, -0.55, pose.head_tilt * 0.24)
    skull = skull.moved(pose.head_turn * 0.12, -0.98 + pose.head_nod * 0.07)
    if look.kind == "robot":
        draw_robot.robot_neck(trunk, look, pose)
        draw_robot.robot_torso(trunk, look, pose)
    else:
        draw_face.back_hair(skull, look, pose)
        draw_body.torso_back(trunk, look)
        draw_body.neck(trunk, look, pose)
        draw_body.torso(trunk, look, pose)
    draw_body.arm(trunk, look, pose, -1)
    draw_body.arm(trunk, look, pose, 1)
    (draw_robot.robot_head if look.kind == "robot" else draw_face.head)(skull, look, pose)


@lru_cache(maxsize=4)
def _stage(wall: _Wall, left: int, right: int) -> Image.Image:
    """Cut the strip of the background from ``left`` to ``right`` (pixels), and enlarge it for drawing."""
    from PIL import Image  # noqa: PLC0415  (Pillow takes 50 ms, and starting must be fast)

    strip = _backdrop(wall).crop((left, 0, right, wall.size[1]))
    # NEAREST: the reduction gives back the same pixels, so that the strip leaves no seam.
    return strip.resize((strip.width * _OVER, strip.height * _OVER), Image.Resampling.NEAREST)


@lru_cache(maxsize=4)
def _backdrop(wall: _Wall) -> Image.Image:
    """Draw the background: a gradient along the diagonal, and the scenery."""
    from PIL import Image  # noqa: PLC0415

    width, height = wall.size
    top, bottom = (shifted(color, wall.hue_shift) for color in wall.colors)
    plain = gradient([mix(top, bottom, share) for share in _CORNERS], wall.size)
    image = plain.resize((width * _OVER, height * _OVER), Image.Resampling.NEAREST)
    pen = Pen(image, _OVER, (0.0, 0.0))
    _scenery(pen, wall.size, shade(top, 0.5), bottom)
    image = image.reduce(_OVER)
    if wall.picture:
        hang(image, wall.picture)
    return image


def _scenery(pen: Pen, size: tuple[int, int], light: tuple[int, ...], dark: tuple[int, ...]) -> None:
    """Draw a disc of light behind the head, hills below, and a few floating shapes; in pixels."""
    unit, x, base = _framing(size)
    width, height = size
    y = base - 1.6 * unit
    for radius, opacity in ((3.9, 40), (3.2, 55), (2.5, 80)):
        pen.disc(x, y, radius * unit, (*light[:3], opacity))
    for lift, depth, phase in ((1.9, -0.06, 0.6), (1.2, -0.16, 2.4)):
        ridge = [
            (width * i / 48, height - unit * (lift + 0.34 * math.sin(phase + i * 0.21) - 0.5))
            for i in range(49)
        ]
        pen.poly([(0, height), *ridge, (width, height)], (*shade(dark, depth)[:3], 120))
    for i in range(18):
        # Multiples of the golden ratio scatter without clumps, and without chance.
        px, py = (i * 0.618034 + 0.07) % 1 * width, (i * 0.7548777 + 0.1) % 1 * height * 0.72
        if (abs(px - x) < 1.9 * unit and py > y - 1.9 * unit) or min(px, py) < unit:
            continue
        radius = unit * (0.06 + 0.05 * (i % 3))
        fill = (*_WHITE, 110) if i % 2 else (*shade(dark, -0.1)[:3], 80)
        pen.disc(px, py, radius, fill)


@lru_cache(maxsize=16)
def _label(text: str, points: int, *, strong: bool) -> Image.Image:
    """Draw a pill with text in it; ``points`` is the height of the letters in pixels."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415

    font = ImageFont.load_default(size=points * 2)
    # Spaced letters make a badge of a word.
    gap = points * 0.3 if strong else 0.0
    pieces = list(text) if strong else [text]
    length = sum(font.getlength(piece) + gap for piece in pieces) - gap
    width, height = int(length + points * 2.8), int(points * 3.8)
    image = Image.new("RGBA", (width, height), (40, 32, 60, 0))
    draw = ImageDraw.Draw(image)
    fill = (40, 32, 60, 215) if strong else (40, 32, 60, 130)
    draw.rounded_rectangle((0, 0, width - 1, height - 1), radius=height // 2, fill=fill)
    x = points * 1.4
    for piece in pieces:
        draw.text((x, height / 2), piece, font=font, fill=_WHITE, anchor="lm")
        x += font.getlength(piece) + gap
    return image.reduce(2)
