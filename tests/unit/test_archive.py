"""What made a clip is read back from its files, and a folder says honestly what became of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from files import video_bytes
from present import present

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.errors import ClipError
from cometact_nb.handles import saved_clip as archive
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.store.clips import media
from cometact_nb.views.task.clip_page import saved_html, verification_html

VIDEO = video_bytes(1.0)
REQUEST = ActTwoRequest(
    character="https://example.com/hero.png?v=2",
    reference="data:video/mp4;base64,AAAA",
    expression_intensity=4,
    seed=7,
    ratio="1:1",
    allow_unlisted=True,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Session]:
    """A session whose clips go to ``tmp_path/clips``; no service and no key."""
    made = Session(Config(history=str(tmp_path / "history.sqlite"), output_dir=tmp_path / "clips"))
    yield made
    made.close()


def state(task_id: str = "5b91e444-c232", request: ActTwoRequest | None = REQUEST, **more: Any) -> TaskState:
    return TaskState(
        key="local-1",
        id=task_id,
        status=Status.SUCCEEDED,
        base_url="https://api.cometapi.com",
        request=request.to_json() if request else None,
        allow_unlisted=True,
        price_usd=0.4,
        submitted_at=1_790_000_000.0,
        created_at=1_790_000_001.0,
        ended_at=1_790_000_090.0,
        **more,
    )


def keep(folder: Path, task: TaskState | None = None, content: bytes = VIDEO) -> Path:
    task = task or state()
    partial = media.PartialClip(folder, task)
    partial.write(content)
    return Path(partial.keep().path)


def test_a_clip_is_loaded_with_its_request_and_provenance(home: Session, tmp_path: Path) -> None:
    clip = keep(tmp_path / "clips")
    for path in (clip, clip.with_suffix(".json"), str(clip)):
        saved = archive.load_clip(home, path)
        assert saved.request == REQUEST
        assert (saved.task_id, saved.price_usd, saved.base_url) == (
            "5b91e444-c232",
            0.4,
            "https://api.cometapi.com",
        )
        assert str(saved.created_at) == "2026-09-21 14:13:21+00:00"
        assert saved.clip.path == clip
        assert saved.clip.poster == clip.with_suffix(".jpg")
        assert (saved.clip.width, saved.clip.bytes) == (64, len(VIDEO))
        assert saved.intact
        assert not saved.sandbox
        assert saved.unsigned == ()
        assert saved.version
    assert not (tmp_path / "history.sqlite").exists()  # the files are enough


def test_a_clip_is_loaded_in_another_folder_and_under_another_name(home: Session, tmp_path: Path) -> None:
    clip = keep(tmp_path / "clips")
    for suffix in (".mp4", ".json"):
        shutil.move(clip.with_suffix(suffix), tmp_path / f"best{suffix}")
    saved = archive.load_clip(home, tmp_path / "best.mp4")
    assert saved.request == REQUEST
    assert saved.clip.path == tmp_path / "best.mp4"
    assert saved.clip.poster is None
    clip.with_suffix(".jpg").unlink()
    assert archive.verify(home).ok


def test_a_changed_clip_is_loaded_and_says_so(home: Session, tmp_path: Path) -> None:
    clip = keep(tmp_path / "clips")
    clip.write_bytes(VIDEO + b"!")
    saved = archive.load_clip(home, clip)
    assert not saved.intact
    assert "CHANGED" in repr(saved)
    assert "changed since it was written" in saved_html(saved, tmp_path)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda clip: clip.unlink(), "not in .* any more"),
        (lambda clip: clip.with_suffix(".json").unlink(), "nothing tells how"),
        (lambda clip: clip.with_suffix(".json").write_text("{}"), "not what cometact_nb writes"),
        (lambda clip: clip.with_suffix(".json").write_text("[" * 100_000), "not what cometact_nb writes"),
        (lambda clip: shutil.rmtree(clip.parent), "nothing tells how"),
    ],
)
def test_a_clip_without_both_files_is_one_clear_error(
    home: Session, tmp_path: Path, break_it: Callable[..., Any], said: str
) -> None:
    clip = keep(tmp_path / "clips")
    break_it(clip)
    with pytest.raises(ClipError, match=said):
        archive.load_clip(home, clip)


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Credential=AK&X-Amz-Signature=SECRET",
        "sv=2024&sp=r&sig=SECRET",
        "Expires=1&Key-Pair-Id=K&Signature=SECRET",
        "rlkey=SECRET&dl=1",
        "access_token=SECRET",
        "_jwt=SECRET",
        "ex=1&is=2&hm=SECRET",
    ],
)
def test_no_signature_of_an_input_stands_beside_a_clip(home: Session, tmp_path: Path, query: str) -> None:
    request = REQUEST.replace(character=f"https://bucket.example.com/hero.png?{query}")
    clip = keep(tmp_path / "clips", state(request=request))
    assert "SECRET" not in clip.with_suffix(".json").read_text()
    saved = archive.load_clip(home, clip)
    assert saved.unsigned == ("character",)
    assert str(present(saved.request).character) == "https://bucket.example.com/hero.png"
    assert present(saved.request).replace(character=REQUEST.character) == REQUEST
    assert "signature of the URL of character" in saved_html(saved, tmp_path)


def test_a_folder_as_it_was_left_is_in_order_and_files_of_others_are_none_of_its_business(
    home: Session, tmp_path: Path
) -> None:
    folder = tmp_path / "clips"
    keep(folder)
    keep(folder / "more", state("aaaa1111"))
    (folder / "notes.json").write_text('{"mine": 1}')
    (folder / "holiday.mp4").write_bytes(b"mine")
    found = archive.verify(home)
    assert found.ok
    assert (found.clips, found.bytes) == (2, 2 * len(VIDEO))
    assert "each with the bytes that were written" in repr(found)


def test_every_kind_of_damage_is_named_with_its_cure(home: Session, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    gone = keep(folder, state("g-task"), VIDEO + b"g")
    changed, cut, bare, renamed, unread = (keep(folder, state(f"{n}-task")) for n in "cxbru")
    gone.unlink()
    changed.write_bytes(VIDEO[:-1] + bytes([VIDEO[-1] ^ 1]))
    cut.write_bytes(VIDEO[:100])
    bare.with_suffix(".json").unlink()
    bare.write_bytes(VIDEO + b"b")
    shutil.move(renamed, folder / "best <b>.mp4")
    unread.with_suffix(".json").write_text("{")
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True, text=True
    )
    (folder / f".x.{ended.stdout.strip()}.part").write_bytes(b"half")
    (folder / f".y.{os.getppid()}.part").write_bytes(b"half")

    found = archive.verify(home, folder)
    assert not found.ok
    assert set(found.missing) == {gone.name, renamed.name}
    assert set(found.changed) == {changed.name, cut.name, unread.with_suffix(".json").name}
    assert set(found.orphaned) == {bare.name, bare.with_suffix(".jpg").name}
    assert found.leftovers == (f".x.{ended.stdout.strip()}.part",)
    assert found.writing == 1
    cures = {row["file"]: row["cure"] for row in found.to_rows()}
    assert "act.task('g-task').refresh()" in cures[gone.name]
    assert "best <b>.mp4 has the same content" in cures[renamed.name]
    for row in found.to_rows():
        assert row["file"] in repr(found)
        assert row["cure"] in repr(found)
    html = verification_html(found)
    assert "best &lt;b&gt;.mp4" in html
    assert "<b>" not in html
    assert len(list(folder.iterdir())) == 6 * 3 - 2 + 2  # nothing was changed


def test_a_verification_lists_a_changed_and_a_lost_poster(home: Session, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    one, two = keep(folder), keep(folder, state("two-2222"))
    one.with_suffix(".jpg").write_bytes(b"another picture")
    two.with_suffix(".jpg").unlink()
    found = archive.verify(home)
    assert (found.changed, found.missing) == (
        (one.with_suffix(".jpg").name,),
        (two.with_suffix(".jpg").name,),
    )


def test_a_folder_that_is_not_there_is_one_clear_error(home: Session, tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="There is no folder"):
        archive.verify(home, tmp_path / "nowhere")


def test_an_empty_folder_claims_nothing(home: Session, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    assert "no clips" in repr(archive.verify(home))


def test_a_sidecar_of_a_newer_version_is_still_read(home: Session, tmp_path: Path) -> None:
    clip = keep(tmp_path / "clips")
    told = json.loads(clip.with_suffix(".json").read_text())
    told["made_by"], told["mood"], told["clip"]["loudness"] = "cometact_nb 9.1", "good", 3
    clip.with_suffix(".json").write_text(json.dumps(told))
    saved = archive.load_clip(home, clip)
    assert (saved.version, saved.request) == ("9.1", REQUEST)
