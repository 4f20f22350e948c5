"""Both documented task shapes, and everything that may come instead."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.api import wire
from cometact_nb.domain.task import Snapshot, Status

SAMPLES = Path(__file__).parents[1] / "wire"
NO_CHANNEL = (
    "no available channel for group default and model act_two (distributor) "
    "(request id: 20261130000000000000000)"
)
URL = "https://cdn.example.com/out.mp4?token=abc"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def bare(**fields: object) -> dict[str, object]:
    return {"id": "t1", "status": "RUNNING", "createdAt": "2026-05-01T12:47:47.351Z", **fields}


def wrapped(outer: dict[str, object], inner: object) -> dict[str, object]:
    return {
        "code": "success",
        "message": "",
        "data": {"task_id": "t1", "action": "X", **outer, "data": inner},
    }


def read(body: object) -> Snapshot:
    snapshot = wire.read_task(json.dumps(body).encode())
    assert isinstance(snapshot, Snapshot)
    return snapshot


def test_the_bare_samples_are_read() -> None:
    running = wire.read_task(sample("task-bare-running"))
    assert isinstance(running, Snapshot)
    assert (running.status, running.progress) == (Status.RUNNING, 0.42)
    done = wire.read_task(sample("task-bare-succeeded"))
    assert isinstance(done, Snapshot)
    assert (done.status, list(done.output_urls)) == (Status.SUCCEEDED, ["https://example.com/output.mp4"])
    failed = wire.read_task(sample("task-bare-failed"))
    assert isinstance(failed, Snapshot)
    assert (failed.status, failed.failure_code) == (Status.FAILED, "SAFETY.INPUT.IMAGE")
    assert failed.failure == "Your content was flagged by our content moderation system."


def test_the_wrapped_sample_is_read() -> None:
    queued = wire.read_task(sample("task-wrapped-queued"))
    assert isinstance(queued, Snapshot)
    assert queued.status is Status.PENDING
    assert queued.id == "3d957031-9a2a-45e2-9dc7-bc8513059c50"
    assert queued.progress == 0
    assert queued.created_at == pytest.approx(1773366766, abs=60)
    assert queued.started_at is None


def test_a_created_task_gives_its_id() -> None:
    assert wire.read_created(sample("create-response")) == "5b91e444-c232-deaf-a4d7-8aef3e57336b"
    assert wire.read_created(b'{"code":"success","data":{"task_id":"x1"}}') == "x1"
    assert wire.read_created(b'{"id": ""}') is None
    assert wire.read_created(b"<html>") is None


@pytest.mark.parametrize("word", sorted(wire.STATUS_WORDS))
@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_every_known_word_is_understood_in_any_case_and_either_place(
    word: str, change: Callable[..., Any]
) -> None:
    expected = wire.STATUS_WORDS[word]
    assert read(bare(status=change(word))).status is expected
    assert read(wrapped({"status": change(word)}, None)).status is expected


@pytest.mark.parametrize(
    "body",
    [
        {"code": "task_not_exist", "message": "task_not_exist", "data": None},
        {"id": "t1", "status": "task_not_exist"},
        {"code": "success", "data": {"task_id": "t1", "status": "TASK_NOT_EXIST"}},
        {"error": {"code": "task_not_exist", "message": "no such task"}},
    ],
)
def test_an_answer_that_a_task_does_not_exist_is_recognised_in_each_known_form(body: object) -> None:
    assert isinstance(wire.read_task(json.dumps(body).encode()), wire.NotExist)


@pytest.mark.parametrize(
    ("outer", "inner", "output", "expected"),
    [
        # the inner word wins
        ("IN_PROGRESS", "THROTTLED", False, Status.THROTTLED),
        ("QUEUED", "RUNNING", False, Status.RUNNING),
        ("IN_PROGRESS", "SUCCEEDED", True, Status.SUCCEEDED),
        ("IN_PROGRESS", "FAILED", False, Status.FAILED),
        # an outer end beats an inner word that is no end
        ("SUCCESS", "RUNNING", True, Status.SUCCEEDED),
        ("FAILURE", "RUNNING", False, Status.FAILED),
        # … but a success without an output is none
        ("SUCCESS", "RUNNING", False, Status.RUNNING),
        # two ends: what was paid for is not thrown away
        ("SUCCESS", "FAILED", True, Status.SUCCEEDED),
        ("FAILURE", "SUCCEEDED", True, Status.SUCCEEDED),
        ("SUCCESS", "FAILED", False, Status.FAILED),
        ("FAILURE", "CANCELLED", False, Status.CANCELLED),
        # an inner word nobody knows
        ("IN_PROGRESS", "POLISHING", False, Status.RUNNING),
        ("SUCCESS", "POLISHING", True, Status.SUCCEEDED),
        ("SUCCESS", "POLISHING", False, Status.UNKNOWN),
        ("WEIRD", "RUNNING", False, Status.RUNNING),
    ],
)
def test_where_envelope_and_object_disagree_the_written_rule_decides(
    outer: str, inner: str, output: bool, expected: Status
) -> None:
    body = wrapped({"status": outer}, bare(status=inner, output=[URL] if output else []))
    assert read(body).status is expected


def test_the_raw_words_are_kept_and_unknown_ones_are_noted() -> None:
    snapshot = read(wrapped({"status": "IN_PROGRESS"}, bare(status="POLISHING")))
    assert snapshot.raw_status == "IN_PROGRESS / POLISHING"
    assert "POLISHING" in snapshot.notes[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.42, 0.42), (0, 0), (1, 1), ("42%", 0.42), ("100%", 1), ("0.5", 0.5), (42, 0.42), ("42 %", 0.42),
        (None, None), ("NaN%", None), (170, None), ("170%", None), (-0.1, None), ("-3%", None), (True, None),
        ("soon", None), ([0.4], None), ({}, None), ("", None), ("%", None),
    ],
)  # fmt: skip
def test_progress_is_a_share_or_nothing(value: object, expected: float | None) -> None:
    assert read(bare(progress=value)).progress == (pytest.approx(expected) if expected is not None else None)


def test_a_signed_url_is_whole_but_its_repr_is_not() -> None:
    (url,) = read(bare(status="SUCCEEDED", output=[URL])).output_urls
    assert url == URL
    assert "abc" not in repr(url)
    assert "abc" not in repr(read(bare(status="SUCCEEDED", output=[URL])))


@pytest.mark.parametrize(
    "output", ["javascript:alert(1)", ["file:///etc/passwd"], [None, 3], {"a": 1}, [[]], None]
)
def test_only_web_addresses_are_outputs(output: object) -> None:
    assert read(bare(status="SUCCEEDED", output=output)).output_urls == ()


@pytest.mark.parametrize(
    ("output", "quote"),
    [
        ("data:video/mp4;base64,AAAA", "data:video/mp4;base64,AAAA"),
        (["/files/clip.mp4"], "['/files/clip.mp4']"),
        ({"path": "clip.mp4"}, "{'path': 'clip.mp4'}"),
        ("x" * 5000, "x" * 80),
        ([7], "[7]"),
        ([], None), ("", None), (None, None), ([None], None), (["https://a.b/c.mp4"], None),
    ],
)  # fmt: skip
def test_an_output_that_is_no_link_is_quoted(output: object, quote: str | None) -> None:
    """A success "without a video" would be a lie, and its user could not ask anybody about it."""
    notes = read(bare(status="SUCCEEDED", output=output)).notes
    assert notes == (() if quote is None else (f"an output that is no link: {quote!r}",))
    assert read(bare(status="RUNNING", output=output)).notes == ()


def test_an_output_may_stand_in_any_known_place() -> None:
    assert read(wrapped({"status": "SUCCESS", "result_url": URL}, None)).output_urls == (URL,)
    assert read(wrapped({"status": "SUCCESS"}, bare(status="SUCCEEDED", output=URL))).output_urls == (URL,)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("error-400", ("model name is required (request id: 20260501124747351)", None, "20260501124747351")),
        ("error-500-invalid-request", ("invalid request body", "invalid_request", None)),
        ("error-503-model-not-found", (NO_CHANNEL, "model_not_found", "20261130000000000000000")),
    ],
)
def test_error_bodies_are_read(name: str, expected: tuple[str, str | None, str | None]) -> None:
    problem = wire.read_problem(sample(name))
    assert (problem.message, problem.code, problem.request_id) == expected
    assert wire.has_code(sample(name), "invalid_request") == (name == "error-500-invalid-request")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
    | st.sampled_from([*wire.STATUS_WORDS, "task_not_exist", "NaN%", URL, "2026-13-01"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["id", "task_id", "status", "data", "code", "error", "output", "progress", "failure",
                         "failureCode", "createdAt", "submit_time", "finish_time", "result_url", "message"]),
        inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@pytest.mark.parametrize("number", [10**25, 10**400, -(10**400), 1e300])
def test_a_number_beyond_all_dates_and_shares_is_no_date_and_no_share(number: float) -> None:
    snapshot = read(bare(createdAt=number, progress=number, failure=number))
    assert snapshot.created_at is None
    assert snapshot.progress is None
    assert read({"data": {"task_id": number, "status": number, "start_time": number}}).started_at is None


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_date_that_no_clock_of_this_machine_can_show_is_none(moment: str) -> None:
    assert read(bare(createdAt=moment)).created_at is None


@pytest.mark.parametrize("path", [".", "..", "", "  ", "\x00", "a\nb", "x" * 3000])
def test_an_id_that_could_not_be_asked_about_is_none(path: str) -> None:
    assert wire.read_created(json.dumps({"id": path}).encode()) is None


@given(JSON)
def test_no_json_breaks_the_readers(body: object) -> None:
    content = json.dumps(body).encode()
    assert isinstance(wire.read_task(content), (Snapshot, wire.NotExist, wire.Malformed))
    wire.read_problem(content)
    wire.read_created(content)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_readers(content: bytes) -> None:
    assert isinstance(wire.read_task(content), (Snapshot, wire.NotExist, wire.Malformed))
    wire.read_problem(content)
    wire.read_created(content)


@given(JSON)
def test_success_is_never_read_out_of_words_that_do_not_say_so(body: object) -> None:
    """A number says nothing by itself, so it may be a success beside an output and a finished time."""
    content = json.dumps(body).encode()
    snapshot = wire.read_task(content)
    if isinstance(snapshot, Snapshot) and snapshot.status is Status.SUCCEEDED:
        said = snapshot.raw_status.lower()
        numeric = re.fullmatch(r"[-+.0-9e /]+", said) and snapshot.output_urls
        assert "success" in said or "succeeded" in said or numeric
