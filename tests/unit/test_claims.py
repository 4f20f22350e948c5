"""What one transaction of the history decides: who has a cell, what a budget allows, who watches a task."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cometact_nb.domain import events
from cometact_nb.domain.identity import body_identity
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.domain.task import Snapshot, Status, TaskState
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal import sweeps
from cometact_nb.store.journal.history import (
    BudgetUsed,
    CellClaim,
    CellTaken,
    History,
    Row,
    SweepHalted,
    Unrecordable,
    is_dead,
)

SERVICE = "https://a.b"
BODY = {"model": "act_two", "seed": 1}
#: What may become of a task, as an event.
ENDS: dict[Status, events.TaskEvent] = {
    Status.REFUSED: events.Refused(at=3, message="no"),
    Status.UNCONFIRMED: events.Unconfirmed(at=3, reason="lost"),
    Status.FORGOTTEN: events.Forgotten(at=3),
    **{
        status: events.Observed(at=3, snapshot=Snapshot(status=status, raw_status=status.value))
        for status in (
            Status.PENDING, Status.THROTTLED, Status.RUNNING, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED,
            Status.UNKNOWN, Status.NOT_FOUND,
        )
    },
}  # fmt: skip
OVER = {Status.REFUSED, Status.FORGOTTEN, Status.FAILED, Status.CANCELLED}
IN_DOUBT = {Status.UNCONFIRMED, Status.NOT_FOUND}


@pytest.fixture
def history():
    made = History(":memory:")
    yield made
    made.close()


def cell(replicate: int = 1, *, sweep: str = "s", **fields: object) -> CellClaim:
    return CellClaim(sweep, replicate, **fields)  # type: ignore[arg-type]


def buy(
    history: History,
    key: str,
    claim: CellClaim | None = None,
    *,
    price: float = 0.4,
    at: str = SERVICE,
    seed: int = 1,
) -> None:
    intent = events.Intended(at=1, request=BODY | {"seed": seed}, base_url=at, price_usd=price)
    history.append(key, intent, reduce(TaskState(key=key), intent), content_hash=f"hash-{seed}", cell=claim)


def end(history: History, key: str, status: Status) -> None:
    row = history.find(key)
    assert row is not None
    history.append(key, ENDS[status], reduce(row.state, ENDS[status]))


def taken(history: History, key: str, claim: CellClaim, **fields: object) -> str | None:
    """The task that has the cell already, if one has; then nothing may have been written."""
    try:
        buy(history, key, claim, **fields)  # type: ignore[arg-type]
    except CellTaken as error:
        assert history.find(key) is None
        assert history.events(key) == []
        return error.key
    assert history.find(key) is not None
    return None


# --- cells ------------------------------------------------------------------------------------------


def test_a_cell_is_bought_once_and_its_replicates_other_contents_and_other_services_are_cells_of_their_own(
    history,
) -> None:
    assert taken(history, "one", cell()) is None
    assert taken(history, "again", cell()) == "one"
    assert taken(history, "again", cell(sweep="another")) == "one"
    assert taken(history, "second", cell(2)) is None
    assert taken(history, "other", cell(), seed=2) is None
    assert taken(history, "elsewhere", cell(), at="https://c.d") is None


@pytest.mark.parametrize("status", sorted({*ENDS, Status.SUBMITTING}))
def test_a_task_is_replaced_only_while_it_may_not_bring_a_video(history, status) -> None:
    buy(history, "one", cell())
    if status in ENDS:
        end(history, "one", status)
    replaced = status in OVER | IN_DOUBT
    assert taken(history, "two", cell(instead_of="one")) == (None if replaced else "one")
    assert taken(history, "three", cell(instead_of="one")) == ("two" if replaced else "one")


@pytest.mark.parametrize("status", sorted({*ENDS, Status.SUBMITTING}))
def test_a_task_submitted_alone_since_the_look_holds_the_cell_unless_it_brought_nothing(
    history, status
) -> None:
    buy(history, "alone")
    if status in ENDS:
        end(history, "alone", status)
    assert taken(history, "one", cell()) == (None if status in OVER else "alone")


def test_a_task_submitted_alone_that_is_known_to_serve_another_cell_or_is_replaced_holds_none(
    history,
) -> None:
    buy(history, "alone")
    assert taken(history, "one", cell(beside=("x", "alone"))) is None
    end(history, "alone", Status.UNCONFIRMED)
    assert taken(history, "two", cell(2)) == "alone"
    assert taken(history, "two", cell(2, instead_of="alone")) is None


def test_a_claim_belongs_to_the_first_event_of_a_task(history) -> None:
    buy(history, "one", cell())
    row = history.find("one")
    assert row is not None
    history.append("one", events.Accepted(at=2, id="t"), row.state, cell=cell())
    assert taken(history, "two", cell()) == "one"


# --- budgets ----------------------------------------------------------------------------------------


def test_the_last_cell_may_use_a_budget_up_and_the_next_is_refused_and_leaves_nothing(history) -> None:
    for number in range(3):
        buy(history, f"task-{number}", cell(budget_usd=1.2), seed=number)
    with pytest.raises(BudgetUsed):
        buy(history, "task-3", cell(budget_usd=1.2), seed=3)
    assert history.find("task-3") is None
    with pytest.raises(BudgetUsed):
        buy(history, "task-3", cell(budget_usd=1.59), seed=3)
    buy(history, "task-3", cell(budget_usd=1.6), seed=3)


def test_a_budget_counts_the_tasks_of_its_sweep_at_its_service_that_may_cost_something(history) -> None:
    buy(history, "another", cell(sweep="another"), seed=1)
    buy(history, "elsewhere", cell(), seed=2, at="https://c.d")
    buy(history, "alone", seed=3)
    for number, status in enumerate((Status.REFUSED, Status.FORGOTTEN), 4):
        buy(history, f"task-{number}", cell(), seed=number)
        end(history, f"task-{number}", status)
    buy(history, "task-6", cell(budget_usd=0.4), seed=6)
    end(history, "task-6", Status.FAILED)
    with pytest.raises(BudgetUsed):
        buy(history, "task-7", cell(budget_usd=0.4), seed=7)
    buy(history, "task-7", cell(budget_usd=None), seed=7)


# --- the user's word in another kernel --------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "halted"),
    [
        ({"state": "running"}, None),
        ({"state": "paused"}, "paused"),
        ({"state": "cancelled"}, "cancelled"),
        ({"state": "paused", "problem": "three answers were lost"}, None),
    ],
)
def test_a_sweep_that_its_user_stopped_buys_nothing_more(history, terms, halted) -> None:
    spec = specify({"character": "https://a.b/c.png", "reference": "https://a.b/r.mp4"})
    sweeps.save(history, "s", SERVICE, spec, sweeps.Terms(**terms))
    buy(history, "another", cell(sweep="another"))
    buy(history, "elsewhere", cell(), at="https://c.d")
    if halted is None:
        buy(history, "one", cell(), seed=2)
        return
    with pytest.raises(SweepHalted, match=halted) as raised:
        buy(history, "one", cell(), seed=2)
    assert raised.value.state == halted
    assert history.find("one") is None


# --- who watches ------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path):
    """Two connections to one file, as two kernels have them."""
    made = [History(str(tmp_path / "history.sqlite")) for _ in range(2)]
    yield made
    for one in made:
        one.close()


def test_a_task_is_watched_by_one_process_until_its_lease_runs_out_or_it_lets_go(two) -> None:
    first, second = two
    buy(first, "one")
    assert first.claim("one", 100.0, 30.0)
    assert not second.claim("one", 100.0, 30.0)
    assert not second.claim("one", 130.0, 30.0)
    assert first.claim("one", 110.0, 30.0)
    assert not second.claim("one", 139.0, 30.0)
    assert second.claim("one", 140.5, 30.0)
    assert not first.claim("one", 150.0, 30.0)
    first.release("one")
    assert not first.claim("one", 150.0, 30.0)
    second.release("one")
    assert first.claim("one", 150.0, 30.0)


def test_a_claim_is_renewed_for_the_tasks_that_are_still_ones_own(two) -> None:
    first, second = two
    for number in range(3):
        buy(first, f"task-{number}", seed=number)
        assert first.claim(f"task-{number}", 100.0, 30.0)
    assert second.claim("task-2", 131.0, 30.0)
    assert first.renew({"task-0", "task-2", "task-9"}, 120.0, 60.0) == {"task-0"}
    assert not second.claim("task-0", 179.0, 30.0)
    assert not first.claim("task-2", 160.0, 30.0)
    first.release_all()
    assert second.claim("task-0", 121.0, 30.0)
    assert second.claim("task-1", 121.0, 30.0)
    assert not first.claim("task-2", 121.0, 30.0)


def test_the_claim_of_a_process_that_ended_holds_no_longer(two) -> None:
    first, second = two
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    buy(first, "one")
    first.owner = f"{socket.gethostname()}/{gone.pid}/abcdef"
    assert first.claim("one", 100.0, 30.0)
    assert second.claim("one", 101.0, 30.0)


def test_a_task_that_the_file_does_not_have_is_nobody_elses(history) -> None:
    assert history.claim("unknown", 100.0, 30.0)


def test_a_process_is_dead_only_if_it_ran_here_and_its_number_is_free() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = socket.gethostname()
    assert is_dead(f"{here}/{gone.pid}/x")
    assert is_dead(f"{here}/{gone.pid}")
    assert not is_dead(f"another-{here}/{gone.pid}/x")
    assert not is_dead(f"{here}/{os.getpid()}/x")
    assert not is_dead(f"{here}/x{gone.pid}/x")
    assert not is_dead(here)


# --- writing and finding ----------------------------------------------------------------------------


def test_what_is_written_together_is_there_whole_or_not_at_all(two) -> None:
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


def test_a_row_tells_who_wrote_it_last_and_when(history) -> None:
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
def test_an_older_view_that_is_written_late_takes_nothing_off_the_record(two, answer) -> None:
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


def test_four_characters_that_are_no_pattern_find_a_task(history) -> None:
    for key in KEYS:
        intent = events.Intended(at=1, request=BODY, base_url=SERVICE)
        history.append(key, intent, reduce(TaskState(key=key), intent))
    for key in KEYS:
        row = history.find(key[:4])
        assert row is not None
        assert row.state.key == key
    assert history.find("abc") is None
    assert history.find("ab*x") is None


def test_of_two_tasks_with_one_id_the_newest_is_found_and_a_key_comes_first(history) -> None:
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


def test_a_task_without_a_request_is_known_by_the_hash_that_it_came_with(history) -> None:
    intent = events.Intended(at=1, base_url=SERVICE)
    history.append("one", intent, reduce(TaskState(key="one"), intent), content_hash="hash")
    assert history.query("SELECT identity, content_hash FROM tasks", ()) == [("hash", "hash")]
    history.append("one", events.Accepted(at=2, id="t"), TaskState(key="one", id="t"))
    assert history.query("SELECT identity, content_hash FROM tasks", ()) == [("hash", "hash")]


def test_a_history_is_durable_private_to_one_writer_and_holds_its_references(tmp_path) -> None:
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


def test_a_task_is_dated_by_its_submission_or_else_by_its_first_record(history) -> None:
    buy(history, "bought")
    before = time.time()
    history.append("watched", events.Accepted(at=2, id="t"), TaskState(key="watched", id="t"))
    (bought,), (watched,) = history.query("SELECT begun_at FROM tasks ORDER BY key", ())
    assert bought == 1
    assert before <= watched <= time.time()


def test_a_request_is_known_by_what_it_asks_for_and_not_by_its_links(history) -> None:
    buy(history, "one")
    assert history.query("SELECT identity, content_hash FROM tasks", ()) == [
        (body_identity(BODY | {"seed": 1}), "hash-1")
    ]


def test_events_of_a_newer_version_are_left_out_and_the_others_read(history) -> None:
    buy(history, "one")
    history.write(
        "INSERT INTO events (key, at, event) VALUES ('one', 2, ?)", ('{"kind": "danced", "at": 2}',)
    )
    end(history, "one", Status.RUNNING)
    assert [type(event) for event in history.events("one")] == [events.Intended, events.Observed]


def test_a_purchase_is_remembered_so_that_an_earlier_state_of_the_file_is_known_for_one(tmp_path) -> None:
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


def test_where_a_file_has_no_mode_it_is_used_all_the_same(tmp_path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    history = History(str(tmp_path / "history.sqlite"))
    buy(history, "one")
    assert history.find("one") is not None
    history.close()


def test_a_file_that_became_no_database_is_no_fault_of_the_event(tmp_path) -> None:
    path = tmp_path / "history.sqlite"
    history = History(str(path))
    buy(history, "one")
    path.write_bytes(b"this is no database. " * 4000)
    with pytest.raises(HistoryError) as raised:
        buy(history, "two")
    assert not isinstance(raised.value, Unrecordable)
    history.close()


def test_each_failure_names_the_file_and_what_could_not_be_done(tmp_path, history) -> None:
    cure = r"Nothing is sent without a record; give another file with act.configure\(history=…\)"
    with pytest.raises(HistoryError, match=rf"The history ':memory:' could not be read: .*{cure}"):
        history.query("SELECT nothing FROM nowhere", ())
    with pytest.raises(HistoryError, match="could not be written"):
        history.write("UPDATE nowhere SET x = 1", ())
    with pytest.raises(HistoryError, match="could not be opened"):
        History(str(tmp_path))
    with pytest.raises(Unrecordable, match="could not be written"):
        history.append("k", events.PollFailed(at=1, reason="\ud800"), TaskState(key="k"))


def test_a_write_that_fails_for_the_file_s_sake_is_told_from_one_that_fails_for_the_event_s(tmp_path) -> None:
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
