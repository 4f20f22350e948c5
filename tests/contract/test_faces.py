"""Faces that dlib finds: whether a character does what its reference does. The lane ``faces`` has dlib."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import correlation
from typing import Any

import pytest
from faces import BLANK, course, drawing, film, portrait, pose
from present import present
from services import SandboxProcess, new_session

from cometact_nb.domain.sweep.faces import FACES_FPS, FaceTrack, judge_faces
from cometact_nb.errors import ClipError
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.clips.faces import track_faces
from cometact_nb.views.sweep.measured import measured_html

pytest.importorskip("dlib", reason="the lane `faces` has it")

MOUTH, OTHER = course([0, 24, 2, 28, 0, 0, 24, 0]), course([0, 0, 24, 0, 0, 28, 0, 26])
BROWS, ROLL = course([-4, 8, -4, -4, 8, -4, 8, 0]), course([0, -12, 8, 0, 14, -10, 0, 6])
NAMES = ("face_mouth", "face_brows", "face_head", "face_sound", "face_identity")


def acted(path: Path, mouth: Any = MOUTH, **options: Any) -> Path:
    """A film of a performance."""
    return film(path, lambda moment: pose(mouth(moment), BROWS(moment), ROLL(moment)), **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faces")


@pytest.fixture(scope="module")
def reference(folder: Path) -> Path:
    return acted(folder / "talk.mp4", loudness=lambda moment: MOUTH(moment) / 40)


@pytest.fixture(scope="module")
def performance(reference: Path) -> FaceTrack:
    return track_faces(reference)


def test_a_face_is_looked_for_eight_times_a_second_and_its_course_is_that_of_the_drawing(
    performance: FaceTrack,
) -> None:
    times = [sample.time_s for sample in performance.samples]
    assert len(times) == 4 * FACES_FPS
    assert min(after - before for before, after in pairwise(times)) > 0.08
    assert performance.missing == ""
    for name, known in (("mouth", MOUTH), ("brows", BROWS), ("roll", lambda moment: -ROLL(moment))):
        seen = [getattr(present(sample.face), name) for sample in performance.samples]
        assert correlation(seen, [known(moment) for moment in times]) > 0.8, name
    loud = [present(sample.loudness) for sample in performance.samples]
    assert correlation(loud, [MOUTH(moment) for moment in times]) > 0.8


def test_another_rate_length_and_face_is_compared_at_the_same_moments(
    tmp_path: Path, performance: FaceTrack
) -> None:
    clip = track_faces(acted(tmp_path / "a.mp4", fps=25, seconds=3.0), identities=False)
    other = track_faces(acted(tmp_path / "b.mp4", OTHER), identities=False)
    for name in ("face_mouth", "face_brows", "face_head", "face_sound"):
        value = judge_faces(name, clip, performance, None).value
        assert present(value) > 0.5, name
    assert present(judge_faces("face_mouth", other, performance, None).value) < 0.3
    assert present(judge_faces("face_brows", other, performance, None).value) > 0.75


def test_another_person_is_further_from_the_picture(tmp_path: Path, performance: FaceTrack) -> None:
    portrait().save(tmp_path / "ann.png")
    drawing().save(tmp_path / "ben.jpg")
    ann, ben = (
        judge_faces("face_identity", performance, None, track_faces(tmp_path / name)).value
        for name in ("ann.png", "ben.jpg")
    )
    assert present(ann) < 0.4
    assert present(ben) > 0.6


def test_a_broken_film_is_an_error_that_names_it_and_a_check_stops_the_work(
    tmp_path: Path, reference: Path
) -> None:
    half = tmp_path / "half.mp4"
    half.write_bytes(reference.read_bytes()[: reference.stat().st_size // 2])
    for path in (half, tmp_path / "none.mp4"):
        with pytest.raises(ClipError, match=path.name):
            track_faces(path)

    def check() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        track_faces(reference, check=check)


@pytest.fixture(scope="module")
def session(folder: Path, shared_sandbox: SandboxProcess) -> Iterator[Session]:
    made = new_session(folder, shared_sandbox)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sweep(session: Session, folder: Path, reference: Path) -> Sweep:
    """Three clips: one that does what the reference does, one whose mouth does not, one without a face."""
    portrait().save(folder / "ann.png")
    made = session.sweep(character=folder / "ann.png", reference=reference, seed=[1, 2, 3], name="acted").run(
        canary=False
    )
    made.wait(120)
    clips = [present(cell.clip).path for cell in made.cells]
    acted(clips[0])
    acted(clips[1], OTHER)
    film(clips[2], lambda _: BLANK)
    return made


def test_a_sweep_s_clips_are_measured_beside_reference_and_character_and_kept(
    sweep: Sweep, session: Session
) -> None:
    shares: list[float] = []
    measured = sweep.measure(*NAMES, "motion", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    good, bad, none = measured.to_rows()
    assert min(good[name] for name in NAMES[:4]) > 0.5
    assert max(row["face_identity"] for row in (good, bad)) < 0.4
    assert good["face_mouth"] > bad["face_mouth"] + 0.3
    assert {none[name] for name in NAMES} == {None}
    assert none["motion"] == 0
    html = measured_html(measured)
    for words in ("no face was found in 32 of 32 frames", "8 a second"):
        assert words in html
    assert "nan" not in html.lower()
    clips = [present(cell.clip).path for cell in sweep.cells]
    contents = [path.read_bytes() for path in clips]
    for path in clips:
        path.write_bytes(b"not looked at")
    try:
        again = sweep.measure(*NAMES)
    finally:
        for path, content in zip(clips, contents, strict=True):
            path.write_bytes(content)
    assert again.notes == measured.notes
    assert [row["face_mouth"] for row in again.to_rows()] == [good["face_mouth"], bad["face_mouth"], None]


def test_a_picture_without_a_face_and_a_reference_that_is_gone_are_said_so(
    session: Session, shared_sandbox: SandboxProcess, folder: Path
) -> None:
    BLANK.save(folder / "blank.png")
    made = session.sweep(character=folder / "blank.png", reference=shared_sandbox.reference, seed=[1])
    made.run(canary=False).wait(120)
    acted(present(made.cells[0].clip).path)
    notes = made.measure(*NAMES).notes
    assert any("face_identity: no face was found in the character's picture." in note for note in notes)
    assert any("frames of the reference" in note for note in notes), notes
