"""Draws a robot, with plates and a bright screen, in the poses that people have.

Units: half the width of a head, as for people.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cometact_nb.sandbox.drawing.pen import faded, mix, shade

if TYPE_CHECKING:
    from cometact_nb.sandbox.drawing.looks import Look, Pose
    from cometact_nb.sandbox.drawing.pen import Pen

__all__ = ["robot_head", "robot_neck", "robot_torso"]

_SCREEN = (26, 36, 58)


def robot_neck(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw a ribbed neck."""
    for i in range(4):
        y = 0.12 - i * 0.2
        pen.box(
            pose.head_tilt * 0.03 * i, y, 0.4 - i * 0.02, 0.1, 0.09, shade(look.hair, -0.1 - 0.1 * (i % 2))
        )


def robot_torso(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw the casing of the torso with its lamp."""
    up, casing = -0.14 * pose.shrug, look.skin
    pen.box(0, 5.6, 1.0, 2.4, 0.4, shade(look.hair, -0.2))
    half = [
        (0.0, 0.16),
        (0.8, 0.16),
        (1.34, 0.3),
        (1.52, 0.8),
        (1.44, 2.2),
        (1.16, 3.6),
        (0.7, 3.96),
        (0.0, 4.0),
    ]
    body = pen.moved(0, up)
    body.mirrored(half, casing)
    side = [
        (1.34, 0.3),
        (1.52, 0.8),
        (1.44, 2.2),
        (1.16, 3.6),
        (0.7, 3.96),
        (0.9, 3.4),
        (1.14, 2.1),
        (1.2, 0.9),
    ]
    body.shape(side, faded(shade(look.hair, -0.3), 0.35))
    body.box(0, 1.5, 0.92, 0.78, 0.26, look.shirt)
    body.box(0, 1.46, 0.88, 0.72, 0.24, shade(look.shirt, 0.1))
    glow = 0.5 + 0.5 * pose.mouth_open
    body.soft(-0.4, 1.4, 0.4, 0.4, look.iris, 0.7 * glow)
    body.blob(-0.4, 1.4, 0.2, 0.2, mix(look.iris, (255, 255, 255), 0.35 * glow))
    for i in range(3):
        body.box(
            0.38, 1.16 + i * 0.28, 0.3 - 0.06 * i, 0.06, 0.055, shade(look.shirt, 0.6 if i != 1 else 0.35)
        )
    for x, y in ((-1.1, 0.56), (1.1, 0.56), (-0.98, 2.8), (0.98, 2.8)):
        body.blob(x, y, 0.07, 0.07, shade(look.hair, 0.1))


def robot_head(pen: Pen, look: Look, pose: Pose) -> None:
    """Draw a head that is a screen."""
    casing, dx = look.skin, pose.head_turn * 0.2
    bend = pose.head_turn * -0.08
    pen.stroke([(bend, -1.0), (bend * 1.6, -1.35), (bend * 2.4, -1.58)], 0.1, look.hair)
    pen.soft(bend * 2.4, -1.66, 0.36, 0.36, look.iris, 0.5)
    pen.blob(bend * 2.4, -1.66, 0.17, 0.17, mix((255, 138, 110), (255, 230, 170), pose.mouth_open))
    pen.blob(bend * 2.4 - 0.05, -1.72, 0.05, 0.05, (255, 244, 226))
    for side in (-1, 1):
        pen.box(side * 1.2 - dx * 0.4, 0.02, 0.16, 0.38, 0.12, look.hair)
        pen.box(side * 1.28 - dx * 0.4, 0.02, 0.1, 0.24, 0.09, look.shirt)
    pen.box(0, 0.02, 1.2, 1.06, 0.46, shade(casing, -0.14))
    pen.box(-0.03, -0.02, 1.16, 1.02, 0.44, casing)
    pen.box(-0.16, -0.9, 0.7, 0.05, 0.05, shade(casing, 0.8))
    pen.box(dx, 0.04 + pose.head_nod * 0.06, 0.94, 0.76, 0.32, shade(look.hair, -0.25))
    face = pen.moved(dx * 1.25, 0.04 + pose.head_nod * 0.1)
    pen.box(dx, 0.04 + pose.head_nod * 0.06, 0.89, 0.71, 0.29, _SCREEN)
    for side in (-1, 1):
        _robot_eye(face, look, pose, side)
        y = -0.42 - 0.09 * pose.brow
        knit = -0.08 * pose.brow
        ends = [(side * 0.2, y - knit * 0.6), (side * 0.4, y - 0.03), (side * 0.58, y + 0.04 + knit * 0.3)]
        face.stroke(ends, 0.055, mix(_SCREEN, look.iris, 0.75))
        face.soft(side * 0.62, 0.22, 0.17, 0.12, (255, 120, 150), 0.35 + 0.4 * max(0.0, pose.smile))
    _robot_mouth(face, look, pose)
    pen.poly([(dx - 0.62, -0.62), (dx - 0.3, -0.62), (dx - 0.72, 0.5), (dx - 0.84, 0.5)], (255, 255, 255, 22))


def _robot_eye(face: Pen, look: Look, pose: Pose, side: int) -> None:
    x, y = side * 0.39 + pose.gaze * 0.05, -0.1
    happy = max(0.0, pose.smile)
    face.soft(x, y, 0.36, 0.36, look.iris, 0.32)
    if pose.blink > 0.75:  # noqa: PLR2004
        face.stroke([(x - 0.19, y), (x, y + 0.02), (x + 0.19, y)], 0.075, look.iris)
    elif happy > 0.72:  # noqa: PLR2004  (a beaming robot's eyes are arcs)
        face.stroke([(x - 0.2, y + 0.07), (x, y - 0.13), (x + 0.2, y + 0.07)], 0.11, look.iris)
    else:
        tall = 0.24 * (1 + 0.2 * pose.brow) * (1 - pose.blink)
        face.blob(x, y, 0.18, max(0.04, tall), look.iris)
        face.blob(x - 0.05, y - tall * 0.35, 0.05, tall * 0.24, (240, 255, 253))
        if happy > 0.1:  # noqa: PLR2004
            face.blob(x, y + 0.32 - 0.06 * happy, 0.26, 0.14, _SCREEN)


def _robot_mouth(face: Pen, look: Look, pose: Pose) -> None:
    half, lift = 0.25 + 0.13 * max(0.0, pose.smile) - 0.06 * pose.mouth_open, 0.14 * pose.smile
    spread = (-1.0, -0.6, 0.0, 0.6, 1.0)
    upper = [(half * u, 0.38 - lift * (u * u - 0.5)) for u in spread]
    opened = max(pose.mouth_open, (pose.smile - 0.5) * 0.6)
    if opened < 0.06:  # noqa: PLR2004
        face.stroke(upper, 0.075, look.iris)
        return
    deep = [0.05 + 0.3 * opened * math.sqrt(1 - (0.98 * u) ** 2) for u in spread]
    lower = [(x, y + d) for (x, y), d in zip(upper, deep, strict=True)]
    face.shape([*upper, *reversed(lower)], mix(_SCREEN, look.iris, 0.4))
    face.stroke([*upper], 0.06, look.iris)
    face.stroke([*lower], 0.06, look.iris)
