"""A row of a history may name any file. Whatever is shown, embedded, sent or exported, only a clip is read for a clip."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session

from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.views.gallery import record as gallery_record
from cometact_nb.views.history.widget import poster_bytes
from cometact_nb.views.sweep import record as sweep_record
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.widget import clip_piece

WORDS = b"PRIVATE KEY OF MINE"
#: Follows the private video's and picture's own bytes, so that they are known wherever they turn up.
MARK = b"A PRIVATE FILM"


@pytest.fixture(scope="module")
def made(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its history and one clip, and private files beside the project."""
    top = tmp_path_factory.mktemp("made")
    session = new_session(top / "project", shared_sandbox)
    sweep = session.sweep(
        name="s", character=shared_sandbox.character, reference=shared_sandbox.reference, seed=[1]
    )
    sweep.run(yes=True).wait(60)
    clip = present(sweep.cells[0].clip)
    (top / "private").mkdir()
    (top / "private" / "id_rsa").write_bytes(WORDS)
    (top / "private" / "film.mp4").write_bytes(clip.path.read_bytes() + MARK)
    (top / "private" / "me.jpg").write_bytes(present(clip.poster).read_bytes() + MARK)
    session.close()
    return top


def rows(folder: Path, change: dict[str, Any]) -> None:
    """Let ``change`` do something to the clip of each row."""
    with sqlite3.connect(folder / "history.sqlite") as db:
        for key, text in db.execute("SELECT key, state FROM tasks").fetchall():
            state = json.loads(text)
            state["clips"][0].update(change)
            db.execute("UPDATE tasks SET state = ? WHERE key = ?", (json.dumps(state), key))
    db.close()


def opened(project: Path, sandbox: SandboxProcess) -> Session:
    return new_session(project, sandbox)


def everything(session: Session, folder: Path) -> bytes:
    """All that any reader of a clip makes of the only sweep, data URIs decoded."""
    sweep = session.sweep_by_name("s")
    task = present(sweep.cells[0].task)
    page = sweep.export(folder / "report")
    shown = [path.read_bytes() for path in page.parent.rglob("*") if path.is_file()]
    texts = [
        card_html(task.state, now=time.time(), notebook_dir=folder, sandbox=True, embed_bytes=1 << 24),
        gallery_record.record_html(sweep, {"rows": None, "columns": None, "picked": {}}, embed=True),
        sweep_record.record_html(sweep, folder=folder),
    ]
    for text in texts:
        shown += [text.encode(), *map(base64.b64decode, re.findall(r"base64,([A-Za-z0-9+/=]+)", text))]
    for asked in range(len(task.state.clips)):
        shown += clip_piece(task, asked, 0, 1 << 20)[1]
    for row in find_history(session):
        shown.append(poster_bytes(row.state.clip.poster if row.state.clip else None))
    return b"\n".join(shown)


ANYWHERE: dict[str, dict[str, str | None]] = {
    "a file that is no video": {"path": "{private}/id_rsa", "poster": "{private}/id_rsa"},
    "a way up and down again": {"path": "{project}/clips/../../private/id_rsa", "poster": "{private}/id_rsa"},
    "a copy of a clip at a store": {"path": "{private}/id_rsa", "url": "memory://bucket/clips/x.mp4"},
    "the address of a file": {"path": "{private}/none", "url": "file://{private}/id_rsa"},
    "a chained address of a file": {"path": "{private}/none", "url": "simplecache::file://{private}/id_rsa"},
    "a path that is none": {"path": "{private}/id_rsa\0.mp4", "poster": "\0"},
    "a pipe": {"path": "{private}/pipe", "poster": "{private}/pipe"},
    "a folder": {"path": "{private}", "poster": "{private}"},
    "another film, exported or embedded": {"path": "{private}/film.mp4", "poster": None},
}
ELSEWHERE: dict[str, dict[str, str | None]] = {
    "a film elsewhere": {"path": "{private}/film.mp4", "poster": "{private}/me.jpg"},
    "a film elsewhere with its own hash": {"path": "{private}/film.mp4", "sha256": "{hash}", "poster": None},
    "a picture elsewhere": {"poster": "{private}/me.jpg"},
    "a film behind a link": {"path": "{project}/clips/link.mp4", "poster": "{project}/clips/link.jpg"},
    "a film that is said to be a copy": {"path": "{private}/film.mp4", "url": "memory://bucket/clips/x.mp4"},
}


def tampered(made: Path, tmp_path: Path, change: dict[str, str | None]) -> Path:
    """A copy of everything whose rows were changed."""
    top = tmp_path / "top"
    shutil.copytree(made, top)
    project, private = top / "project", top / "private"
    os.mkfifo(private / "pipe")
    (project / "clips" / "link.mp4").symlink_to(private / "film.mp4")
    (project / "clips" / "link.jpg").symlink_to(private / "me.jpg")
    places = {"project": project, "private": private}
    digest = hashlib.sha256((private / "film.mp4").read_bytes()).hexdigest()
    rows(project, {k: v and v.format(**places, hash=digest) for k, v in change.items()})
    return project


@pytest.mark.parametrize("user", ["its own user", "another user"])
@pytest.mark.parametrize("name", ANYWHERE)
def test_what_is_not_the_clip_on_record_is_read_for_nobody(
    name: str, user: str, made: Path, tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tampered(made, tmp_path, ANYWHERE[name])
    if user == "another user":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    session = opened(project, sandbox)
    shown = everything(session, tmp_path)
    session.close()
    assert WORDS not in shown
    if name != "another film, exported or embedded" or user == "another user":
        assert MARK not in shown


@pytest.mark.parametrize("name", ELSEWHERE)
def test_somebody_else_s_rows_open_no_file_outside_of_the_project(
    name: str, made: Path, tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tampered(made, tmp_path, ELSEWHERE[name])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    session = opened(project, sandbox)
    shown = everything(session, tmp_path)
    state = present(session.sweep_by_name("s").cells[0].task).state
    session.close()
    assert MARK not in shown
    assert "A PRIVATE" not in repr(state)
    if "path" in ELSEWHERE[name]:
        assert state.clip is None
        assert "somebody else made this history" in present(state.clip_error)


def test_somebody_else_s_clips_are_shown_from_where_their_project_is_now(
    made: Path, tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made / "project", tmp_path / "mine")
    rows(
        tmp_path / "mine",
        {"path": str(made / "project" / "clips" / clip_name(made)), "poster": "/nowhere.jpg"},
    )
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    session = opened(tmp_path / "mine", sandbox)
    clip = present(session.sweep_by_name("s").cells[0].clip)
    assert clip.path == tmp_path / "mine" / "clips" / clip_name(made)
    assert clip.poster == clip.path.with_suffix(".jpg")
    assert clip.path.read_bytes() in everything(session, tmp_path)
    session.close()


def clip_name(made: Path) -> str:
    (clip,) = (made / "project" / "clips").glob("*.mp4")
    return clip.name


def test_a_report_leaves_out_a_clip_that_was_changed_since_and_says_so(
    made: Path, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    project = tampered(made, tmp_path, {"path": "{private}/film.mp4"})
    session = opened(project, sandbox)
    page = session.sweep_by_name("s").export(tmp_path / "report")
    session.close()
    assert not list(page.parent.rglob("*.mp4"))
    assert "Its file was changed since it was written." in page.read_text("utf-8")
