"""Each field of an answer alone: which spelling is read, where the limits are, and what is nothing."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from cometact_nb.api import wire
from cometact_nb.domain.task import Snapshot, Status

NAME = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
URL = "https://cdn.example.com/a.mp4"


def content(body: object) -> bytes:
    return json.dumps(body).encode()


def read(body: object, asked: str = "") -> Snapshot:
    snapshot = wire.read_task(content(body), asked)
    assert isinstance(snapshot, Snapshot)
    return snapshot


def field(name: str, value: object, **others: object) -> Any:
    """A task with one field."""
    return read({"id": "t", "status": "RUNNING", name: value, **others})


# --- create -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [None, "", "success", "ok", 0, "0", 200, "200"])
def test_beside_a_code_of_success_data_may_be_the_id_itself(code: object) -> None:
    assert wire.read_created(content({"code": code, "message": "", "data": f" {NAME} "})) == NAME
    assert wire.read_created(content({"data": NAME})) == NAME


@pytest.mark.parametrize("code", ["error", "fail", 1, 400, "500", [], "OKAY"])
def test_beside_any_other_code_data_is_no_id(code: object) -> None:
    assert wire.read_created(content({"code": code, "data": NAME})) is None


@pytest.mark.parametrize(
    ("data", "is_id"),
    [
        ("abc123", True), ("ab-c1.2:=+~_", True), ("abc12", False), ("abcdef", False), ("abc 123", False),
        ("abc/123", False), (123456, False), (["abc123"], False), (None, False),
    ],
)  # fmt: skip
def test_a_text_is_an_id_if_it_has_a_digit_and_at_least_six_characters(data: object, is_id: bool) -> None:
    assert wire.read_created(content({"code": "success", "data": data})) == (data if is_id else None)


def test_an_id_in_a_field_needs_no_form_but_must_be_asked_about() -> None:
    for name in ("id", "task_id", "taskId"):
        assert wire.read_created(content({name: " job one "})) == "job one"
    assert wire.read_created(content({"id": "X.X"})) == "X.X"
    assert wire.read_created(content({"id": "x" * 1000})) == "x" * 1000
    assert wire.read_created(content({"id": "x" * 1001})) is None
    assert wire.read_created(content({"id": "...", "data": {"id": "good-1"}})) == "good-1"
    assert wire.read_created(content({"id": ".a."})) == ".a."


def test_the_gateway_s_own_id_comes_before_runway_s_and_before_the_request_s() -> None:
    both = {"id": "runway", "task_id": "gateway"}
    assert wire.read_created(content(both)) == "gateway"
    assert (
        wire.read_created(content({"code": "success", "id": "request-7", "data": {"id": "runway"}}))
        == "runway"
    )
    assert wire.read_created(content({"task_id": "outer", "data": {"task_id": "inner"}})) == "outer"
    assert wire.read_created(content({"task_id": "a", "taskId": "b"})) == "a"
    assert wire.read_created(content({"id": "a", "taskId": "b"})) == "b"


def test_an_error_anywhere_in_the_answer_means_no_id_and_an_empty_one_means_nothing() -> None:
    assert wire.read_created(content({"id": NAME, "error": {"code": "x"}})) is None
    assert wire.read_created(content({"data": {"id": NAME, "error": "no"}})) is None
    nothings: tuple[Any, ...] = (None, "", {}, [], 0, False)
    for nothing in nothings:
        assert wire.read_created(content({"id": NAME, "error": nothing})) == NAME


def test_only_a_whole_uuid_is_an_id_without_any_field() -> None:
    for text in (NAME, NAME.upper(), f"  {NAME}\r\n", json.dumps(f" {NAME} ")):
        assert (wire.read_created(text.encode()) or "").lower() == NAME
    for text in (NAME[:-1], f"{NAME}0", f"id {NAME}", NAME.replace("-", "")):
        assert wire.read_created(text.encode()) is None


# --- which task -------------------------------------------------------------------------------------


def test_an_answer_about_another_task_names_it_and_case_does_not_matter() -> None:
    assert wire.read_task(content({"id": "OTHER", "status": "RUNNING"}), "mine") == wire.Other("OTHER")
    for asked in ("Mine", " mine ", "MINE"):
        assert read({"id": "mine", "status": "RUNNING"}, asked).status is Status.RUNNING
    assert read(
        {"task_id": "gateway", "status": "QUEUED", "data": {"id": "mine", "status": "RUNNING"}}, "mine"
    )
    assert read({"status": "RUNNING"}, "mine").id == ""


def test_a_task_has_the_id_that_it_was_asked_about_by() -> None:
    both = {"task_id": "gateway", "status": "QUEUED", "data": {"id": "Mine", "status": "RUNNING"}}
    assert read(both, " mine ").id == "mine"
    assert read(both).id == "gateway"


def test_an_envelope_that_says_how_it_ended_is_heard_also_when_it_names_no_task() -> None:
    assert read({"status": "FAILURE", "data": {"status": "RUNNING"}}).status is Status.FAILED


def test_what_is_no_task_is_named() -> None:
    assert wire.read_task(b"<html>") == wire.Malformed("an answer that is no JSON object")
    for body in (
        {"message": "hi"},
        {"code": "success", "data": {}, "id": "request-7"},
        {"id": "t", "error": "x"},
    ):
        assert isinstance(wire.read_task(content(body)), wire.Malformed)


@pytest.mark.parametrize(
    "body",
    [
        {"id": "t"},
        {"id": "t", "status": ""},
        {"id": "t", "status": None},
        {"id": "t", "code": "success"},
        {"id": "t", "data": {}},
        {"task_id": "t", "code": "success", "data": {}},
        {"code": "success", "data": {"id": "t"}},
        {"status": 200, "data": {"id": "t", "status": "RUNNING"}},
    ],
)
def test_an_object_with_an_id_is_a_task_unless_it_is_an_envelope(body: object) -> None:
    assert read(body).id == "t"


def test_a_number_as_status_of_an_envelope_is_no_word_about_the_task() -> None:
    snapshot = read({"status": 200, "data": {"id": "t", "status": "RUNNING"}})
    assert (snapshot.status, snapshot.raw_status, snapshot.notes) == (Status.RUNNING, "RUNNING", ())
    with_id = read({"task_id": "t", "status": 3, "data": {"status": "RUNNING"}})
    assert (with_id.status, with_id.raw_status) == (Status.RUNNING, "3 / RUNNING")


def test_five_objects_inside_each_other_are_looked_into_and_not_six() -> None:
    def inside(depth: int) -> dict[str, Any]:
        body: dict[str, Any] = {"id": "t", "status": "RUNNING"}
        for _ in range(depth):
            body = {"data": body}
        return body

    assert read(inside(4)).id == "t"
    assert isinstance(wire.read_task(content(inside(5))), wire.Malformed)


# --- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", Status.PENDING), ("Throttled", Status.THROTTLED), ("RUNNING", Status.RUNNING),
        ("succeeded", Status.SUCCEEDED), ("failed", Status.FAILED), ("cancelled", Status.CANCELLED),
        ("canceled", Status.CANCELLED), ("not_start", Status.PENDING), ("NOT-START", Status.PENDING),
        ("submitted", Status.PENDING), ("queued", Status.PENDING), (" in_progress ", Status.RUNNING),
        ("in-progress", Status.RUNNING), ("success", Status.SUCCEEDED), ("failure", Status.FAILED),
        ("completed", Status.SUCCEEDED), ("unknown", Status.UNKNOWN),
    ],
)  # fmt: skip
def test_each_documented_word_has_its_meaning(word: str, status: Status) -> None:
    snapshot = read({"id": "t", "status": word})
    assert (snapshot.status, snapshot.raw_status, snapshot.notes) == (status, word, ())


def test_a_word_that_nobody_knows_is_shown_raw_and_cut_and_noted() -> None:
    snapshot = read({"id": "t", "status": "x" * 100})
    assert (snapshot.status, snapshot.raw_status) == (Status.UNKNOWN, "x" * 80)
    assert snapshot.notes == (f"unknown status word {'x' * 80!r}",)


@pytest.mark.parametrize("word", ["3", "٣", 3, 2.5, " 7 ", True, "brewing", "成功", "unknown"])
def test_a_number_or_a_word_nobody_knows_is_a_success_beside_a_clip_and_an_end(word: object) -> None:
    facts = {"task_id": "t", "status": word, "result_url": URL}
    assert read({**facts, "progress": 1}).status is Status.SUCCEEDED
    assert read({**facts, "finish_time": 1773366890}).status is Status.SUCCEEDED
    assert read({**facts, "progress": 0.9}).status is Status.UNKNOWN
    assert read(facts).status is Status.UNKNOWN
    assert read({**facts, "result_url": None, "progress": 1}).status is Status.UNKNOWN
    mixed = {**facts, "progress": 1, "data": {"status": "RUNNING"}}
    assert read(mixed).status is Status.RUNNING


# --- fields -----------------------------------------------------------------------------------------


def test_the_inner_field_wins_and_the_first_name_before_the_second() -> None:
    outer = {
        "task_id": "t",
        "status": "FAILURE",
        "fail_reason": "outer",
        "progress": "10%",
        "submit_time": 1000,
    }
    inner = {"id": "t", "status": "FAILED", "failure": "inner", "failureCode": "INTERNAL", "progress": 0.5}
    snapshot = read({**outer, "data": {**inner, "createdAt": "1970-01-01T00:00:05Z"}})
    assert (snapshot.failure, snapshot.failure_code, snapshot.progress) == ("inner", "INTERNAL", 0.5)
    assert snapshot.created_at == 5
    assert read({**outer, "data": {"id": "t", "status": "FAILED"}}).failure == "outer"
    assert read({**outer, "failure": "first"}).failure == "first"
    times = {"submit_time": 10, "start_time": 20, "finish_time": 30}
    timed = read({"task_id": "t", "status": "SUCCESS", **times})
    assert (timed.created_at, timed.started_at, timed.finished_at) == (10, 20, 30)


def test_words_about_a_failure_are_read_of_a_failure_alone() -> None:
    facts = {"failure": "x", "fail_reason": "y", "failureCode": "INTERNAL"}
    running = read({"id": "t", "status": "RUNNING", **facts})
    assert (running.failure, running.failure_code) == (None, None)
    empty = read({"id": "t", "status": "FAILED", "failure": "", "fail_reason": "y", "failureCode": ""})
    assert (empty.failure, empty.failure_code) == ("y", None)
    number = read({"id": "t", "status": "FAILED", "failure": 17, "failureCode": 2.5})
    assert (number.failure, number.failure_code) == ("17", "2.5")
    odd = read({"id": "t", "status": "FAILED", "failure": True, "failureCode": ["x"]})
    assert (odd.failure, odd.failure_code) == (None, None)
    long = read({"id": "i" * 3000, "status": "FAILED", "failure": "x" * 3000})
    assert (len(long.id), len(long.failure or "")) == (2000, 2000)


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("100", 1), (100, 1), (1.5, 0.015), ("1", 1), ("1%", 0.01), ("0%", 0), (" 42% ", 0.42), ("42", 0.42),
        (100.5, None), ("100.5%", None), ("101", None), (-1, None), ("inf", None), ("1e400", None), (False, None),
    ],
)  # fmt: skip
def test_a_number_above_one_or_with_a_sign_is_a_percentage(value: object, share: float | None) -> None:
    assert field("progress", value).progress == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1773366766, 1773366766), (1773366766.5, 1773366766.5), (1773366766123, 1773366766.123), (0, None),
        (-5, None), (1, 1), (100_000_000_000, 100_000_000_000), (100_000_000_001, 100_000_000.001),
        ("2026-05-01T12:47:47.351Z", 1777639667.351), ("2026-05-01T14:47:47.351+02:00", 1777639667.351),
        ("2026-05-01T12:47:47.351", 1777639667.351), ("1970-01-01T00:00:00Z", None), ("yesterday", None),
        ("9998-12-31T23:59:59Z", 253_370_764_799), ("9999-01-01T00:00:00Z", None),
        ("1773366766", None), (True, None), (None, None), ([1773366766], None),
    ],
)  # fmt: skip
def test_a_time_is_unix_seconds_milliseconds_or_an_iso_date_in_utc(
    value: object, seconds: float | None
) -> None:
    found = field("createdAt", value).created_at
    assert found == (None if seconds is None else pytest.approx(seconds, abs=1e-4))


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's time zone cannot be set for a process")
def test_a_time_without_a_zone_is_in_utc_wherever_this_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setenv("TZ", "America/New_York")
        time.tzset()
        found = field("createdAt", "2026-05-01T12:47:47").created_at
    time.tzset()
    assert found == 1777639667


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        (URL, [URL]), (f" {URL} ", [URL]), (URL.upper(), [URL.upper()]), ("http://a.b/c", ["http://a.b/c"]),
        (f"see {URL}", []), (f"{URL} x", []), ("ftp://a.b/c", []), ([URL, URL, "http://a.b/c"], [URL, "http://a.b/c"]),
        ({"uri": URL}, [URL]), ({"video_url": URL}, [URL]), ({"result_url": URL}, [URL]), ({"href": URL}, []),
        ({"url": "", "uri": URL}, [URL]), ({"url": URL, "uri": "http://a.b/c"}, [URL]), ([[URL]], [URL]),
        ([[[URL]]], [URL]), ([[[[URL]]]], []), (json.dumps([URL]), [URL]), (json.dumps({"url": URL}), [URL]),
        (json.dumps(json.dumps([URL])), []), ([json.dumps([URL])], [URL]), ({"url": {"url": {"url": URL}}}, [URL]),
        ({"url": {"url": {"url": {"url": URL}}}}, []), (17, []), (True, []), ("[", []), ("", []),
        ([None, 3, URL], [URL]), ([[json.dumps([URL])]], []), ([[[json.dumps([URL])]]], []),
    ],
)  # fmt: skip
def test_the_addresses_of_clips_are_read_in_every_form(value: object, urls: list[str]) -> None:
    assert list(field("output", value).output_urls) == urls


def test_an_output_comes_before_the_gateway_s_links_and_a_reason_is_one_on_success_alone() -> None:
    one, two, three, four = (f"https://a.b/{number}.mp4" for number in range(4))
    links = {"result_url": two, "video_url": three, "fail_reason": four}
    done = {"task_id": "t", "status": "SUCCESS"}
    assert read({**done, **links, "output": [one]}).output_urls == (one,)
    assert read({**done, **links, "output": []}).output_urls == (two,)
    assert read({**done, "video_url": three, "fail_reason": four}).output_urls == (three,)
    assert read({**done, "fail_reason": four}).output_urls == (four,)
    assert read({"task_id": "t", "status": "IN_PROGRESS", "fail_reason": four}).output_urls == ()


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ({"credits": 25}, 25),
        ({"credits": 0}, 0),
        ({"credits": -0.5}, None),
        ({"credit": 25}, None),
        (25, None),
    ],
)
def test_credits_are_read_of_their_object(value: object, number: float | None) -> None:
    assert field("cost", value).credits == number
    assert field("cost", value).estimated_credits is None
    assert field("estimatedCost", value).estimated_credits == number


@pytest.mark.parametrize("number", ["1e999", "NaN", "Infinity"])
def test_a_number_of_credits_that_is_none_is_not_kept(number: str) -> None:
    body = f'{{"id": "t", "status": "RUNNING", "cost": {{"credits": {number}}}}}'
    snapshot = wire.read_task(body.encode())
    assert isinstance(snapshot, Snapshot)
    assert snapshot.credits is None


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "m", "code": "c", "param": "p"}}, ("m", "c", "p", None)),
        ({"error": "m", "code": "c", "param": "p"}, ("m", "c", None, None)),
        ({"message": "m", "code": "c", "param": "p"}, ("m", "c", "p", None)),
        ({"error": {"message": "m", "code": "", "param": ""}}, ("m", None, None, None)),
        ({"error": {"message": None, "code": 17}}, ("", "17", None, None)),
        (
            {"error": {"message": "no (Request ID:abc-1.2)"}},
            ("no (Request ID:abc-1.2)", None, None, "abc-1.2"),
        ),
        ({"error": {"message": "request id: abc"}}, ("request id: abc", None, None, None)),
        ([1], ("", None, None, None)),
    ],
)
def test_an_error_is_read_in_each_form(body: object, expected: tuple[object, ...]) -> None:
    problem = wire.read_problem(content(body))
    assert (problem.message, problem.code, problem.param, problem.request_id) == expected
    cut = wire.read_problem(content(body)[:-1])
    assert (cut.message, cut.code) == expected[:2]


def test_nothing_is_known_of_an_empty_problem() -> None:
    assert wire.Problem() == wire.Problem(message="", code=None, param=None, request_id=None)
    assert not wire.Problem().is_about_model
    assert wire.Problem(code=" Model_Not_Found ").is_about_model


def test_a_code_is_read_in_any_case_and_not_from_a_message_or_a_type() -> None:
    assert wire.has_code(content({"error": {"code": " Invalid_Request "}}), "invalid_request")
    assert not wire.has_code(content({"error": {"type": "invalid_request"}}), "invalid_request")
    assert not wire.has_code(content({"error": {"message": "invalid_request"}}), "invalid_request")
    assert not wire.has_code(b"", "invalid_request")


def test_what_is_no_object_and_no_list_is_no_json() -> None:
    assert [wire.is_no_json(body) for body in (b"{}", b"[]", b"<p>", b"7", b'"x"', b"")] == [
        False, False, True, True, True, True,
    ]  # fmt: skip
