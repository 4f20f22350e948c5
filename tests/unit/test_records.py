"""A history's rows: written whole or not at all, found by id, key and beginning, and none overwritten by an older view."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from claims import BODY, SERVICE, buy, cell, end

from cometact_nb.domain import events
from cometact_nb.domain.events import Accepted, Unconfirmed
from cometact_nb.domain.identity import body_identity
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal import sweeps
from cometact_nb.store.journal.claims import CellClaim
from cometact_nb.store.journal.history import History, Row, Unrecordable

# --- writing and finding ----------------------------------------------------------------------------


def test_what_is_written_together_is_there_whole_or_not_at_all(two: list[History]) -> None:
    first, second = two
    buy(first, "one")

    def break_off() -> None:
        with first.together():
            first.write("UPDATE tasks SET watcher = 'somebody' WHERE key = 'one'", ())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert second.query("SELECT watcher FROM tasks", ()) == [(None,)]
    with first.together():
        first.write("UPDATE tasks SET watcher = 'somebody' WHERE key = 'one'", ())
    assert second.query("SELECT watcher FROM tasks", ()) == [("somebody",)]
    with pytest.raises(HistoryError, match="could not be written"), first.together(), first.together():
        pass
    first.release_all()


def test_a_row_tells_who_wrote_it_last_and_when(history: History) -> None:
    before = time.time()
    buy(history, "one")
    row = history.find("one")
    assert row is not None
    assert row.owner == history.owner
    assert before <= row.updated_at <= time.time()
    assert history.owner.startswith(f"{socket.gethostname()}/{os.getpid()}/")
    assert len(history.owner.rpartition("/")[2]) == 8


@pytest.mark.parametrize(
    "answer",
    [
        events.Accepted(at=2, id="task-17"),
        events.Unconfirmed(at=2, reason="a page", answer="Queued as task-17"),
    ],
    ids=["an id", "the answer to a request in doubt"],
)
def test_an_older_view_that_is_written_late_takes_nothing_off_the_record(
    two: list[History], answer: Accepted | Unconfirmed
) -> None:
    """Such as that of a kernel whose disk was full while the one that had sent the request got its answer."""
    first, second = two
    buy(first, "one")
    sent, late = first.rows("", ())[0].state, events.Unconfirmed(at=700, reason="the kernel stopped")
    first.append("one", answer, reduce(sent, answer))
    second.append("one", late, reduce(sent, late))
    row = first.find("one")
    assert row is not None
    assert "task-17" in f"{row.state.id} {row.state.raw_answer}"
    assert [type(event) for event in first.events("one")][-2:] == [type(answer), type(late)]


KEYS = ("ab*d-1", "ab?d-2", "ab[d-3", "abcd-4", "ab^d-5", "ab]d-6")


def test_four_characters_that_are_no_pattern_find_a_task(history: History) -> None:
    for key in KEYS:
        intent = events.Intended(at=1, request=BODY, base_url=SERVICE)
        history.append(key, intent, reduce(TaskState(key=key), intent))
    for key in KEYS:
        row = history.find(key[:4])
        assert row is not None
        assert row.state.key == key
    assert history.find("abc") is None
    assert history.find("ab*x") is None


def test_of_two_tasks_with_one_id_the_newest_is_found_and_a_key_comes_first(history: History) -> None:
    for key in ("older", "newer"):
        buy(history, key)
        history.append(
            key, events.Accepted(at=2, id="task-1"), TaskState(key=key, id="task-1", base_url=SERVICE)
        )
        time.sleep(0.002)
    found = history.find("task-1")
    assert found is not None
    assert found.state.key == "newer"
    history.append(
        "else", events.Accepted(at=2, id="older"), TaskState(key="else", id="older", base_url=SERVICE)
    )
    found = history.find("older")
    assert found is not None
    assert found.state.key == "older"


def test_a_task_without_a_request_is_known_by_the_hash_that_it_came_with(history: History) -> None:
    intent = events.Intended(at=1, base_url=SERVICE)
    history.append("one", intent, reduce(TaskState(key="one"), intent), content_hash="hash")
    assert history.query("SELECT identity, content_hash FROM tasks", ()) == [("hash", "hash")]
    history.append("one", events.Accepted(at=2, id="t"), TaskState(key="one", id="t"))
    assert history.query("SELECT identity, content_hash FROM tasks", ()) == [("hash", "hash")]


def test_a_history_is_durable_private_to_one_writer_and_holds_its_references(tmp_path: Path) -> None:
    history = History(str(tmp_path / "deep" / "er" / "history.sqlite"))
    settings = [
        history.query(f"PRAGMA {name}", ())[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    assert settings == ["truncate", 2, 1]
    assert history.query("PRAGMA busy_timeout", ()) == [(20_000,)]  # another process may hold it so long
    with ThreadPoolExecutor(1) as pool:  # it is opened on one thread and used on the engine's
        assert pool.submit(history.query, "SELECT 1", ()).result() == [(1,)]
    with pytest.raises(HistoryError, match="could not be written"):
        history.write(
            "INSERT INTO cells (base_url, identity, replicate, key) VALUES ('a', 'b', 1, 'none')", ()
        )
    history.close()


def test_a_task_is_dated_by_its_submission_or_else_by_its_first_record(history: History) -> None:
    buy(history, "bought")
    before = time.time()
    history.append("watched", events.Accepted(at=2, id="t"), TaskState(key="watched", id="t"))
    (bought,), (watched,) = history.query("SELECT begun_at FROM tasks ORDER BY key", ())
    assert bought == 1
    assert before <= watched <= time.time()


def test_a_request_is_known_by_what_it_asks_for_and_not_by_its_links(history: History) -> None:
    buy(history, "one")
    assert history.query("SELECT identity, content_hash FROM tasks", ()) == [
        (body_identity(BODY | {"seed": 1}), "hash-1")
    ]


def test_events_of_a_newer_version_are_left_out_and_the_others_read(history: History) -> None:
    buy(history, "one")
    history.write(
        "INSERT INTO events (key, at, event) VALUES ('one', 2, ?)", ('{"kind": "danced", "at": 2}',)
    )
    end(history, "one", Status.RUNNING)
    assert [type(event) for event in history.events("one")] == [events.Intended, events.Observed]


def test_a_purchase_is_remembered_so_that_an_earlier_state_of_the_file_is_known_for_one(
    tmp_path: Path,
) -> None:
    def remembered() -> dict[str, bytes]:
        folder = Path(os.environ["XDG_STATE_HOME"])
        return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    history = History(str(tmp_path / "history.sqlite"))
    spec = specify({"character": "https://a.b/c.png", "reference": "https://a.b/r.mp4"})
    sweeps.save(history, "s", SERVICE, spec, sweeps.Terms())
    before = remembered()
    end_of_nothing = TaskState(key="watched", id="t")
    history.append("watched", events.Accepted(at=2, id="t"), end_of_nothing)
    assert remembered() == before
    buy(history, "one", cell())
    assert remembered() != before
    history.close()


def test_what_the_history_gives_and_is_given_cannot_be_changed() -> None:
    claim, row = CellClaim("s", 1), Row(TaskState(key="k"), "me", 1.0)
    assert (claim.instead_of, claim.budget_usd, claim.beside) == (None, None, ())
    for one, name in ((claim, "replicate"), (row, "owner")):
        with pytest.raises(AttributeError):
            setattr(one, name, 2)


def test_where_a_file_has_no_mode_it_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    history = History(str(tmp_path / "history.sqlite"))
    buy(history, "one")
    assert history.find("one") is not None
    history.close()


def test_a_file_that_became_no_database_is_no_fault_of_the_event(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    history = History(str(path))
    buy(history, "one")
    path.write_bytes(b"this is no database. " * 4000)
    with pytest.raises(HistoryError) as raised:
        buy(history, "two")
    assert not isinstance(raised.value, Unrecordable)
    history.close()


def test_each_failure_names_the_file_and_what_could_not_be_done(tmp_path: Path, history: History) -> None:
    cure = r"Nothing is sent without a record; give another file with act.configure\(history=…\)"
    with pytest.raises(HistoryError, match=rf"The history ':memory:' could not be read: .*{cure}"):
        history.query("SELECT nothing FROM nowhere", ())
    with pytest.raises(HistoryError, match="could not be written"):
        history.write("UPDATE nowhere SET x = 1", ())
    with pytest.raises(HistoryError, match="could not be opened"):
        History(str(tmp_path))
    with pytest.raises(Unrecordable, match="could not be written"):
        history.append("k", events.PollFailed(at=1, reason="\ud800"), TaskState(key="k"))


def test_a_write_that_fails_for_the_file_s_sake_differs_from_one_that_fails_for_the_event_s(
    tmp_path: Path,
) -> None:
    path = tmp_path / "history.sqlite"
    history = History(str(path))
    broken = sqlite3.connect(path)
    broken.execute("ALTER TABLE events RENAME TO away")
    broken.commit()
    broken.close()
    with pytest.raises(HistoryError) as raised:
        buy(history, "one")
    assert not isinstance(raised.value, Unrecordable)
    assert history.query("SELECT * FROM tasks", ()) == []
    history.close()
