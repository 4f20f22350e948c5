"""The history is searched by status, time and text, and says without being opened what is left to do."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from present import present

from cometact_nb.domain import events
from cometact_nb.domain import search as asked
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import ClipInfo, Snapshot, Status, TaskState
from cometact_nb.errors import ConfigError
from cometact_nb.store.journal import peek, search
from cometact_nb.store.journal.history import History

NOW = 1_780_000_000.0
DAY = 86_400.0
CLIP = ClipInfo(path="/clips/20260504_aaaa.mp4", bytes=1, sha256="0")


def add(
    history: History,
    name: str,
    status: Status,
    *,
    at: float = NOW,
    url: str = "https://a.b",
    sandbox: bool = False,
    **request: str,
) -> None:
    uris = {role: {"type": "image", "uri": uri} for role, uri in request.items()}
    happened: list[events.TaskEvent] = [
        events.Intended(at=at, request={"model": "act_two", **uris}, base_url=url, sandbox=sandbox or None)
    ]
    if status is Status.UNCONFIRMED:
        happened.append(events.Unconfirmed(at=at, reason="lost"))
    elif status is not Status.SUBMITTING:
        seen = Snapshot(
            status=status, raw_status=status, failure="No face" if status is Status.FAILED else None
        )
        happened += [events.Accepted(at=at, id=f"{name}-id"), events.Observed(at=at, snapshot=seen)]
    state = TaskState(key=name)
    for event in happened:
        state = reduce(state, event)
        history.append(name, event, state)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(str(tmp_path / "history.sqlite"))
    add(made, "old", Status.SUCCEEDED, at=NOW - 10 * DAY, character="https://x.org/Hero_1.png?token=abc")
    add(made, "lost", Status.UNCONFIRMED, at=NOW - 5 * DAY)
    add(made, "bad", Status.FAILED, at=NOW - 2 * DAY, reference="https://x.org/100%25talk.mp4")
    add(made, "now", Status.RUNNING, at=NOW - 60, character="https://x.org/heroX1.png")
    yield made
    made.close()


def found(history: History, **how: object) -> list[str]:
    return [row.state.key for row in search.search(history, asked.query(**how, now=NOW))]


@pytest.mark.parametrize(
    ("how", "keys"),
    [
        ({}, "now bad lost old"),
        ({"limit": 2}, "now bad"),
        ({"limit": "1"}, "now"),
        ({"status": "failed"}, "bad"),
        ({"status": Status.RUNNING}, "now"),
        ({"status": ["FAILED", Status.SUCCEEDED]}, "bad old"),
        ({"status": "failed, running"}, "now bad"),
        ({"status": "unfinished"}, "now"),
        ({"status": "finished"}, "bad lost old"),
        ({"since": "3d"}, "now bad"),
        ({"since": "1.5 h"}, "now"),
        ({"since": timedelta(days=6)}, "now bad lost"),
        ({"since": datetime.fromtimestamp(NOW - 3 * DAY, UTC)}, "now bad"),
        ({"since": datetime.fromtimestamp(NOW - 3 * DAY)}, "now bad"),  # noqa: DTZ006  (a user's own time)
        ({"since": datetime.fromtimestamp(NOW - 3 * DAY, UTC).isoformat()}, "now bad"),
        ({"since": date.fromtimestamp(NOW - 7 * DAY)}, "now bad lost"),  # noqa: DTZ012
        ({"text": "HERO"}, "now old"),
        ({"text": "hero_1"}, "old"),  # no wildcard
        ({"text": "100%25"}, "bad"),
        ({"text": "x.org face"}, "bad"),
        ({"text": "now-id"}, "now"),
        ({"text": "token"}, ""),  # what a link was signed with is not searched
        ({"text": "  "}, "now bad lost old"),
        ({"text": "hero", "status": "unfinished", "since": "1d"}, "now"),
    ],
)
def test_status_time_and_text_narrow_a_search(history: History, how: dict[str, Any], keys: str) -> None:
    assert found(history, **how) == keys.split()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"status": "DONE"}, "status='DONE' is no status. There are: unfinished, finished, SUBMITTING"),
        ({"status": 3}, "status=3 is no status"),
        ({"since": "last week"}, "since='last week' is no moment. Give a datetime"),
        ({"since": 5}, "since=5 is no moment"),
        ({"since": "9" * 400 + "d"}, "is no moment"),
        ({"text": 5}, "text=5 is no text"),
        ({"text": "a " * 9}, "text has 9 words"),
        ({"limit": 0}, "limit=0 is not a number of tasks"),
        ({"limit": "many"}, "limit='many'"),
        ({"limit": True}, "limit=True"),
        ({"limit": 2.5}, "limit=2.5"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_cure(how: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace("(", r"\(")):
        asked.query(**how, now=NOW)


def test_a_search_reads_an_index_and_only_the_rows_it_shows(history: History) -> None:
    seen: list[str] = []
    history.connection.set_trace_callback(seen.append)
    for how in ({}, {"status": "failed", "text": "a", "since": "3d"}):
        found(history, **how)
    for left in (search.open_tasks, search.unconfirmed):
        left(history)
    history.connection.set_trace_callback(None)
    for sql in seen:
        plan = " / ".join(row[3] for row in history.query(f"EXPLAIN QUERY PLAN {sql}", ()))
        # Ratings and names of sweeps are few, and are looked through.
        scans = [step for step in plan.split(" / ") if step.startswith("SCAN tasks")]
        assert all("INDEX tasks_to_" in step or "COVERING INDEX tasks_by_sweep" in step for step in scans), (
            plan
        )


def test_an_older_history_is_searched_as_well(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    scripts = sorted(
        resources.files("cometact_nb.store.journal").joinpath("migrations").iterdir(), key=lambda f: f.name
    )
    old = sqlite3.connect(path)
    for script in scripts[:4]:
        old.executescript(script.read_text("utf-8"))
    old.execute("PRAGMA user_version = 4")
    state = (
        '{"key":"k","id":"abcd","status":"SUCCEEDED","created_at":1700000000.0,'
        '"request":{"character":{"type":"image","uri":"https://x.org/Hero.png"}}}'
    )
    old.execute(
        "INSERT INTO tasks (key, id, base_url, status, updated_at, owner, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ("k", "abcd", "https://a.b", "SUCCEEDED", NOW, "x", state),
    )
    old.commit()
    old.close()
    history = History(str(path))
    assert found(history, text="hero") == ["k"]
    assert found(history, since=datetime.fromtimestamp(1_700_000_001, UTC)) == []
    assert [row.state.key for row in search.open_tasks(history)] == ["k"]  # its video was never fetched
    history.close()


def test_what_is_left_is_what_runs_and_what_was_not_fetched(history: History) -> None:
    assert [row.state.key for row in search.open_tasks(history)] == ["now", "old"]
    state = present(history.find("old")).state
    kept = events.ClipSaved(at=NOW, clip=CLIP)
    history.append("old", kept, reduce(state, kept))
    assert [row.state.key for row in search.open_tasks(history)] == ["now"]
    assert found(history, text="20260504_aaaa.mp4") == ["old"]


def test_a_glance_tells_what_is_left_without_making_locking_or_waiting(
    tmp_path: Path, history: History
) -> None:
    assert peek.peek(history.path) == (2, 1)
    assert peek.recent_ids(history.path)[0] == "now-id"
    stopped = events.WatchEnded(at=NOW, reason="its sandbox has ended")
    history.append("now", stopped, reduce(present(history.find("now")).state, stopped))
    add(history, "practice", Status.UNCONFIRMED, url="http://127.0.0.1:5")  # nobody paid for it
    assert peek.peek(history.path) == (1, 1)


def test_a_glance_counts_only_what_can_go_on_and_is_not_watched_already(history: History) -> None:
    add(history, "practice", Status.RUNNING, url="http://127.0.0.1:5", sandbox=True)
    assert peek.peek(history.path) == (3, 1)
    assert peek.peek(history.path, lambda url: url != "http://127.0.0.1:5") == (2, 1)
    assert history.claim("now", time.time(), 60)  # by this process, which runs
    assert peek.peek(history.path, lambda _: False) == (1, 1)


@pytest.mark.parametrize("kind", ["missing", "broken", "folder", "locked", "empty", "memory"])
def test_a_glance_at_what_is_no_readable_history_sees_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "history.sqlite"
    held = None
    if kind == "broken":
        path.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "locked":
        made = History(str(path))
        add(made, "now", Status.RUNNING)
        made.close()
        held = sqlite3.connect(path, isolation_level=None)
        held.execute("PRAGMA journal_mode = TRUNCATE")
        held.execute("BEGIN EXCLUSIVE")
    name = ":memory:" if kind == "memory" else str(path)
    assert peek.peek(name) == (0, 0)
    assert peek.recent_ids(name) == []
    assert path.exists() == (kind not in {"missing", "memory"})
    if held is not None:
        held.close()


def test_the_glance_knows_the_statuses_that_are_unfinished() -> None:
    assert tuple(asked.UNFINISHED) == peek.UNFINISHED
