"""A link that was signed anew leads to the same file: nothing is bought again for it, old histories included."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from present import present
from services import SandboxProcess, new_session

from cometact_nb.domain.task import Status, TaskState
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.journal.history import History

ROWS = 5_000
#: Processor time that bringing a task up to date may take: 20 s for a history of 100,000 (6 s were seen).
PER_ROW_S = 20.0 / 100_000


def signed(url: str, day: int) -> str:
    return f"{url}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=202611{day}T0Z&X-Amz-Expires=9&X-Amz-Signature={day}"


def grid(session: Session, sandbox: SandboxProcess, day: int, **fields: Any) -> Sweep:
    inputs = {"character": signed(sandbox.character, day), "reference": signed(sandbox.reference, day)}
    return session.sweep(**{**inputs, "seed": [1, 2], **fields})


def test_the_same_notebook_a_day_later_buys_nothing_and_its_plan_says_why(
    session: Session, sandbox: SandboxProcess
) -> None:
    grid(session, sandbox, 10, name="lively").run().wait(60)
    again = grid(session, sandbox, 11, name="lively")
    plan = again.plan
    assert (plan.done, plan.to_buy, plan.signed_anew) == (2, 0, 2)
    assert "2 cells have the same files under links that were signed or written anew" in str(plan)
    again.run().wait(60)
    assert sandbox.posts() == 2


def test_a_sweep_without_a_name_is_the_same_sweep_under_links_signed_anew(
    session: Session, sandbox: SandboxProcess
) -> None:
    assert grid(session, sandbox, 10).name == grid(session, sandbox, 11).name


def test_a_running_sweep_is_found_again_by_links_signed_anew(
    session: Session, sandbox: SandboxProcess
) -> None:
    first = grid(session, sandbox, 10, name="lively").run()
    assert grid(session, sandbox, 11, name="lively") is first
    first.wait(60)


def test_one_file_under_two_signatures_in_one_sweep_is_one_cell_and_the_plan_says_so(
    session: Session, sandbox: SandboxProcess
) -> None:
    characters = [signed(sandbox.character, day) for day in (10, 11)]
    sweep = grid(session, sandbox, 10, character=characters, seed=[1])
    assert len(sweep) == 1
    assert "differ only in signature or spelling" in str(sweep.plan)


def test_another_file_is_another_cell(session: Session, sandbox: SandboxProcess) -> None:
    characters = [f"{signed(sandbox.character, 10)}&v={version}" for version in (1, 2)]
    assert len(grid(session, sandbox, 10, character=characters, seed=[1])) == 2


def test_a_submit_under_another_link_serves_a_cell(session: Session, sandbox: SandboxProcess) -> None:
    inputs: dict[str, Any] = {
        "character": signed(sandbox.character, 10),
        "reference": signed(sandbox.reference, 10),
    }
    session.submit(**inputs, seed=1).wait(60)
    assert grid(session, sandbox, 11).plan.done == 1


# --- histories of earlier versions ------------------------------------------------------------------


def old_history(path: Path, tasks: list[tuple[TaskState, str | None, int | None]]) -> None:
    """A history as version 0.1 wrote it: tasks, the sweep of each, and its replicate."""
    db = sqlite3.connect(path)
    folder = resources.files("cometact_nb.store.journal").joinpath("migrations")
    scripts = sorted(entry.name for entry in folder.iterdir() if entry.name < "0007")
    for name in scripts:
        db.executescript(folder.joinpath(name).read_text("utf-8"))
    for state, sweep, replicate in tasks:
        body = json.dumps(state.request, sort_keys=True, separators=(",", ":"))
        content_hash = hashlib.sha256(body.encode()).hexdigest()[:16]
        text = msgspec.json.encode(state).decode()
        row = (
            state.key,
            state.id,
            state.base_url,
            state.status,
            content_hash,
            state.submitted_at,
            0.0,
            "",
            text,
            sweep,
        )
        db.execute(
            "INSERT INTO tasks (key, id, base_url, status, content_hash, submitted_at, updated_at, owner, state, sweep)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        if replicate is not None:
            db.execute(
                "INSERT INTO cells VALUES (?, ?, ?, ?)", (state.base_url, content_hash, replicate, state.key)
            )
    db.execute(f"PRAGMA user_version = {len(scripts)}")
    db.commit()
    db.close()


def old_task(base_url: str, character: str, reference: str, seed: int, key: str, status: Status) -> TaskState:
    request = {
        "model": "act_two",
        "character": {"type": "image", "uri": character},
        "reference": {"type": "video", "uri": reference},
        "seed": seed,
    }
    return TaskState(
        key=key, id=f"id-{key}", status=status, request=request, base_url=base_url, submitted_at=1.0, price_usd=0.4,
        clip_error="not fetched",
    )  # fmt: skip


@pytest.mark.parametrize("day", [10, 11])
def test_what_an_earlier_version_bought_is_not_bought_again(
    tmp_path: Path, sandbox: SandboxProcess, day: int
) -> None:
    inputs = (sandbox.base_url, signed(sandbox.character, 10), signed(sandbox.reference, 10))
    old_history(
        tmp_path / "history.sqlite",
        [
            (old_task(*inputs, 1, "in-a-sweep", Status.SUCCEEDED), "lively", 1),
            (old_task(*inputs, 2, "alone", Status.SUCCEEDED), None, None),
            (old_task(*inputs, 3, "failed", Status.FAILED), "lively", 1),
            (old_task(*inputs, 4, "in-doubt", Status.UNCONFIRMED), "lively", 1),
        ],
    )
    session = new_session(tmp_path, sandbox)
    sweep = grid(session, sandbox, day, seed=[1, 2, 3, 4, 5], name="lively")
    plan = sweep.plan
    assert (plan.done, plan.failed, plan.unconfirmed, plan.to_buy) == (2, 1, 1, 1)
    assert [cell.task and cell.task.key for cell in sweep.cells] == [
        "in-a-sweep",
        "alone",
        "failed",
        "in-doubt",
        None,
    ]
    session.close()


def test_of_two_cells_that_were_bought_for_one_video_the_useful_one_stays(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    links = [
        (sandbox.base_url, signed(sandbox.character, day), signed(sandbox.reference, day)) for day in (10, 11)
    ]
    old_history(
        tmp_path / "history.sqlite",
        [
            (old_task(*links[0], 1, "failed", Status.FAILED), "lively", 1),
            (old_task(*links[1], 1, "good", Status.SUCCEEDED), "lively", 1),
        ],
    )
    session = new_session(tmp_path, sandbox)
    sweep = grid(session, sandbox, 12, seed=[1]).look()
    assert present(sweep.cells[0].task).key == "good"
    session.close()


def test_both_hashes_of_an_old_task_are_known(tmp_path: Path, sandbox: SandboxProcess) -> None:
    state = old_task(
        "https://a.b", signed(sandbox.character, 10), sandbox.reference, 1, "k", Status.SUCCEEDED
    )
    old_history(tmp_path / "history.sqlite", [(state, None, None)])
    history = History(str(tmp_path / "history.sqlite"))
    request = state.to_request()
    assert request is not None
    found = history.query("SELECT content_hash, identity FROM tasks", ())
    assert found == [(request.content_hash, request.identity)]
    history.close()


def test_a_long_history_is_brought_up_to_date_within_seconds(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    links = ((n, f"https://h.example/{n}.png?token={n}") for n in range(ROWS))
    tasks = [
        old_task("https://a.b", link, "https://h.example/r.mp4", n, f"k{n}", Status.SUCCEEDED)
        for n, link in links
    ]
    old_history(path, [(state, "s", 1) for state in tasks])
    began = time.process_time()
    history = History(str(path))
    assert time.process_time() - began < ROWS * PER_ROW_S
    assert history.query("SELECT count(DISTINCT identity) FROM cells", ()) == [(ROWS,)]
    history.close()
