"""Compares how the faces of two films move: mouth, brows and head, at the same moments. Pure."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["FACES_FPS", "FACE_MEASURES", "Face", "FaceSample", "FaceTrack", "Judged", "judge_faces"]

#: Faces are looked for so many times a second: a frame takes 50 ms, and its identity 150 ms more.
FACES_FPS = 8
#: By name: whether the reference is needed, and whether the picture of the character is.
FACE_MEASURES = {
    "face_mouth": (True, False),
    "face_brows": (True, False),
    "face_head": (True, False),
    "face_sound": (True, False),
    "face_identity": (False, True),
}
#: Samples of two films belong together that lie no further apart, in seconds.
_APART_S = 0.75 / FACES_FPS
#: A course is compared over at least so many moments, and this share of those of both films.
_FEWEST, _SHARE = 8, 0.5
#: What moves less (standard deviation) is the jitter of landmarks: in mm of a face 90 mm wide at the eyes, in
#: degrees, as a share of full loudness.
_STILL_MM, _STILL_DEGREES, _STILL_SOUND = 0.3, 0.7, 0.001


@dataclass(frozen=True)
class Face:
    """The position of a face in one frame.

    Args:
        mouth: opening of the inner lips, in mm of a face 90 mm wide at the eyes.
        brows: height of the brows above the eyes, in the same.
        yaw: turn to the side, in degrees; as approximate as the next two.
        pitch: nod, in degrees.
        roll: tilt, in degrees.
    """

    mouth: float
    brows: float
    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class FaceSample:
    """One moment of a film.

    Args:
        time_s: since its first frame.
        face: the largest one; None where none was found.
        loudness: of the sound around it, 0–1; None without sound.
    """

    time_s: float
    face: Face | None
    loudness: float | None = None


@dataclass(frozen=True)
class FaceTrack:
    """The faces of a film, or of a picture, which has one moment.

    Args:
        samples: in the order of time.
        identities: descriptions of the face, 128 numbers each, at a few moments.
    """

    samples: tuple[FaceSample, ...]
    identities: tuple[tuple[float, ...], ...] = ()

    @property
    def missing(self) -> str:
        """Say in how many frames no face was found; an empty text for none."""
        missing = sum(sample.face is None for sample in self.samples)
        return f"{missing} of {len(self.samples)} frames" if missing else ""


@dataclass(frozen=True)
class Judged:
    """The value of a measure, or the reason for none.

    Args:
        value: a correlation, or a distance; None where it cannot be told.
        remark: a sentence about it, without its full stop; empty where there is nothing to say.
    """

    value: float | None
    remark: str = ""


def judge_faces(
    name: str, clip: FaceTrack, reference: FaceTrack | None, character: FaceTrack | None
) -> Judged:
    """Compute one of :data:`FACE_MEASURES`.

    Args:
        name: of the measure.
        clip: its faces.
        reference: those of the performance; None where it is not needed.
        character: those of its picture; None where it is not needed.
    """
    if name == "face_identity":
        return _identity(clip, character)
    if name == "face_sound":
        return _sound(clip, reference)
    if reference is None:
        return Judged(None, "the reference is not there")
    couples = [(one.face, other.face) for one, other in _together(clip, reference)]
    both = [(one, other) for one, other in couples if one is not None and other is not None]
    remark = _missing(clip, reference)
    if len(both) < max(_FEWEST, _SHARE * len(couples)):
        return Judged(None, remark or f"both films have {len(both)} moments in common, too few")
    if name == "face_head":
        return _head(both, remark)
    read, part, still = _COURSES[name]
    value = _correlation([(read(one), read(other)) for one, other in both], still)
    return Judged(value, remark if value is not None else f"the {part} of the reference hardly moves")


def _mouth(face: Face) -> float:
    return face.mouth


def _brows(face: Face) -> float:
    return face.brows


_COURSES: dict[str, tuple[Callable[[Face], float], str, float]] = {
    "face_mouth": (_mouth, "mouth", _STILL_MM),
    "face_brows": (_brows, "brow", _STILL_MM),
}


def _head(both: Sequence[tuple[Face, Face]], remark: str) -> Judged:
    """Average the correlations of the turns in which the reference moves."""
    turns: tuple[Callable[[Face], float], ...] = (
        lambda face: face.yaw,
        lambda face: face.pitch,
        lambda face: face.roll,
    )
    values = [
        value
        for read in turns
        if (value := _correlation([(read(one), read(other)) for one, other in both], _STILL_DEGREES))
        is not None
    ]
    if not values:
        return Judged(None, "the head of the reference hardly moves")
    return Judged(math.fsum(values) / len(values), remark)


def _sound(clip: FaceTrack, reference: FaceTrack | None) -> Judged:
    """Correlate the mouth with the clip's own sound, else with that of the reference."""
    own = [(sample.face, sample.loudness) for sample in clip.samples]
    if all(loudness is None for _, loudness in own):
        own = [(one.face, other.loudness) for one, other in _together(clip, reference or FaceTrack(()))]
    if all(loudness is None for _, loudness in own):
        return Judged(None, "neither the clip nor its reference has sound")
    couples = [(face.mouth, loudness) for face, loudness in own if face is not None and loudness is not None]
    remark = _missing(clip, None)
    if len(couples) < max(_FEWEST, _SHARE * len(own)):
        return Judged(None, remark or f"{len(couples)} moments have both a face and sound, too few")
    value = _correlation(couples, _STILL_SOUND)
    return Judged(value, remark if value is not None else "the sound hardly changes")


def _identity(clip: FaceTrack, character: FaceTrack | None) -> Judged:
    if character is None:
        return Judged(None, "the character's picture is not there")
    if not character.identities:
        return Judged(None, "no face was found in the character's picture")
    if not clip.identities:
        return Judged(None, _missing(clip, None))
    distances = [math.dist(one, other) for one in clip.identities for other in character.identities]
    return Judged(math.fsum(distances) / len(distances), _missing(clip, None))


def _missing(clip: FaceTrack, reference: FaceTrack | None) -> str:
    """Say where no face was found."""
    parts = [clip.missing] if clip.missing else []
    if reference is not None and reference.missing:
        parts.append(f"{reference.missing} of the reference")
    return f"no face was found in {' and '.join(parts)}" if parts else ""


def _together(clip: FaceTrack, reference: FaceTrack) -> Iterator[tuple[FaceSample, FaceSample]]:
    """Pair the samples of both films that show the same moment, over the shorter length."""
    others = iter(reference.samples)
    other = next(others, None)
    for sample in clip.samples:
        best = other
        while other is not None and other.time_s <= sample.time_s:
            best, other = other, next(others, None)
        near = [one for one in (best, other) if one is not None]
        if near:
            nearest = min(near, key=lambda one: abs(one.time_s - sample.time_s))
            if abs(nearest.time_s - sample.time_s) <= _APART_S:
                yield sample, nearest


def _correlation(couples: Iterable[tuple[float, float]], still: float) -> float | None:
    """Return Pearson's correlation; None where the second course hardly moves, 0 where the first is still."""
    ours, theirs = zip(*couples, strict=True)
    if statistics.pstdev(theirs) < still:
        return None
    if statistics.pstdev(ours) == 0:
        return 0.0
    return statistics.correlation(ours, theirs)
