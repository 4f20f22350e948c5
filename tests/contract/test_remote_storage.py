"""Clips at a store that fsspec knows: there whole or not at all, kept through failures, read back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import msgspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from present import present

from cometact_nb.domain.task import Status
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.handles import saved_clip as archive
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.store.clips.places import place
from cometact_nb.store.clips.remote_folder import RemoteFolder
from cometact_nb.views.history.record import record_html

if TYPE_CHECKING:
    from services import SandboxProcess

URL = "memory://bucket/clips"


class Shaky(MemoryFileSystem):  # type: ignore[misc]
    """A store that refuses, or keeps half of what it is given, while ``fault`` is set."""

    protocol = "shaky"
    fault = ""
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: str) -> Any:
        return super()._strip_protocol(path.replace("shaky://", "memory://shaky/"))

    def _open(self, path: str, mode: str = "rb", **more: Any) -> Any:
        if self.fault == "hides" and path.endswith(".mp4"):
            raise PermissionError("https://bucket.example.com/x?X-Amz-Signature=SECRET")
        return super()._open(path, mode, **more)

    def put_file(self, lpath: str, rpath: str, **more: Any) -> None:
        if self.fault == "refuses":
            raise RuntimeError("AccessDenied: https://bucket.example.com/x?X-Amz-Signature=SECRET")
        if self.fault == "forbids":
            raise PermissionError("https://bucket.example.com/x?X-Amz-Signature=SECRET")
        super().put_file(lpath, rpath, **more)
        if self.fault == "halves":
            whole = self.cat_file(rpath)
            self.pipe_file(rpath, whole[: len(whole) // 2])


fsspec.register_implementation("shaky", Shaky, clobber=True)


@pytest.fixture
def store(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    MemoryFileSystem.store.clear()
    Shaky.fault = ""
    session.configure(output_dir=URL)
    return MemoryFileSystem()


def buy(session: Session, sandbox: SandboxProcess) -> Task:
    return session.submit(character=sandbox.character, reference=sandbox.reference, seed=7)


def names(store: Any, root: str = "/bucket") -> list[str]:
    return sorted(path.rpartition(".")[2] for path in store.find(root))


def test_a_clip_ends_at_the_store_with_its_sidecar_and_poster_and_its_copy_is_a_file(
    session: Session, sandbox: SandboxProcess, store: Any, tmp_path: Path
) -> None:
    task = buy(session, sandbox).wait(60)
    clip = present(task.clip)
    assert clip.url == f"{URL}/{clip.name}"
    assert names(store) == ["jpg", "json", "mp4"]
    assert store.cat_file(f"/bucket/clips/{clip.name}") == clip.path.read_bytes()
    assert (clip.path.stat().st_size, clip.width) == (clip.bytes, 1280)
    assert clip.frames(stride=1000).shape[0] == 1
    assert clip.path.is_relative_to(tmp_path / "cache")
    assert not list(clip.path.parent.glob(".*"))
    saved = archive.load_clip(session, present(clip.url))
    assert (saved.request, saved.task_id, saved.intact) == (task.request, task.id, True)
    assert saved.clip.url == clip.url
    found = archive.verify(session)
    assert (found.ok, found.clips, found.bytes) == (True, 1, clip.bytes)
    listed = find_history(session)
    assert [row["clip_url"] for row in listed.to_rows()] == [clip.url]
    assert clip.url in record_html(listed, listed.query, now=time.time(), folder=tmp_path)


def test_a_lost_copy_is_fetched_from_the_store_and_a_changed_original_is_refused(
    session: Session, sandbox: SandboxProcess, store: Any
) -> None:
    clip = present(buy(session, sandbox).wait(60).clip)
    content = clip.path.read_bytes()
    clip.path.unlink()
    clip.path.with_suffix(".jpg").unlink(missing_ok=True)
    assert clip.path.read_bytes() == content
    assert present(clip.poster).read_bytes()[:2] == b"\xff\xd8"
    clip.path.unlink()
    store.pipe_file(f"/bucket/clips/{clip.name}", content[:-1] + b"!")
    with pytest.raises(ClipError, match="other bytes"):
        _ = clip.path
    assert archive.verify(session).changed == (clip.name,)
    assert not archive.load_clip(session, present(clip.url)).intact


def test_two_threads_may_fetch_the_same_clip_at_once(
    session: Session, sandbox: SandboxProcess, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = present(buy(session, sandbox).wait(60).clip)
    clip.path.unlink()
    get_file = MemoryFileSystem.get_file

    def get(self: Any, rpath: str, lpath: str, **more: Any) -> None:
        get_file(self, rpath, lpath, **more)
        monkeypatch.setattr(MemoryFileSystem, "get_file", get_file)
        assert clip.path.is_file()  # the other one was faster

    monkeypatch.setattr(MemoryFileSystem, "get_file", get)
    assert RemoteFolder(URL).fetch(clip.name) == clip.path


@pytest.mark.parametrize("fault", ["refuses", "forbids", "halves"])
def test_what_the_store_did_not_take_is_kept_here_and_brought_later_without_another_download(
    session: Session, sandbox: SandboxProcess, store: Any, fault: str
) -> None:
    session.configure(output_dir="shaky://bucket/clips")
    Shaky.fault = fault
    task = buy(session, sandbox)
    with pytest.raises(ClipError, match="the clip is whole at") as caught:
        task.wait(60)
    assert "SECRET" not in str(caught.value)
    assert not [path for path in store.find("/shaky") if path.endswith(".mp4")]
    downloads = len(sandbox.ledger()["downloads"])
    Shaky.fault = ""
    assert present(present(task.refresh().wait(60).clip).url).startswith("shaky://")
    assert archive.verify(session).ok
    assert names(store, "/shaky") == ["jpg", "json", "mp4"]
    assert len(sandbox.ledger()["downloads"]) == downloads
    assert sandbox.posts() == 1


def test_a_message_about_a_clip_that_the_store_does_not_give_hides_the_signature_of_its_link(
    session: Session, sandbox: SandboxProcess, store: Any
) -> None:
    session.configure(output_dir="shaky://bucket/clips")
    clip = present(buy(session, sandbox).wait(60).clip)
    Shaky.fault = "hides"
    found = archive.verify(session)
    assert found.changed == (clip.name,)
    assert "X-Amz-Signature" not in str(found)


def test_a_clip_that_is_gone_from_the_store_is_brought_again(
    session: Session, sandbox: SandboxProcess, store: Any
) -> None:
    task = buy(session, sandbox).wait(60)
    store.rm("/bucket/clips", recursive=True)
    with pytest.raises(ClipError, match="There is no folder"):
        archive.verify(session)
    task.refresh().wait(60)
    assert archive.verify(session).ok
    assert sandbox.posts() == 1


def test_a_clip_of_a_dead_kernel_is_found_at_the_store_and_never_replaced(
    session: Session, sandbox: SandboxProcess, store: Any, tmp_path: Path
) -> None:
    task = buy(session, sandbox).wait(60)
    adopted = present(place(URL).adopt(task.state, 0))
    assert (adopted.url, adopted.sha256) == (
        present(task.clip).url,
        present(task.clip).sha256,
    )
    other = task.state.__class__(
        key="other", id=task.id, status=Status.SUCCEEDED, submitted_at=task.state.submitted_at
    )
    store.pipe_file(f"/bucket/clips/{present(task.clip).name}", b"somebody else's")
    again = place(URL)
    partial = again.begin(other, 0)
    partial.write(present(task.clip).path.read_bytes())
    kept = again.keep(partial)
    assert kept.url != present(task.clip).url
    assert store.cat_file(f"/bucket/clips/{present(task.clip).name}") == b"somebody else's"


def staged(task: Task, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A clip of another task that has the same name, ready to be brought to the store from another machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
    goal = place("shaky://bucket/clips")
    state = msgspec.structs.replace(task.state, key=name, id=f"{present(task.id)[:8]}-{name}")
    partial = goal.begin(state, 0)
    partial.write(present(task.clip).path.read_bytes() + name.encode())
    return goal, partial


@pytest.mark.parametrize("meanwhile", [".json", ".jpg", ".mp4"])
def test_what_another_machine_brings_meanwhile_under_the_same_name_is_not_replaced(
    session: Session,
    sandbox: SandboxProcess,
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    meanwhile: str,
) -> None:
    task = buy(session, sandbox).wait(60)
    goal, partial = staged(task, "mine", monkeypatch, tmp_path)
    theirs = f"/shaky/bucket/clips/{present(task.clip).name}".replace(".mp4", meanwhile)
    put_file = Shaky.put_file

    def put(self: Any, lpath: str, rpath: str, **more: Any) -> None:
        if rpath.endswith(".part") and meanwhile in rpath:
            self.pipe_file(theirs, b"theirs")
        put_file(self, lpath, rpath, **more)

    monkeypatch.setattr(Shaky, "put_file", put)
    kept = goal.keep(partial)
    assert store.cat_file(theirs) == b"theirs"
    assert kept.url.endswith("-2.mp4")
    assert store.cat_file(f"/shaky/{kept.url.partition('://')[2]}").endswith(b"mine")


def test_a_name_whose_clip_another_machine_is_still_bringing_is_taken(
    session: Session, sandbox: SandboxProcess, store: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    task = buy(session, sandbox).wait(60)
    goal, partial = staged(task, "theirs", monkeypatch, tmp_path)
    theirs = goal.keep(partial)
    store.rm(f"/shaky/{theirs.url.partition('://')[2]}")  # the sidecar comes first
    goal, partial = staged(task, "mine", monkeypatch, tmp_path)
    assert goal.keep(partial).url == theirs.url.replace(".mp4", "-2.mp4")
    told = json.loads(store.cat_file(f"/shaky/{theirs.url.partition('://')[2]}".replace(".mp4", ".json")))
    assert told["task"]["id"].endswith("theirs")


def test_an_error_names_a_missing_package_before_anything_is_paid(
    session: Session, sandbox: SandboxProcess, store: Any
) -> None:
    for url, said in (("nosuch://bucket", "nosuch"), ("s3://bucket/clips", "s3fs")):
        with pytest.raises(ConfigError, match=said):
            session.configure(output_dir=url)
    without = (
        "import sys; sys.modules['fsspec'] = None\n"
        "import cometact_nb as act\n"
        f"s = act.use_sandbox(75, url={sandbox.base_url!r})\n"
        "try: act.submit(character=s.character, reference=s.reference)\n"
        "except act.errors.ConfigError as error: print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", without],
        env={**os.environ, "COMETACT_NB_OUTPUT_DIR": URL, "COMETACT_NB_HISTORY": ":memory:"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "pip install 'cometact_nb[remote]'" in told
    assert sandbox.posts() == 0


def test_a_folder_in_the_history_needs_no_path_of_this_machine(
    session: Session, sandbox: SandboxProcess, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = buy(session, sandbox).wait(60)
    sidecar = json.loads(store.cat_file(f"/bucket/clips/{present(task.clip).name}".replace(".mp4", ".json")))
    assert str(tmp_path) not in json.dumps(sidecar)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    for path in present(task.clip).path.parent.iterdir():
        path.unlink()
    assert present(task.clip).path.is_relative_to(tmp_path / "another machine")
