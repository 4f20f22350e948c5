"""Draws heads of people: face, eyes, mouth and hair.

Units: half the width of a head. The origin is the middle of the head, y points down.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cometact_nb.sandbox.drawing.pen import faded, mix, shade

if TYPE_CHECKING:
    from cometact_nb.sandbox.drawing.looks import Look, Pose
    from cometact_nb.sandbox.drawing.pen import Pen, Point

__all__ = ["back_hair", "head", "round_head"]

_LIPS = (188, 78, 84)
_THROAT = (92, 26, 40)
_TONGUE = (226, 104, 110)
_TEETH = (255, 252, 246)
_CURLS_BACK = [(-158, 1.05, 0.42), (-176, 1.12, 0.4), (-20, 1.05, 0.42), (-4, 1.12, 0.4), (-138, 1.16, 0.46)]
_CURLS_BACK += [(-116, 1.28, 0.46), (-92, 1.32, 0.46), (-66, 1.28, 0.46), (-42, 1.16, 0.46), (14, 1.06, 0.3)]
_CURLS_BACK += [(166, 1.06, 0.3)]
_CURLS_FRONT = [(-0.74, -0.84, 0.27), (-0.42, -1.0, 0.3), (-0.06, -0.96, 0.31), (0.32, -1.02, 0.31)]
_CURLS_FRONT += [(0.66, -0.88, 0.28), (-0.92, -0.56, 0.19), (0.9, -0.58, 0.19)]


def round_head(x: float, turn: float) -> tuple[float, float]:
    """Return where a feature at ``x`` goes when a round head turns, and its width then (1 = frontal)."""
    angle = math.asin(max(-0.98, min(0.98, x / 1.12))) + turn * 0.5
    return 1.12 * math.sin(angle), max(0.35, math.cos(angle) + 0.12)


def head(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw a person's head."""
    turn, skin = pose.head_turn, look.skin
    chin = 1.2 + 0.1 * pose.mouth_open
    for side in (-1, 1):
        x = side * 1.0 - turn * 0.16
        pen.blob(x, 0.1, 0.2, 0.27, shade(skin, -0.06))
        pen.blob(x - side * 0.02, 0.11, 0.11, 0.16, shade(skin, -0.2))
    outline = [
        (0.0, -1.22),
        (0.62, -1.08),
        (0.97, -0.5),
        (0.99, 0.14),
        (0.84, 0.7),
        (0.46, chin - 0.1),
        (0.0, chin),
    ]
    pen.mirrored(outline, skin)
    # The light comes from the upper left: a crescent along the right cheek gives the head its volume.
    crescent = [(0.97, -0.5), (0.99, 0.14), (0.84, 0.7), (0.46, chin - 0.1), (0.0, chin)]
    inner = [(0.36, chin - 0.2), (0.7, 0.58), (0.84, 0.1), (0.86, -0.4)]
    pen.shape([*crescent, *inner], faded(shade(skin, -0.4), 0.16))
    for side in (-1, 1):
        x, wide = round_head(side * 0.62, turn)
        if look.kind == "person":
            pen.soft(x, 0.4, 0.27 * wide, 0.2, (236, 84, 88), 0.26 + 0.18 * max(0.0, pose.smile))
    _mouth(pen, look, pose)
    _nose(pen, look, pose)
    for side in (-1, 1):
        _eye(pen, look, pose, side)
    front_hair(pen, look, pose)
    for side in (-1, 1):
        _brow(pen, look, pose, side)
    if look.glasses:
        _glasses(pen, look, pose)
    if look.kind == "actor":
        _markers(pen, pose)


def _nose(pen: Pen, look: Look, pose: Pose) -> None:
    x, _ = round_head(0.0, pose.head_turn)
    x *= 1.14  # the tip stands before the face, so it moves further than the face does
    y = 0.28 + pose.head_nod * 0.1
    pen.soft(x + 0.05, y + 0.05, 0.15, 0.12, shade(look.skin, -0.5), 0.2)
    pen.blob(x - 0.03, y - 0.06, 0.05, 0.07, faded(shade(look.skin, 0.6), 0.45))
    dark = shade(look.skin, -0.36)
    pen.stroke(
        [(x - 0.11, y + 0.04), (x - 0.06, y + 0.1), (x + 0.02, y + 0.1), (x + 0.09, y + 0.05)], 0.045, dark
    )


def _eye(pen: Pen, look: Look, pose: Pose, side: int) -> None:
    x, wide = round_head(side * 0.42, pose.head_turn)
    y = -0.06 + pose.head_nod * 0.09
    rx = 0.215 * wide
    ry = 0.225 * (1 + 0.2 * pose.brow)
    lash, skin = mix(look.hair, (24, 16, 22), 0.6), look.skin
    if pose.blink > 0.75:  # noqa: PLR2004  (closed: a lash line, bowed down, or up when it smiles)
        bow = 0.1 - 0.2 * max(0.0, pose.smile)
        pen.stroke([(x - rx, y + 0.04), (x, y + 0.04 + bow), (x + rx, y + 0.04)], 0.06, lash)
        return
    pen.blob(x, y + 0.02, rx * 1.06, ry * 1.08, shade(skin, -0.16))
    pen.blob(x, y, rx, ry, (255, 253, 250))
    ix = x + (pose.gaze * 0.09 + pose.head_turn * 0.03)
    iy = y + 0.015
    pen.blob(ix, iy, 0.142 * min(1, wide + 0.1), 0.152, look.iris)
    pen.blob(ix, iy + 0.05, 0.1 * wide, 0.08, shade(look.iris, 0.28))
    pen.blob(ix, iy, 0.075, 0.082, (26, 18, 24))
    pen.blob(ix - 0.055, iy - 0.07, 0.047, 0.05, (255, 255, 255))
    pen.blob(ix + 0.05, iy + 0.06, 0.022, 0.024, (255, 255, 255))
    # Lids are skin laid over the eye: they cut the iris without a mask.
    spread = (-1.0, -0.75, -0.4, 0.0, 0.4, 0.75, 1.0)
    fall, squint = 2 * pose.blink, max(0.0, pose.smile) * 0.38
    upper = [(x + rx * 1.08 * u, y - ry * (1 - 0.86 * u * u) + ry * fall * (1 - 0.6 * u * u)) for u in spread]
    pen.poly([*upper, (x + rx * 1.1, y - ry * 1.15), (x - rx * 1.1, y - ry * 1.15)], skin)
    if squint > 0.04:  # noqa: PLR2004
        lower = [
            (x + rx * 1.1 * u, y + ry * ((1 - squint) * math.sqrt(1 - u * u) + squint * 0.25)) for u in spread
        ]
        pen.poly([*lower, (x + rx * 0.9, y + ry * 1.13), (x - rx * 0.9, y + ry * 1.13)], skin)
    pen.stroke(upper, 0.06, lash)


def _brow(pen: Pen, look: Look, pose: Pose, side: int) -> None:
    x, wide = round_head(side * 0.44, pose.head_turn)
    y = -0.47 - 0.15 * pose.brow + pose.head_nod * 0.08
    inner, outer = x - side * 0.2 * wide, x + side * 0.24 * wide
    # Raised brows arch; lowered ones sink at the nose.
    knit = 0.07 * min(0.0, pose.brow) + 0.05 * max(0.0, -pose.smile)
    points = [
        (inner, y - 0.01 - knit),
        (x + side * 0.02, y - 0.07 - 0.05 * max(0.0, pose.brow)),
        (outer, y + 0.07),
    ]
    pen.stroke(points, 0.1, mix(look.hair, (30, 20, 24), 0.25))


def _mouth(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw a mouth: a line when closed, lips around teeth and tongue when open."""
    x, wide = round_head(0.0, pose.head_turn)
    x *= 1.06
    y = 0.68 + pose.head_nod * 0.08
    smile = pose.smile
    opened = max(pose.mouth_open, (smile - 0.42) * 0.75, 0.0)
    half = (0.27 + 0.17 * max(0.0, smile) - 0.05 * pose.mouth_open) * wide
    lift = 0.15 * smile + 0.04  # a neutral mouth drawn straight looks cross
    color = mix(_LIPS, look.skin, 0.25 if look.kind == "person" else 0.7)
    spread = (-1.0, -0.6, 0.0, 0.6, 1.0)
    upper = [(x + half * u, y - lift * (u * u - 0.45) + 0.02 * (1 - u * u)) for u in spread]
    if opened < 0.06:  # noqa: PLR2004
        pen.stroke(upper, 0.065, shade(color, -0.3))
        pen.soft(x, y + 0.17, 0.2, 0.06, shade(look.skin, -0.5), 0.2)
        return
    depth = 0.07 + 0.46 * opened
    bowl = [math.sqrt(max(0.0, 1 - (u * 0.98) ** 2)) for u in spread]
    lower = [(px, py + depth * d) for (px, py), d in zip(upper, bowl, strict=True)]
    pen.shape([*upper, *reversed(lower[1:-1])], _THROAT)
    _tongue(pen, upper, lower)
    teeth = [_between(a, b, min(0.34, 0.1 / depth)) for a, b in zip(upper, lower, strict=True)]
    pen.shape([*upper[:], *reversed(teeth[1:-1])], _TEETH)
    pen.stroke(upper, 0.055, shade(color, -0.14))
    pen.stroke(lower, 0.06, color)


def _tongue(pen: Pen, upper: list[Point], lower: list[Point]) -> None:
    top = [_between(a, b, share) for a, b, share in zip(upper, lower, (1, 0.78, 0.62, 0.78, 1), strict=True)]
    pen.shape([*top[1:-1], *reversed(lower[1:-1])], _TONGUE)


def _between(one: Point, other: Point, share: float) -> Point:
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)


def _glasses(pen: Pen, look: Look, pose: Pose) -> None:
    frame = mix(look.hair, (40, 24, 40), 0.75)
    edges = []
    for side in (-1, 1):
        x, wide = round_head(side * 0.43, pose.head_turn)
        y = -0.03 + pose.head_nod * 0.09
        rx, ry = 0.34 * wide, 0.34
        ring = [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in (i * math.tau / 12 for i in range(13))]
        pen.blob(x, y, rx, ry, (255, 255, 255, 26))
        pen.poly(
            [(x - rx * 0.5, y - 0.2), (x - rx * 0.2, y - 0.26), (x - rx * 0.5, y + 0.2)], (255, 255, 255, 50)
        )
        pen.stroke(ring, 0.058, frame)
        edges.append((x - side * rx, x + side * rx, y))
        pen.stroke([(x + side * rx, y - 0.05), (side * 0.99 - pose.head_turn * 0.12, y)], 0.055, frame)
    (left, _, y), (right, _, _) = edges
    pen.stroke([(left, y), ((left + right) / 2, y - 0.06), (right, y)], 0.058, frame)


def _markers(pen: Pen, pose: Pose) -> None:
    """Draw motion-capture markers, which show that this is an actor and not a character."""
    for u, y in (
        (-0.62, 0.46),
        (0.62, 0.46),
        (0.0, -0.86),
        (-0.5, -0.8),
        (0.5, -0.8),
        (0.0, 1.0),
        (0.0, -0.36),
    ):
        x, wide = round_head(u, pose.head_turn)
        pen.blob(x, y + 0.02, 0.055 * wide, 0.055, (70, 76, 86, 90))
        pen.blob(x, y, 0.05 * wide, 0.05, (255, 255, 255))


def back_hair(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw the hair that lies behind head and shoulders."""
    hair, x = look.hair, -pose.head_turn * 0.1
    if look.style == "curly":
        pen.blob(x, -0.45, 1.2, 1.05, shade(hair, -0.25))
        for degrees, radius, size in _CURLS_BACK:
            angle = math.radians(degrees)
            pen.blob(x + radius * math.cos(angle), -0.2 + radius * math.sin(angle), size, size, hair)
    elif look.style == "bun":
        pen.blob(x * 2, -1.52, 0.46, 0.42, hair)
        pen.blob(x * 2 - 0.1, -1.62, 0.22, 0.16, shade(hair, 0.16))
        pen.stroke([(x * 2 - 0.3, -1.3), (x * 2, -1.22), (x * 2 + 0.3, -1.3)], 0.1, shade(hair, -0.3))
        pen.blob(x, -0.35, 1.12, 1.08, shade(hair, -0.2))
    elif look.style == "long":
        points = [(0.0, -1.42), (0.8, -1.24), (1.2, -0.5), (1.26, 0.6), (1.3, 1.5), (0.9, 1.86), (0.0, 1.8)]
        pen.moved(x, 0).mirrored(points, shade(hair, -0.2))
    elif look.style == "short":
        pen.blob(x, -0.42, 1.1, 0.98, shade(hair, -0.15))


def front_hair(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw the hair that falls over the forehead."""
    hair, dx = look.hair, pose.head_turn * 0.12
    light = shade(hair, 0.16)
    if look.style == "curly":
        for x, y, size in _CURLS_FRONT:
            pen.blob(x + dx, y, size, size, hair)
        for x, y, size in _CURLS_FRONT[:5]:
            arc = [math.radians(degrees) for degrees in (185, 215, 245, 275)]
            bend = [(x + dx + 0.62 * size * math.cos(a), y + 0.62 * size * math.sin(a)) for a in arc]
            pen.stroke(bend, 0.045, light)
    elif look.style in ("bun", "long"):
        part = -0.22 + dx
        left = [(part, -1.3), (-0.62, -1.2), (-1.06, -0.62), (-1.08, 0.12), (-0.96, 0.02), (-0.86, -0.46)]
        right = [(part, -1.3), (0.6, -1.24), (1.06, -0.64), (1.08, 0.12), (0.96, 0.02), (0.84, -0.42)]
        pen.shape([*left, (-0.5, -0.8), (part, -0.98)], hair)
        pen.shape([*right, (0.42, -0.78), (part, -0.98)], hair)
        pen.stroke([(part + 0.16, -1.12), (0.5, -1.0), (0.82, -0.62)], 0.05, light)
        pen.stroke([(part - 0.12, -1.12), (-0.5, -1.02), (-0.82, -0.66)], 0.05, light)
    elif look.style == "short":
        quiff = [
            (-1.04, -0.2),
            (-1.08, -0.8),
            (-0.7, -1.34),
            (0.1, -1.56),
            (0.8, -1.36),
            (1.08, -0.8),
            (1.03, -0.2),
        ]
        fringe = [(0.9, -0.58), (0.6 + dx, -0.8), (0.1 + dx, -0.76), (-0.4 + dx, -0.94), (-0.84, -0.6)]
        pen.shape([*quiff, *fringe], hair)
        pen.stroke([(-0.5 + dx, -1.2), (0.1 + dx, -1.34), (0.6 + dx, -1.2)], 0.06, light)
        pen.stroke([(-0.1 + dx, -1.02), (0.3 + dx, -1.08), (0.66 + dx, -0.98)], 0.045, light)
