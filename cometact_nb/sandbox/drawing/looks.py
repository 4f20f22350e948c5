"""The looks of the sandbox's characters, and the poses of their face and body."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["ACTOR", "LOOKS", "Look", "Pose", "look_for"]

_RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """The look of a character, in any pose.

    Attributes:
        skin: of a person; the casing of a robot.
        hair: colour of hair and brows.
        style: of the hair: curly, bun, short, long or none.
        shirt: colour of the clothes.
        backdrop: two colours of the background, top and bottom.
        iris: colour of the eyes; the glow of a robot.
        glasses: whether it wears glasses.
        collar: round, shirt or hood.
        kind: person, robot or actor (a grey mannequin with motion-capture markers).
    """

    skin: _RGB
    hair: _RGB
    style: str
    shirt: _RGB
    backdrop: tuple[_RGB, _RGB]
    iris: _RGB = (92, 58, 38)
    glasses: bool = False
    collar: str = "round"
    kind: str = "person"


@dataclass(frozen=True)
class Pose:
    """One moment of a performance. All zeros are a calm, neutral look into the camera.

    Attributes:
        mouth_open: 0–1.
        smile: −1 (sad) to 1 (beaming).
        brow: −1 (lowered) to 1 (raised).
        blink: 0 (open) to 1 (closed).
        gaze: −1 (left of the picture) to 1 (right).
        head_turn: −1 (left of the picture) to 1 (right).
        head_tilt: −1 (anticlockwise) to 1 (clockwise).
        head_nod: −1 (up) to 1 (down).
        arm_left: 0 (hanging) over 0.5 (a gesture before the chest) to 1 (raised); left of the picture.
        arm_right: as ``arm_left``, right of the picture.
        hand: −1 to 1, the swing of a raised forearm.
        sway: −1 to 1, the torso leaning left or right.
        shrug: −1 to 1, the shoulders lowered or raised.
    """

    mouth_open: float = 0.0
    smile: float = 0.0
    brow: float = 0.0
    blink: float = 0.0
    gaze: float = 0.0
    head_turn: float = 0.0
    head_tilt: float = 0.0
    head_nod: float = 0.0
    arm_left: float = 0.0
    arm_right: float = 0.0
    hand: float = 0.0
    sway: float = 0.0
    shrug: float = 0.0


LOOKS: dict[str, Look] = {
    "hero": Look(
        skin=(198, 134, 92),
        hair=(58, 34, 32),
        style="curly",
        shirt=(236, 108, 82),
        backdrop=((255, 222, 170), (250, 168, 138)),
        iris=(78, 46, 30),
        collar="hood",
    ),
    "robot": Look(
        skin=(222, 230, 238),
        hair=(108, 124, 146),
        style="none",
        shirt=(86, 140, 214),
        backdrop=((186, 226, 240), (120, 160, 222)),
        iris=(92, 240, 226),
        kind="robot",
    ),
    "ada": Look(
        skin=(250, 212, 184),
        hair=(142, 62, 40),
        style="bun",
        shirt=(44, 128, 120),
        backdrop=((214, 208, 248), (158, 146, 224)),
        iris=(60, 118, 96),
        glasses=True,
        collar="shirt",
    ),
}
ACTOR = Look(
    skin=(196, 200, 206),
    hair=(120, 126, 136),
    style="none",
    shirt=(98, 106, 118),
    backdrop=((232, 234, 238), (186, 191, 199)),
    iris=(74, 80, 90),
    kind="actor",
)
"""The neutral performer of the sample reference clips."""

_SKINS: list[_RGB] = [(252, 218, 192), (236, 188, 150), (206, 148, 106), (158, 104, 72), (112, 72, 54)]
_HAIRS: list[_RGB] = [
    (44, 34, 40),
    (92, 54, 34),
    (176, 108, 52),
    (224, 178, 96),
    (152, 66, 42),
    (150, 150, 160),
]
_SHIRTS: list[_RGB] = [(226, 92, 98), (60, 122, 190), (92, 96, 176), (240, 168, 66), (70, 150, 110)]
_BACKDROPS: list[tuple[_RGB, _RGB]] = [
    ((204, 236, 224), (128, 196, 186)),
    ((255, 224, 190), (246, 176, 140)),
    ((208, 222, 250), (142, 168, 228)),
    ((250, 214, 226), (226, 152, 186)),
]


def look_for(name_or_url: str) -> Look:
    """Return the look of a sample character, or one computed from any other text.

    Args:
        name_or_url: a key of ``LOOKS``, or anything else.

    Returns:
        The same look for the same text, on every machine.
    """
    if name_or_url in LOOKS:
        return LOOKS[name_or_url]
    dice = hashlib.sha256(name_or_url.encode("utf-8", "surrogatepass")).digest()
    return Look(
        skin=_SKINS[dice[0] % len(_SKINS)],
        hair=_HAIRS[dice[1] % len(_HAIRS)],
        style=("curly", "bun", "short", "long")[dice[2] % 4],
        shirt=_SHIRTS[dice[3] % len(_SHIRTS)],
        backdrop=_BACKDROPS[dice[4] % len(_BACKDROPS)],
        glasses=dice[5] % 3 == 0,
        collar=("round", "shirt", "hood")[dice[6] % 3],
    )
