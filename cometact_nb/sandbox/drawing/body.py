"""Draws necks, torsos and arms.

Units: half the width of a head. The origin is the pit of the neck, y points down.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cometact_nb.sandbox.drawing.pen import faded, mix, shade

if TYPE_CHECKING:
    from cometact_nb.sandbox.drawing.looks import Look, Pose
    from cometact_nb.sandbox.drawing.pen import Color, Pen, Point

__all__ = ["arm", "neck", "torso", "torso_back"]

_SHOULDER = (1.4, 0.62)
#: Elbow and wrist of the right arm: hanging, before the chest, raised.
_JOINTS: list[tuple[Point, Point]] = [
    ((1.72, 2.05), (1.62, 3.45)),
    ((1.98, 1.9), (1.24, 1.0)),
    ((2.12, 1.42), (2.16, -0.3)),
]


def neck(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw the neck and the shadow the head throws on it."""
    lean = pose.head_tilt * 0.1
    skin = shade(look.skin, -0.07)
    pen.shape(
        [
            (-0.42 + lean, -0.9),
            (0.42 + lean, -0.9),
            (0.44, -0.1),
            (0.66, 0.16),
            (0, 0.5),
            (-0.66, 0.16),
            (-0.44, -0.1),
        ],
        skin,
    )
    dark = faded(shade(look.skin, -0.6), 0.3)
    pen.shape(
        [(-0.43 + lean, -0.8), (0.43 + lean, -0.8), (0.42, -0.34), (0.1 + lean, -0.12), (-0.4, -0.4)], dark
    )


def torso_back(pen: Pen, look: Look) -> None:
    """Draw the part of the clothes behind the neck."""
    if look.collar == "hood":
        points = [(0.0, -0.56), (0.62, -0.48), (0.96, -0.14), (0.9, 0.3), (0.0, 0.5)]
        pen.mirrored(points, shade(look.shirt, -0.34))
    elif look.collar == "shirt":
        pen.mirrored([(0.0, -0.26), (0.46, -0.2), (0.7, 0.1), (0.0, 0.3)], shade(look.shirt, 0.6))


def torso(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw the clothed torso, down to the legs."""
    up = -0.16 * pose.shrug
    cloth = look.shirt
    trousers = mix(shade(cloth, -0.55), (40, 44, 70), 0.6)
    pen.poly([(-1.36, 3.6), (1.36, 3.6), (1.5, 5.2), (1.46, 8), (-1.46, 8), (-1.5, 5.2)], trousers)
    half = [
        (0.0, 0.42),
        (0.4, 0.2),
        (0.62, 0.0 + up * 0.3),
        (1.2, 0.16 + up),
        (1.66, 0.48 + up),
        (1.72, 1.0 + up),
    ]
    half += [(1.4, 1.9), (1.36, 3.2), (1.42, 4.1), (0.0, 4.2)]
    pen.mirrored(half, cloth)
    side = [(1.66, 0.5 + up), (1.72, 1.0 + up), (1.4, 1.9), (1.36, 3.2), (1.42, 4.1), (0.7, 4.15), (1.0, 2.4)]
    pen.shape([*side, (1.12, 1.1 + up)], faded(shade(cloth, -0.5), 0.16))
    if look.kind == "actor":
        for x, y in ((-1.2, 0.6), (1.2, 0.6), (0, 1.1), (-0.7, 1.9), (0.7, 1.9), (0, 2.8)):
            pen.blob(x, y + up, 0.09, 0.09, (255, 255, 255))
    _COLLARS[look.collar](pen, look)


def _round_collar(pen: Pen, look: Look) -> None:
    edge = [(-0.66, 0.02), (-0.46, 0.34), (0, 0.52), (0.46, 0.34), (0.66, 0.02)]
    pen.stroke(edge, 0.13, shade(look.shirt, -0.2))


def _hood(pen: Pen, look: Look) -> None:
    dark = shade(look.shirt, -0.16)
    for side in (-1, 1):
        points = [
            (0.52, -0.42),
            (0.9, -0.2),
            (1.06, 0.12),
            (0.62, 0.6),
            (0.08, 0.86),
            (0.0, 0.62),
            (0.4, 0.3),
        ]
        pen.shape([(side * x, y) for x, y in points], dark)
        pen.stroke([(side * 0.3, 0.68), (side * 0.33, 1.1), (side * 0.3, 1.5)], 0.07, shade(look.shirt, 0.75))
        pen.blob(side * 0.3, 1.52, 0.06, 0.09, shade(look.shirt, 0.5))
    pen.stroke(
        [(-0.5, 0.2), (-0.26, 0.5), (0, 0.64), (0.26, 0.5), (0.5, 0.2)], 0.05, shade(look.shirt, -0.34)
    )


def _shirt_collar(pen: Pen, look: Look) -> None:
    light = shade(look.shirt, 0.8)
    for side in (-1, 1):
        pen.poly([(side * x, y) for x, y in ((0.0, 0.5), (0.46, -0.16), (0.74, 0.06), (0.5, 0.76))], light)
    pen.stroke([(0, 0.6), (0, 2.4), (0, 4.1)], 0.04, shade(look.shirt, -0.25))
    for y in (1.0, 1.7, 2.4, 3.1):
        pen.blob(0, y, 0.075, 0.075, light)


_COLLARS = {"round": _round_collar, "hood": _hood, "shirt": _shirt_collar}


def joints(raised: float, hand: float) -> tuple[Point, Point]:
    """Place elbow and wrist of the right arm, for ``raised`` 0–1 and the swing of the hand (−1 to 1)."""
    raised = max(0.0, min(1.0, raised))
    first = min(1, int(raised * 2))
    share = raised * 2 - first
    share = share * share * (3 - 2 * share)
    (e0, w0), (e1, w1) = _JOINTS[first], _JOINTS[first + 1]
    elbow = (e0[0] + (e1[0] - e0[0]) * share, e0[1] + (e1[1] - e0[1]) * share)
    wrist = (w0[0] + (w1[0] - w0[0]) * share, w0[1] + (w1[1] - w0[1]) * share)
    swing = hand * raised * 0.42
    dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
    turned = (dx * math.cos(swing) - dy * math.sin(swing), dx * math.sin(swing) + dy * math.cos(swing))
    return elbow, (elbow[0] + turned[0], elbow[1] + turned[1])


def arm(pen: Pen, look: Look, pose: Pose, side: int) -> None:
    """Draw one arm; ``side`` is −1 left of the picture, 1 right."""
    raised = pose.arm_left if side < 0 else pose.arm_right
    up = -0.16 * pose.shrug
    elbow, wrist = joints(raised, pose.hand * side)
    shoulder = (_SHOULDER[0], _SHOULDER[1] + up)
    points = [(side * x, y) for x, y in (shoulder, elbow, wrist)]
    cloth = shade(look.shirt, 0.05 if side < 0 else -0.07)
    _hand(pen, look, points[1], points[2], side)
    # A rim in the shade sets the arm off from the torso, which has the same colour.
    rim = [(x - side * 0.05, y + 0.03) for x, y in points]
    _limb(pen, rim, shade(look.shirt, -0.22))
    _limb(pen, points, cloth)
    ends = (_toward(points[2], points[1], -0.04), _toward(points[2], points[1], 0.16))
    _segment(pen, *ends, 0.27, 0.28, shade(look.shirt, -0.2))


def _toward(one: Point, other: Point, distance: float) -> Point:
    length = math.dist(one, other) or 1.0
    return (
        one[0] + (other[0] - one[0]) * distance / length,
        one[1] + (other[1] - one[1]) * distance / length,
    )


def _limb(pen: Pen, points: list[Point], fill: Color) -> None:
    """Draw an arm from shoulder over elbow to wrist, tapered, with round joints."""
    shoulder, elbow, wrist = points
    pen.blob(*shoulder, 0.33, 0.33, fill)
    _segment(pen, shoulder, elbow, 0.33, 0.29, fill)
    pen.blob(*elbow, 0.29, 0.29, fill)
    _segment(pen, elbow, wrist, 0.29, 0.24, fill)


def _segment(pen: Pen, one: Point, other: Point, start: float, end: float, fill: Color) -> None:
    """Draw a straight piece of a limb; ``start`` and ``end`` are half its thickness there."""
    length = math.dist(one, other) or 1.0
    nx, ny = (one[1] - other[1]) / length, (other[0] - one[0]) / length
    corners = [(one[0] + nx * start, one[1] + ny * start), (other[0] + nx * end, other[1] + ny * end)]
    corners += [(other[0] - nx * end, other[1] - ny * end), (one[0] - nx * start, one[1] - ny * start)]
    pen.poly(corners, fill)


def _hand(pen: Pen, look: Look, elbow: Point, wrist: Point, side: int) -> None:
    """Draw an open hand that continues the forearm."""
    angle = math.atan2(wrist[1] - elbow[1], wrist[0] - elbow[0]) - math.pi / 2
    palm = pen.moved(*wrist, angle)
    # A robot's casing is as light as its chest: its hands are of the darker metal.
    skin = look.hair if look.kind == "robot" else look.skin
    # Seen from the palm: the thumb points to the head when the hand is raised.
    thumb = side
    palm.stroke([(thumb * 0.12, 0.2), (thumb * 0.34, 0.34), (thumb * 0.4, 0.52)], 0.16, shade(skin, -0.08))
    for x, length, spread in ((-0.21, 0.76, -0.1), (-0.07, 0.9, -0.03), (0.07, 0.9, 0.04), (0.2, 0.8, 0.11)):
        palm.stroke([(x, 0.4), (x + spread, length)], 0.135, skin)
    palm.blob(0, 0.3, 0.28, 0.3, skin)
    palm.stroke([(-0.14, 0.34), (0.02, 0.4), (0.16, 0.36)], 0.03, shade(skin, -0.2))
