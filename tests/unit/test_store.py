"""What is on disk is whole, private, and found again."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest
from clips import plain, write
from files import video_bytes
from PIL import Image
from present import present

from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import ClipInfo, Snapshot, Status, TaskState
from cometact_nb.errors import ClipError, HistoryError
from cometact_nb.store.clips import media
from cometact_nb.store.clips.remote_folder import describe_error
from cometact_nb.store.clips.video import read_facts
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.processes import is_dead

MP4 = b"\0\0\0\x18ftypisom" + b"\0" * 100


def store(history: History, key: str, *happened: events.TaskEvent) -> TaskState:
    state = TaskState(key=key)
    for event in happened:
        state = reduce(state, event)
        history.append(key, event, state)
    return state


def intended(at: float = 1.0) -> events.Intended:
    return events.Intended(at=at, request={"model": "act_two"}, base_url="https://a.b", price_usd=0.4)


def test_a_task_is_found_by_key_id_or_their_beginning_after_reopening(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "history.sqlite")
    history = History(path)
    state = store(history, "local-1", intended(), events.Accepted(at=2, id="abcdef-123"))
    history.close()
    again = History(path)
    for name in ("local-1", "abcdef-123", "abcd"):
        row = again.find(name)
        assert row is not None
        assert row.state == state
    assert again.find("abc") is None  # too short to be meant
    assert again.find("zzzz") is None
    assert again.find("abc*") is None
    assert [type(event) for event in again.events("local-1")] == [events.Intended, events.Accepted]
    again.close()


def test_of_two_services_that_gave_one_id_the_one_that_is_meant_comes_first(tmp_path: Path) -> None:
    history = History(":memory:")
    for number, url in enumerate(("https://a.b", "https://c.d", "https://e.f")):
        intent = events.Intended(at=1, request={}, base_url=url)
        store(history, f"local-{number}", intent, events.Accepted(at=2, id="abcdef"))
    assert [history.key_of("abcdef", url) for url in ("https://a.b", "https://c.d", "https://x.y")] == [
        "local-0",
        "local-1",
        None,
    ]
    for url, key in (("https://a.b", "local-0"), ("https://c.d", "local-1"), ("", "local-2")):
        assert present(history.find("abcdef", url)).state.key == key
    history.close()


def test_a_cancel_that_another_kernel_notes_is_heard_and_leaves_the_task_as_it_was(
    two: list[History],
) -> None:
    sender, other = two
    state = store(sender, "local-1", intended())
    store(sender, "local-2", intended())
    assert not sender.is_cancel_asked("local-1")
    other.note("local-1", events.CancelAsked(at=7.0))
    assert (sender.is_cancel_asked("local-1"), sender.is_cancel_asked("local-2")) == (True, False)
    assert sender.events("local-1") == [intended(), events.CancelAsked(at=7.0)]
    assert reduce(state, events.CancelAsked(at=7.0)) == state
    row = other.find("local-1")
    assert row is not None
    assert (row.state, row.owner) == (state, sender.owner)


def test_a_beginning_that_fits_several_tasks_is_refused(tmp_path: Path) -> None:
    history = History(":memory:")
    for number in (1, 2):
        store(history, f"local-{number}", intended(), events.Accepted(at=2, id=f"abcdef-{number}"))
    with pytest.raises(HistoryError, match="Several"):
        history.find("abcdef")
    history.close()


def test_the_history_tells_how_long_the_newest_tasks_took_that_did_not_queue() -> None:
    history = History(":memory:")
    ends = {"done": Status.SUCCEEDED, "failed": Status.FAILED, "queued": Status.SUCCEEDED}
    for begun, (key, end) in enumerate([*ends.items(), ("later", Status.SUCCEEDED)]):
        seen: list[events.TaskEvent] = [events.Accepted(at=begun, id=key)]
        if key == "queued":
            waits = Snapshot(status=Status.THROTTLED, raw_status="THROTTLED")
            seen.append(events.Observed(at=begun + 9, snapshot=waits))
        last = Snapshot(status=end, raw_status=str(end))
        at = begun + (45 if key == "later" else 90)
        store(history, key, intended(begun + 1), *seen, events.Observed(at=at + 1, snapshot=last))
    assert history.durations_s("https://a.b", 10) == [45, 90]
    assert history.durations_s("https://a.b", 1) == [45]
    assert history.durations_s("https://c.d", 10) == []
    history.close()


def test_a_system_whose_question_would_be_a_signal_is_not_asked_whether_a_process_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(os, "kill", lambda pid, number: pytest.fail(f"{number} was sent to {pid}"))
    assert not is_dead(f"{socket.gethostname()}/{os.getpid()}/one")


def test_signatures_are_cut_off_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    history = History(str(path))
    seen = Snapshot(
        status=Status.SUCCEEDED, raw_status="SUCCEEDED", output_urls=("https://c.d/x.mp4?token=SIGNED",)
    )
    store(history, "k1", intended(), events.Observed(at=3, snapshot=seen))
    history.close()
    assert b"c.d/x.mp4" in path.read_bytes()
    assert b"SIGNED" not in path.read_bytes()


def test_the_file_is_for_its_user_only_and_needs_no_shared_memory(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    history = History(str(path))
    store(history, "k1", intended())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*-wal"))
    history.close()


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "history.sqlite")
    History(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(HistoryError, match="newer version"):
        History(path)


@pytest.mark.parametrize(
    "content", [b"this is no database, it is a text" * 40, b"SQLite format 3\0garbage" * 50]
)
def test_a_file_that_is_no_history_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    with pytest.raises(HistoryError, match=r"configure\(history"):
        History(str(path))
    assert path.read_bytes() == content


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux's /proc")
def test_a_history_that_is_refused_is_left_closed(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"this is no database, it is a text" * 40)
    with pytest.raises(HistoryError) as raised:
        History(str(path))
    held = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    assert str(path.resolve()) not in held, raised.traceback


def test_a_history_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError):
        History(str(tmp_path / "file" / "history.sqlite"))


# --- clips -----------------------------------------------------------------------------------------


def succeeded(task_id: str | None = "5b91e444-c232", key: str = "local-0123456789") -> TaskState:
    return TaskState(key=key, id=task_id, status=Status.SUCCEEDED, submitted_at=1_800_000_000.0)


def keep(folder: Path, content: bytes = MP4, state: TaskState | None = None) -> ClipInfo:
    partial = media.PartialClip(folder, state or succeeded())
    partial.write(content)
    return partial.keep()


def test_a_clip_appears_whole_with_its_sidecar_and_nothing_else(tmp_path: Path) -> None:
    info = keep(tmp_path)
    names = sorted(path.suffix for path in tmp_path.iterdir())
    assert names == [".json", ".mp4"]  # no poster: these bytes hold no picture
    assert Path(info.path).read_bytes() == MP4
    assert info.bytes == len(MP4)


def test_an_unfinished_clip_is_hidden_and_removed(tmp_path: Path) -> None:
    partial = media.PartialClip(tmp_path, succeeded())
    partial.write(MP4)
    assert [path.name.startswith(".") for path in tmp_path.iterdir()] == [True]
    partial.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_clip_never_replaces_another_file(tmp_path: Path) -> None:
    first, second = keep(tmp_path), keep(tmp_path, MP4 + b"2")
    assert first.path != second.path
    assert Path(first.path).read_bytes() == MP4


def test_tasks_of_one_second_whose_ids_begin_alike_are_fetched_side_by_side(tmp_path: Path) -> None:
    states = [succeeded(f"5b91e444-{number}", f"local-{number}") for number in range(3)]
    partials = [media.PartialClip(tmp_path, state) for state in states]
    for number, partial in enumerate(partials):
        partial.write(MP4 + bytes([number]))
    kept = [partial.keep() for partial in partials]
    for number, (state, info) in enumerate(zip(states, kept, strict=True)):
        assert Path(info.path).read_bytes() == MP4 + bytes([number])
        sidecar = json.loads(Path(info.path).with_suffix(".json").read_text())
        assert (sidecar["task"]["id"], sidecar["clip"]["path"]) == (state.id, Path(info.path).name)
        adopted = media.adopt(tmp_path, state)
        assert adopted is not None
        assert adopted.path == info.path
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("tag", [b"zzz1", b"vvc1"])
def test_a_clip_that_nothing_here_decodes_is_kept_without_a_poster(tmp_path: Path, tag: bytes) -> None:
    info = keep(tmp_path, video_bytes(1).replace(b"avc1", tag))
    assert Path(info.path).exists()
    assert (info.duration_s, info.poster) == (1.0, None)


@pytest.mark.parametrize(("dark", "bright"), [(3, 40), (1, 2)])
def test_a_poster_shows_the_performance_and_not_the_rest_it_begins_from(
    tmp_path: Path, dark: int, bright: int
) -> None:
    clip = tmp_path / "clip.mp4"
    write(clip, [plain(64, 48, (0, 0, 0))] * dark + [plain(64, 48, (255, 255, 255))] * bright)
    _, written = read_facts(clip, tmp_path / "clip.jpg")
    assert written
    assert np.asarray(Image.open(tmp_path / "clip.jpg")).mean() > 200


def test_a_clip_s_name_says_which_knobs_were_set_and_is_safe_on_every_disk() -> None:
    def name(**body: object) -> str:
        return media.clip_stem(TaskState(key="k", id="5b91e444-c232", submitted_at=1e9, request=body))

    day = name().removesuffix("_5b91e444")
    assert name(expressionIntensity=4, seed=7) == f"{day}_5b91e444_expression_intensity-4_seed-7"
    moderated = {"contentModeration": {"publicFigureThreshold": "low"}}
    assert name(ratio="1280:720", **moderated).endswith("_ratio-1280-720_public_figure_threshold-low")
    for odd in ("../../x", "a" * 500, {"b": 1}, None, ["/"], "\0"):
        strange = name(ratio=odd, contentModeration=odd, seed=7)
        assert "/" not in strange
        assert len(strange) < 150
        assert strange.isprintable()


@pytest.mark.parametrize("suffix", [".json", ".jpg", ".mp4"])
def test_a_clip_never_replaces_a_file_of_the_user_beside_it(tmp_path: Path, suffix: str) -> None:
    users = tmp_path / f"{media.clip_stem(succeeded())}{suffix}"
    users.write_text("mine")
    info = keep(tmp_path, video_bytes(1))
    assert users.read_text() == "mine"
    assert info.poster is not None
    assert {path.stem for path in tmp_path.iterdir()} == {users.stem, Path(info.path).stem}


def test_a_link_that_somebody_laid_in_the_folder_is_not_written_through(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "clips", tmp_path / "elsewhere"
    folder.mkdir()
    names = keep(folder).path, *(f".{Path(keep(folder).path).name}{part}" for part in ("", ".part"))
    for path in folder.iterdir():
        path.unlink()
    for name in names:
        for suffix in (".mp4", ".json", ".jpg"):
            link = folder / Path(name).with_suffix(suffix).name
            if not link.is_symlink():
                link.symlink_to(elsewhere)
    info = keep(folder)
    assert not elsewhere.exists()
    assert Path(info.path).read_bytes() == MP4


def test_a_clip_that_was_deleted_gets_its_old_name_again(tmp_path: Path) -> None:
    first = keep(tmp_path)
    Path(first.path).unlink()
    assert keep(tmp_path).path == first.path


def test_what_a_kernel_left_when_it_died_is_cleared_away(tmp_path: Path) -> None:
    left = [
        tmp_path / f".{media.clip_stem(succeeded())}.local-0123456789.{kind}.999.part"
        for kind in ("mp4", "jpg")
    ]
    for path in left:
        path.write_bytes(b"")
    keep(tmp_path)
    assert not list(tmp_path.glob(".*"))
    for path in left:
        path.write_bytes(b"")
    assert media.adopt(tmp_path, succeeded()) is not None
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "a/b\\c", "..", "\0", "x" * 500, "∞"])
def test_a_hostile_id_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "clips"
    info = keep(folder, state=succeeded(name))
    assert Path(info.path).resolve().parent == folder.resolve()


def test_what_is_no_video_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no video"):
        keep(tmp_path, b"<html>the link has expired</html>")
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_does_not_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "CLIP_MAX_BYTES", 1000)
    partial = media.PartialClip(tmp_path, succeeded())
    with pytest.raises(ClipError, match="larger than"):
        partial.write(b"\0" * 1001)
    partial.discard()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClipError, match="does not take it"):
        media.PartialClip(tmp_path / "file" / "clips", succeeded())


def test_a_clip_that_a_dead_kernel_left_is_adopted_and_a_changed_one_is_not(tmp_path: Path) -> None:
    info = keep(tmp_path)
    adopted = media.adopt(tmp_path, succeeded())
    assert adopted is not None
    assert adopted.sha256 == info.sha256
    assert media.adopt(tmp_path, succeeded("5b91e444-other")) is None
    Path(info.path).write_bytes(MP4[:-1] + b"!")
    assert media.adopt(tmp_path, succeeded()) is None


@pytest.mark.parametrize(
    "words",
    [
        "GET https://ada:S3CRET@store.example/clip.mp4 failed",
        "https://store.example/clip.mp4#sig=S3CRET timed out",
        "https://store.example/clip.mp4?X-Amz-Signature=S3CRET: 403",
        "sftp://ada:S3CRET@host/clips is not there",
    ],
)
def test_a_store_s_error_is_shown_without_login_and_signature(words: str) -> None:
    assert "store" in describe_error(OSError(words)) or "host" in describe_error(OSError(words))
    assert "S3CRET" not in describe_error(OSError(words))
