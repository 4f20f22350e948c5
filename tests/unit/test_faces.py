"""How the courses of two faces are compared, and what is said where they cannot be."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from present import present

from cometact_nb.domain.sweep.faces import FACE_MEASURES, Face, FaceSample, FaceTrack, Judged, judge_faces
from cometact_nb.domain.sweep.measures import BUILT_IN, checked_measures
from cometact_nb.errors import ConfigError
from cometact_nb.store.clips.faces import check_extra, track_faces

MOVING = ("face_mouth", "face_brows", "face_head")


def swing(seconds: float) -> float:
    return 5 * math.sin(seconds * 4)


def track(
    course: Callable[[float], float] = swing,
    *,
    seconds: float = 5.0,
    fps: float = 8.0,
    found: Callable[[int], bool] = lambda _: True,
    sound: Callable[[float], float] | None = None,
) -> FaceTrack:
    """A face whose every part follows a course."""
    samples = []
    for number in range(round(seconds * fps)):
        time_s = number / fps
        value = course(time_s)
        face = Face(value, value, value, value, value) if found(number) else None
        samples.append(FaceSample(time_s, face, None if sound is None else sound(time_s)))
    return FaceTrack(tuple(samples), ((1.0, 0.0),))


@pytest.mark.parametrize("name", MOVING)
def test_what_moves_as_the_reference_does_has_one_and_its_opposite_minus_one(name: str) -> None:
    assert judge_faces(name, track(), track(), None) == Judged(pytest.approx(1))  # type: ignore[arg-type]
    opposite = judge_faces(name, track(lambda seconds: 40 - swing(seconds)), track(), None)
    assert opposite.value == pytest.approx(-1)
    assert judge_faces(name, track(lambda _: 3.0), track(), None).value == 0.0


def test_another_rate_and_a_shorter_length_compare_the_same_moments() -> None:
    clip = track(seconds=3.0, fps=6.25)
    assert present(judge_faces("face_mouth", clip, track(), None).value) > 0.9
    late = track(lambda seconds: swing(seconds - 0.4))
    assert present(judge_faces("face_mouth", late, track(), None).value) < 0.2


def test_a_face_that_is_not_found_is_said_so_and_in_most_frames_there_is_no_number() -> None:
    some = judge_faces("face_mouth", track(found=lambda number: number % 4 != 0), track(), None)
    assert some.value == pytest.approx(1)
    assert some.remark == "no face was found in 10 of 40 frames"
    few = track(found=lambda number: number < 15)
    none = track(found=lambda _: False)
    for name in MOVING:
        assert judge_faces(name, few, track(), None) == Judged(None, "no face was found in 25 of 40 frames")
        assert judge_faces(name, none, none, None) == Judged(
            None, "no face was found in 40 of 40 frames and 40 of 40 frames of the reference"
        )
    blind = FaceTrack(none.samples)
    assert judge_faces("face_identity", blind, None, track()).remark == "no face was found in 40 of 40 frames"
    assert (
        judge_faces("face_identity", track(), None, blind).remark
        == "no face was found in the character's picture"
    )


def test_what_cannot_be_compared_is_said_in_words() -> None:
    still = track(lambda _: 1.0)
    reasons = {
        name: judge_faces(name, track(), still, None).remark.removesuffix(" of the reference hardly moves")
        for name in MOVING
    }
    assert reasons == {"face_mouth": "the mouth", "face_brows": "the brow", "face_head": "the head"}
    for name in MOVING:
        assert judge_faces(name, track(), None, None) == Judged(None, "the reference is not there")
    short = judge_faces("face_mouth", track(seconds=0.5), track(), None)
    assert short == Judged(None, "both films have 4 moments in common, too few")
    assert judge_faces("face_identity", track(), None, None).remark == "the character's picture is not there"


def test_the_mouth_is_compared_with_the_clip_s_sound_or_else_the_reference_s() -> None:
    def loud(seconds: float) -> float:
        return (swing(seconds) + 5) / 20

    silent = track()
    assert judge_faces("face_sound", track(sound=loud), None, None).value == pytest.approx(1)
    assert judge_faces("face_sound", silent, track(sound=loud), None).value == pytest.approx(1)
    neither = Judged(None, "neither the clip nor its reference has sound")
    assert judge_faces("face_sound", silent, silent, None) == neither
    assert judge_faces("face_sound", silent, None, None) == neither
    even = judge_faces("face_sound", track(sound=lambda _: 0.3), None, None)
    assert even == Judged(None, "the sound hardly changes")


def test_an_identity_is_a_distance_to_the_picture() -> None:
    picture = FaceTrack(track(seconds=0.125).samples, ((1.0, 0.5),))
    assert judge_faces("face_identity", track(), None, picture) == Judged(0.5)


def test_faces_are_measured_only_when_they_are_named() -> None:
    assert FACE_MEASURES.keys() <= BUILT_IN.keys()
    assert not FACE_MEASURES.keys() & {one.name for one in checked_measures([])}
    assert [one.name for one in checked_measures(["face_head"])] == ["face_head"]


def test_without_the_extra_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    for work in (check_extra, lambda: track_faces(tmp_path / "a.mp4")):
        with pytest.raises(ConfigError, match=r"pip install 'cometact_nb\[faces\]'.*non-commercial"):
            work()
