"""A write that fails, for any reason: nothing is sent without a record, and one event never costs another."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cometact_nb.domain import events
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import ClipInfo, Snapshot, Status, TaskState
from cometact_nb.engine.job import Job
from cometact_nb.engine.journal import Journal
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal import sweeps
from cometact_nb.store.journal.claims import CellClaim, CellTaken
from cometact_nb.store.journal.history import History

#: Events that JSON or SQLite cannot hold, each for a reason of its own.
UNWRITABLE = {
    "a folder whose name is not UTF-8": events.ClipSaved(
        at=2, clip=ClipInfo(path="/caf\udce9/a.mp4", bytes=1, sha256="00")
    ),
    "a lone surrogate in the service's words": events.PollFailed(at=2, reason="half \ud83d"),
    "an id with a lone surrogate": events.Accepted(at=2, id="task-\udcff"),
    "an object of an unknown kind": events.PollFailed(at=2, reason=object()),  # type: ignore[arg-type]
    "bytes": events.ClipFailed(at=2, reason=b"\xff"),  # type: ignore[arg-type]
    "a time that is none": events.Unconfirmed(at=float("nan"), reason="lost"),
    "another type than the field's": events.PollFailed(at=2, reason=["a", {"b": {1, 2}}]),  # type: ignore[arg-type]
}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "history.sqlite")


@pytest.fixture
def journal(path: str) -> Iterator[Journal]:
    made = Journal(path, lambda job: None)
    yield made
    made.close()


def new_job(key: str, tmp_path: Path) -> Job:
    return Job(TaskState(key=key), Endpoint("https://api.cometapi.com"), tmp_path)


def intend(journal: Journal, job: Job, request: object = None) -> None:
    body = {"model": "act_two"} if request is None else request
    journal.begin(job, events.Intended(at=1, request=body), content_hash=job.state.key)  # type: ignore[arg-type]


def recorded(path: str) -> dict[str, TaskState]:
    history = History(path)
    rows = history.rows("ORDER BY key", ())
    history.close()
    return {row.state.key: row.state for row in rows}


@pytest.mark.parametrize("event", UNWRITABLE.values(), ids=UNWRITABLE)
def test_an_event_that_can_never_be_written_costs_no_other(
    journal: Journal, path: str, tmp_path: Path, event: Any
) -> None:
    first, second = new_job("first", tmp_path), new_job("second", tmp_path)
    intend(journal, first)
    journal.apply(first, events.Accepted(at=1, id="task-1"))
    journal.apply(first, event)
    intend(journal, second)
    journal.apply(second, events.Accepted(at=3, id="task-2"))
    journal.apply(first, events.WatchEnded(at=4, reason="over"))
    kept = recorded(path)
    assert kept["second"].id == "task-2"
    assert set(kept) == {"first", "second"}


def test_an_event_that_was_set_aside_is_said_and_stands_on_disk_in_a_form_that_can_be_read(
    journal: Journal, path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job, clip = new_job("first", tmp_path), ClipInfo(path="/caf\udce9/a.mp4", bytes=1, sha256="00")
    intend(journal, job)
    journal.apply(job, saved := events.ClipSaved(at=2, clip=clip))
    assert journal.set_aside == [saved]
    assert "ClipSaved" in (job.state.problem or "")
    assert "ClipSaved" in caplog.text
    assert job.state.clips == (clip,)  # here it stays what it is
    assert recorded(path)["first"].clips[0].path == "/caf\\udce9/a.mp4"


def test_an_event_that_the_database_refuses_for_its_own_sake_is_set_aside(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    first, second = new_job("first", tmp_path), new_job("second", tmp_path)
    intend(journal, first)
    other = sqlite3.connect(path)
    other.execute(
        "CREATE TRIGGER picky BEFORE INSERT ON events WHEN NEW.event LIKE '%poll-failed%'"
        " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
    other.commit()
    other.close()
    journal.apply(first, events.PollFailed(at=2, reason="x"))
    intend(journal, second)
    journal.apply(first, events.Accepted(at=3, id="task-1"))
    assert recorded(path)["first"].id == "task-1"
    assert "not at all" in (job_problem := journal.problems["first"]), job_problem


#: Requests that cannot be written: the intent is a write like any other.
BAD_INTENTS = {
    "an object": {"seed": object()},
    "a lone surrogate": {"character": "\ud800"},
    "a key that is no text": {("a", 1): 2},
    "no mapping": [1, 2],
}


@pytest.mark.parametrize("request_body", BAD_INTENTS.values(), ids=BAD_INTENTS)
def test_an_intent_that_cannot_be_written_is_refused_and_leaves_nothing(
    journal: Journal, path: str, tmp_path: Path, request_body: list[int] | dict[Any, Any]
) -> None:
    journal.history  # noqa: B018  (made)
    with pytest.raises(HistoryError, match="Nothing is sent without a record"):
        intend(journal, new_job("bad", tmp_path), request_body)
    assert recorded(path) == {}
    intend(journal, new_job("good", tmp_path))
    assert set(recorded(path)) == {"good"}


def test_while_earlier_events_wait_to_be_written_no_intent_is_taken(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    first, second = new_job("first", tmp_path), new_job("second", tmp_path)
    intend(journal, first)
    breaker = sqlite3.connect(path)
    breaker.execute("ALTER TABLE events RENAME TO events_away")
    breaker.commit()
    journal.apply(first, events.Accepted(at=2, id="task-1"))
    assert first.state.id == "task-1"  # known here all the same
    with pytest.raises(HistoryError, match="1 earlier event still wait"):
        intend(journal, second)
    breaker.execute("ALTER TABLE events_away RENAME TO events")
    breaker.commit()
    breaker.close()
    intend(journal, second)
    assert recorded(path)["first"].id == "task-1"
    assert set(recorded(path)) == {"first", "second"}


@pytest.mark.parametrize("path", ["/sys/history.sqlite", "/dev/null/x.sqlite", "nul\0.sqlite", "\udce9/\0"])
def test_a_history_that_cannot_be_opened_is_said_whatever_the_reason(path: str, tmp_path: Path) -> None:
    journal = Journal(path, lambda job: None)
    with pytest.raises(HistoryError, match="could not be opened"):
        intend(journal, new_job("first", tmp_path))


def test_a_file_that_is_no_database_is_no_fault_of_the_event(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"not a database at all, " * 100)
    journal = Journal(str(path), lambda job: None)
    job = new_job("first", tmp_path)
    with pytest.raises(HistoryError, match="could not be opened"):
        intend(journal, job)
    journal.apply(job, events.Accepted(at=2, id="task-1"))
    assert journal.set_aside == []  # it waits: the user may yet give another file


def test_a_listener_that_fails_costs_neither_the_event_nor_the_other_listeners(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    job, heard = new_job("first", tmp_path), []

    def fail(job: Job) -> None:
        raise HistoryError("a sweep could not be recorded")

    job.listeners.add(fail)
    job.listeners.add(lambda job: heard.append(job.state.status))
    intend(journal, job)
    journal.apply(job, events.Accepted(at=2, id="task-1"))
    assert heard[-1] is Status.PENDING
    assert recorded(path)["first"].id == "task-1"


def test_a_sweep_s_terms_that_cannot_be_written_are_a_history_error_too(journal: Journal) -> None:
    terms = sweeps.Terms(state="\ud800")
    with pytest.raises(HistoryError):
        sweeps.save(journal.history, "s", "https://x", json, terms)  # type: ignore[arg-type]


def test_an_intent_brings_its_state_its_content_and_its_cell_to_disk_and_to_memory(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    heard: list[Status] = []
    journal = Journal(path, lambda job: heard.append(job.state.status))
    job, other = new_job("first", tmp_path), new_job("second", tmp_path)
    intent = events.Intended(at=7, request={"model": "act_two"}, price_usd=0.4)
    cell = CellClaim("s", 1)
    journal.begin(job, intent, content_hash="hash", cell=cell)
    assert (job.state.submitted_at, job.state.price_usd) == (7, 0.4)
    assert recorded(path)["first"] == job.state
    assert journal.history.query("SELECT content_hash, sweep FROM tasks", ()) == [("hash", "s")]
    assert heard == [Status.SUBMITTING]
    with pytest.raises(CellTaken):
        journal.begin(other, intent, content_hash="hash", cell=cell)
    assert other.state.submitted_at is None
    journal.close()


def test_our_key_in_the_service_s_words_reaches_neither_disk_nor_memory(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    key = "Ovid-Metamorphoses-77"
    endpoint = Endpoint("https://api.cometapi.com", Secret(key))
    job = Job(TaskState(key="first"), endpoint, tmp_path)
    intend(journal, job)
    journal.apply(job, events.PollFailed(at=2, reason=f"you are {key}"))
    assert "you are" in (job.state.problem or "")
    assert key not in repr(job.state)
    assert key.encode() not in Path(path).read_bytes()


def test_listeners_hear_of_a_poll_that_brought_nothing_new_and_the_history_does_not(
    path: str, tmp_path: Path
) -> None:
    heard: list[float | None] = []
    journal = Journal(path, lambda job: heard.append(job.state.observed_at))
    job = new_job("first", tmp_path)
    intend(journal, job)
    running = Snapshot(status=Status.RUNNING, raw_status="RUNNING")
    for at in (2, 3, 4):
        journal.apply(job, events.Observed(at=at, snapshot=running))
    assert job.state.observed_at == 4
    assert heard == [None, 2, 3, 4]
    assert recorded(path)["first"].observed_at == 2
    assert len(journal.history.events("first")) == 2
    journal.apply(job, events.PollFailed(at=5, reason="x"))
    journal.apply(job, events.PollFailed(at=6, reason="x"))
    assert heard == [None, 2, 3, 4, 4]
    journal.close()


def test_what_could_not_be_written_says_why_in_the_task_s_problem_and_in_the_log(
    journal: Journal, path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = new_job("first", tmp_path)
    intend(journal, job)
    journal.apply(job, events.Accepted(at=2, id="task-\udcff"))
    problem = job.state.problem or ""
    assert problem.startswith("Its history has the event 'Accepted' abridged: The history ")
    assert "could not be written" in problem
    assert "task-\\udcff" in caplog.text
    assert journal.problems == {"first": problem}


def test_an_event_whose_short_form_cannot_be_written_either_is_set_aside_once(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    job = new_job("first", tmp_path)
    intend(journal, job)
    other = sqlite3.connect(path)
    other.execute(
        "CREATE TRIGGER picky BEFORE INSERT ON events WHEN NEW.event LIKE '%poll-failed%'"
        " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
    other.commit()
    other.close()
    failed = events.PollFailed(at=2, reason="x")
    journal.apply(job, failed)
    assert journal.set_aside == [failed]
    assert "'PollFailed' not at all: " in journal.problems["first"]
    assert journal.save() is None


def test_while_the_file_takes_nothing_the_log_names_the_tasks_that_wait_each_once(
    journal: Journal, path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = new_job("first", tmp_path), new_job("second", tmp_path)
    intend(journal, first)
    intend(journal, second)
    breaker = sqlite3.connect(path)
    breaker.execute("ALTER TABLE events RENAME TO away")
    breaker.commit()
    journal.apply(first, events.Accepted(at=2, id="task-1"))
    caplog.clear()
    journal.apply(first, events.PollFailed(at=3, reason="x"))
    journal.apply(second, events.PollFailed(at=3, reason="x"))
    assert "3 events wait to be recorded (of task-1, second): " in caplog.text
    with pytest.raises(HistoryError, match=r"3 earlier events still wait to be recorded\.\)"):
        intend(journal, new_job("third", tmp_path))
    assert isinstance(journal.save(), HistoryError)
    breaker.execute("ALTER TABLE away RENAME TO events")
    breaker.commit()
    breaker.close()
    journal.close()
    assert recorded(path)["first"].problem == "x"
    with pytest.raises(HistoryError):
        journal.history.query("SELECT 1", ())  # closed


def test_a_kernel_that_ends_while_its_disk_takes_nothing_says_which_id_settles_which_task(
    journal: Journal, path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = new_job("first", tmp_path), new_job("second", tmp_path)
    intend(journal, first)
    intend(journal, second)
    journal.history.connection.execute("PRAGMA query_only = ON")
    journal.apply(first, events.Accepted(at=2, id="task-1"))
    journal.apply(first, events.PollFailed(at=3, reason="x"))
    journal.apply(second, events.Unconfirmed(at=3, reason="lost"))
    caplog.clear()
    journal.close()
    words = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(words) == 1
    assert "act.task('first') in doubt, settle it with .confirm('task-1')" in words[0]
    assert {state.status for state in recorded(path).values()} == {
        Status.SUBMITTING
    }  # a doubt, never bought again


def test_a_journal_that_was_never_used_makes_no_file(path: str) -> None:
    journal = Journal(path, lambda job: None)
    journal.close()
    assert not Path(path).exists()


def test_what_waits_is_tried_again_every_quarter_of_a_minute_until_it_is_written(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    job, waited = new_job("first", tmp_path), []
    intend(journal, job)
    assert (journal.waits, journal.waits_for("first")) == (False, False)
    breaker = sqlite3.connect(path)
    breaker.execute("ALTER TABLE events RENAME TO away")
    breaker.commit()
    journal.apply(job, events.Accepted(at=2, id="task-1"))
    assert (journal.waits, journal.waits_for("first"), journal.waits_for("second")) == (True, True, False)

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            breaker.execute("ALTER TABLE away RENAME TO events")
            breaker.commit()

    asyncio.run(journal.save_again(sleep))
    breaker.close()
    assert waited == [15, 15, 15]
    assert (journal.waits, journal.waits_for("first")) == (False, False)
    assert recorded(path)["first"].id == "task-1"


def seen(status: Status, at: float, progress: float | None = None) -> events.Observed:
    snapshot = Snapshot(id="task-1", status=status, raw_status=status.value, progress=progress)
    return events.Observed(at=at, snapshot=snapshot)


def test_an_event_that_waited_for_a_disk_does_not_undo_the_end_that_another_kernel_has_recorded(
    journal: Journal, path: str, tmp_path: Path
) -> None:
    now = time.time()
    job = new_job("first", tmp_path)
    intend(journal, job)
    journal.apply(job, events.Accepted(at=now, id="task-1"))
    with full(path):
        journal.apply(job, seen(Status.RUNNING, now))
    other = Journal(path, lambda job: None)
    found = other.history.find("first")
    assert found is not None
    later = Job(found.state, job.endpoint, tmp_path)
    other.apply(later, seen(Status.SUCCEEDED, now + 60))
    assert journal.save() is None
    assert recorded(path)["first"].status is Status.SUCCEEDED
    assert [type(event).__name__ for event in other.history.events("first")].count("Observed") == 2
    other.apply(later, seen(Status.FAILED, now + 120))  # an end that is newer still counts
    assert recorded(path)["first"].status is later.state.status
    journal.apply(
        job, seen(Status.RUNNING, time.time() + 120, 0.5)
    )  # and so does a look that takes an end back
    assert recorded(path)["first"].status is Status.RUNNING
    other.close()


@contextmanager
def full(path: str) -> Iterator[None]:
    """A disk that takes no event."""
    breaker = sqlite3.connect(path)
    breaker.execute("ALTER TABLE events RENAME TO away")
    breaker.commit()
    yield
    breaker.execute("ALTER TABLE away RENAME TO events")
    breaker.commit()
    breaker.close()
