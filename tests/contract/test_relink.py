"""A notebook whose clips or which itself was moved has its links led to the clips again, and nothing else changed."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from present import present

from cometact_nb.domain.text.notebook_links import links, with_links
from cometact_nb.errors import ConfigError
from cometact_nb.handles.relink import Relinked, relink
from cometact_nb.handles.session import Session
from cometact_nb.store.clips.whereabouts import Whereabouts

if TYPE_CHECKING:
    from services import SandboxProcess


@pytest.fixture
def clip(session: Session, sandbox: SandboxProcess) -> Path:
    """A clip of the history, in the folder that new clips go to."""
    return present(
        session.submit(character=sandbox.character, reference=sandbox.reference).wait(60).clip
    ).path


def text_of(*sources: str, indent: int | None = 1) -> str:
    """A notebook as a front end saves it, with a foreign letter, a cell that quotes a link, and odd whitespace."""
    shown = "".join(
        f'<video src="{source}#t=0.1" controls></video>\n<a href="{source}" download>é</a>'
        for source in sources
    )
    output = {
        "output_type": "display_data",
        "data": {"text/html": shown.splitlines(keepends=True), "text/plain": [f'src="{sources[0]}"']},
        "metadata": {},
    }
    code = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"tags": ["ü"]},
        "outputs": [output],
        "source": [f'IFrame(src="{sources[0]}")  # stays'],
    }
    note = {"cell_type": "markdown", "metadata": {}, "source": f'<img src="{sources[0]}">'}
    made = {"cells": [note, code], "metadata": {"x": 1.50}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=indent, ensure_ascii=False).replace('"x": 1.5', '"x":   1.50') + "\n"


def saved(folder: Path, *sources: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "takes.ipynb"
    path.write_text(text_of(*sources), "utf-8")
    return path


def test_a_moved_notebook_finds_its_clip_by_the_history_and_nothing_else_is_changed(
    session: Session, clip: Path, tmp_path: Path
) -> None:
    old = f"act_two_outputs/{clip.name}"
    path = saved(tmp_path / "moved" / "déjà vu #1", old)
    before = path.read_text("utf-8")
    told = relink(session, path)
    new = f"../../clips/{clip.name}"
    assert told.changed == {old: new}
    assert (path.parent / new).samefile(clip)
    assert path.read_text("utf-8") == before.replace(f'src=\\"{old}#', f'src=\\"{new}#').replace(
        f'href=\\"{old}', f'href=\\"{new}'
    ).replace(f'IFrame(src=\\"{new}', f'IFrame(src=\\"{old}')
    assert told.backup is not None
    assert told.backup.read_text("utf-8") == before
    assert "reload it there before you save it" in str(told)
    assert relink(session, path).changed == {}  # it leads somewhere now
    assert sorted(file.name for file in path.parent.iterdir()) == ["takes.before-relink.ipynb", "takes.ipynb"]


def test_a_moved_folder_of_clips_is_found_below_the_notebook_and_where_it_is_named(
    session: Session, clip: Path, tmp_path: Path
) -> None:
    kinds = [clip.name, clip.with_suffix(".json").name]
    old = [f"clips/{name}" for name in kinds]
    shutil.move(clip.parent, tmp_path / "work" / "a b%" / "kept")
    path = saved(tmp_path / "work", *old)
    assert relink(session, path).changed == {link: f"a b%/kept/{Path(link).name}" for link in old}
    assert quote(f"a b%/kept/{clip.name}") in path.read_text("utf-8")
    far = tmp_path / "far away"
    shutil.move(tmp_path / "work" / "a b%", far)
    lost = relink(session, path)
    assert (lost.changed, lost.backup) == ({}, None)
    assert set(lost.missing) == {f"a b%/kept/{name}" for name in kinds}
    assert "folder=" in str(lost)
    assert set(relink(session, path, far).changed.values()) == {f"../far away/kept/{name}" for name in kinds}


def test_of_two_different_clips_with_one_name_none_is_chosen_and_copies_are_one(
    session: Session, sandbox: SandboxProcess, clip: Path, tmp_path: Path
) -> None:
    old = f"clips/{clip.name}"
    path = saved(tmp_path / "work", old)
    for folder in ("a", "b"):
        shutil.copytree(clip.parent, tmp_path / "work" / folder)
    assert relink(session, path).changed == {old: f"../clips/{clip.name}"}  # three copies of one clip
    path.write_text(text_of(old), "utf-8")
    other = present(
        session.submit(character=sandbox.character, reference=sandbox.reference, seed=5).wait(60).clip
    ).path
    for suffix in (".mp4", ".json"):
        shutil.copy(other.with_suffix(suffix), tmp_path / "work" / "b" / clip.with_suffix(suffix).name)
    told = json.loads((tmp_path / "work" / "b" / clip.with_suffix(".json").name).read_text())
    told["clip"]["path"] = clip.name
    (tmp_path / "work" / "b" / clip.with_suffix(".json").name).write_text(json.dumps(told))
    doubt = relink(session, path)
    assert (doubt.changed, doubt.doubtful) == ({}, (old,))
    assert "several different clips" in str(doubt)
    assert relink(session, path, tmp_path / "work" / "b").changed == {old: f"b/{clip.name}"}


def test_a_file_that_only_has_the_name_is_no_clip(session: Session, clip: Path, tmp_path: Path) -> None:
    old = f"clips/{clip.name}"
    path = saved(tmp_path / "work", old)
    content = clip.read_bytes()
    clip.write_bytes(content[:-1] + b"?")
    assert relink(session, path).missing == (old,)
    clip.write_bytes(content)
    clip.with_suffix(".json").unlink()
    assert relink(session, path).missing == (old,)


def test_a_notebook_that_is_saved_at_that_moment_is_left_as_it_is(
    session: Session, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "work", f"clips/{clip.name}")
    real = os.fsync

    def saved_meanwhile(number: int) -> None:
        path.write_text(text_of("another.mp4"), "utf-8")
        real(number)

    monkeypatch.setattr(os, "fsync", saved_meanwhile)
    with pytest.raises(ConfigError, match=r"saved by somebody else at this moment\. Nothing was written"):
        relink(session, path)
    assert path.read_text("utf-8") == text_of("another.mp4")
    assert [file.name for file in path.parent.iterdir()] == ["takes.ipynb"]


def test_the_copy_is_as_private_as_the_notebook(session: Session, clip: Path, tmp_path: Path) -> None:
    path = saved(tmp_path / "work", f"clips/{clip.name}")
    path.chmod(0o600)
    backup = present(relink(session, path).backup)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, backup)] == [0o600, 0o600]


def test_a_notebook_that_cannot_be_replaced_leaves_no_copy(
    session: Session, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "work", f"clips/{clip.name}")

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ConfigError, match="cannot be written"):
        relink(session, path)
    assert [file.name for file in path.parent.iterdir()] == ["takes.ipynb"]


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"cells": 3}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_notebook_is_refused(session: Session, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"x.ipynb is no notebook"):
        relink(session, path)
    assert path.read_bytes() == content
    with pytest.raises(ConfigError, match="cannot be read"):
        relink(session, tmp_path / "none.ipynb")


def test_the_running_notebook_is_the_one_its_server_names(
    session: Session, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "work", f"clips/{clip.name}")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    with pytest.raises(ConfigError, match=r"does not know which notebook it runs. Give its path: act.relink"):
        relink(session)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert relink(session).path == path
    monkeypatch.setenv("JPY_SESSION_NAME", str(path.with_name("renamed.ipynb")))
    with pytest.raises(ConfigError, match="which is not there any more"):
        relink(session)


def test_a_notebook_that_is_written_without_line_breaks_and_in_ascii_stays_so() -> None:
    text = json.dumps(json.loads(text_of("a/b.mp4")), ensure_ascii=True)
    assert links(text) == {"a/b.mp4"}
    changed = with_links(text, {"a/b.mp4": "é.mp4"})
    assert changed.isascii()
    assert "\n" not in changed
    assert changed.count("%C3%A9.mp4") == 2
    assert with_links(text, {"none.mp4": "x.mp4"}) == text


def test_a_search_that_ended_before_it_had_seen_every_file_says_so(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").touch()
    whole, part = (Whereabouts([], [tmp_path], most_files=most) for most in (3, 2))
    assert (whole.find("a.mp4"), part.find("a.mp4")) == ([], [])
    assert (whole.is_cut_short, part.is_cut_short) == (False, True)
    relinked = Relinked(tmp_path / "n.ipynb", None, {}, missing=("a.mp4",), cut_short=True)
    assert "Found nowhere: a.mp4. The search ended at 50,000 files" in str(relinked)
