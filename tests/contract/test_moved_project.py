"""A project's folder is moved: its notebooks and its tasks keep their clips."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from present import present
from services import SandboxProcess, new_session

from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.task.card import card_html

if TYPE_CHECKING:
    import pytest


def opened(project: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A kernel of a notebook in ``project``; the history is the user's, elsewhere."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(project / "notebooks" / "one.ipynb"))
    session = Session(Config(history=str(project.parent / "history.sqlite"), output_dir=Path("clips")))
    session.use_sandbox(sandbox.speed, url=sandbox.base_url)
    return session


def frozen(task: Task) -> str:
    return card_html(task.state, now=time.time(), notebook_dir=task.session.notebook_dir, sandbox=True)


def test_a_moved_project_keeps_its_notebooks_its_tasks_and_its_sweeps(
    tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old" / "notebooks").mkdir(parents=True)
    session = opened(tmp_path / "old", sandbox, monkeypatch)
    made = (
        session.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2], name="two")
        .run()
        .wait(60)
    )
    task = present(made.cells[0].task)
    html = frozen(task)
    session.close()
    (tmp_path / "old").rename(tmp_path / "new")

    (source,) = re.findall(r'<video src="([^"]+)" controls', html)
    assert (tmp_path / "new" / "notebooks" / source).is_file()
    again = opened(tmp_path / "new", sandbox, monkeypatch)
    found = again.task(present(task.id))
    assert present(found.clip).path == tmp_path / "new" / "notebooks" / "clips" / present(task.clip).name
    assert present(found.clip).path.is_file()
    assert present(present(found.clip).poster).is_file()
    assert frozen(found) == html.replace("/old/", "/new/")
    cells = again.sweep_by_name("two").cells
    assert all(
        present(cell.clip).path.is_relative_to(tmp_path / "new") and present(cell.clip).path.is_file()
        for cell in cells
    )
    again.close()
    assert sandbox.posts() == 2

    elsewhere = new_session(tmp_path, sandbox)  # the history has learnt it
    assert present(elsewhere.task(present(task.id)).clip).path == present(found.clip).path
    elsewhere.close()


def test_a_file_that_only_has_the_clip_s_name_is_not_taken_for_it(
    tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old" / "notebooks").mkdir(parents=True)
    session = opened(tmp_path / "old", sandbox, monkeypatch)
    task = session.submit(character=sandbox.character, reference=sandbox.reference).wait(60)
    session.close()
    present(task.clip).path.write_bytes(b"another film")
    (tmp_path / "old").rename(tmp_path / "new")
    again = opened(tmp_path / "new", sandbox, monkeypatch)
    # Told as it was recorded, not guessed.
    assert present(again.task(present(task.id)).clip).path == present(task.clip).path
    assert present(again.task(present(task.id)).refresh().wait(60).clip).path.is_file()
    again.close()
    assert sandbox.posts() == 1
