"""Every HTTP status with every kind of body: what a paid POST and a free poll make of it.

The expectations are written by hand from the vendor's pages (error codes and retry strategy) and from what was
seen live; they share no code with the package.
"""

from __future__ import annotations

import json

import pytest
from verdicts import rows

from cometact_nb.api import flow

NOW = 1_800_000_000.0
ID = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
PAGE = b"<!doctype html><html><title>Just a moment...</title></html>"
JSON, HTML = {"content-type": "application/json"}, {"content-type": "text/html; charset=utf-8"}


def error(code: str, kind: str = "comet_api_error") -> bytes:
    return json.dumps({"error": {"message": "no", "type": kind, "param": "", "code": code}}).encode()


#: What a body is -> its bytes and its headers.
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "id": (json.dumps({"id": ID}).encode(), JSON),
    "id, labelled as HTML": (json.dumps({"id": ID}).encode(), HTML),
    "task": (json.dumps({"id": ID, "status": "RUNNING"}).encode(), JSON),
    "no id": (b'{"code": "success", "message": "", "data": {"queued": true}}', JSON),
    "no id, labelled as HTML": (b'{"code": "success", "message": "", "data": {}}', HTML),
    "web page": (PAGE, HTML),
    "web page, labelled as JSON": (PAGE, JSON),
    "empty": (b"", {}),
    "garbage": (b"\xff\x00\x8fjunk", JSON),
    "invalid_request": (error("invalid_request"), JSON),
    "INVALID_REQUEST, labelled as HTML": (error("INVALID_REQUEST"), HTML),
    "invalid_request as a type": (error("", "invalid_request"), JSON),
    "model_not_found": (error("model_not_found"), JSON),
    "task_not_exist": (b'{"code": "task_not_exist", "message": "task_not_exist", "data": null}', JSON),
    "error, with the request's id": (error("x")[:-1] + b', "id": "req-20261201-7"}', JSON),
}
WITH_ID = {"id", "id, labelled as HTML", "task"}
SAYS_INVALID = {"invalid_request", "INVALID_REQUEST, labelled as HTML"}
#: What came -> the verdict on a paid POST; the first row that fits counts.
REFUSED_4XX = set(range(400, 500)) - {408, 409, 425, 429, 499}


def expected_of_post(status: int, body: str) -> str:
    if 200 <= status < 300:
        return "created" if body in WITH_ID else "doubt"
    if 300 <= status < 500 and body in WITH_ID:  # the status says no, and the body yes
        return "doubt"
    if status == 429:
        return "again"
    if 300 <= status < 400 or status in REFUSED_4XX:
        return "refused"
    if status == 500 and body in SAYS_INVALID:
        return "refused"
    return "refused" if status == 503 and body == "model_not_found" else "doubt"


def expected_of_poll(status: int, body: str) -> str:
    if body == "task_not_exist":
        return "not yet"
    if 200 <= status < 300:
        return "seen" if body in WITH_ID else "later"
    empty = "empty" if body in WITH_ID else body
    return "refused, later" if expected_of_post(status, empty) == "refused" else "later"


def verdict_on_post(outcome: flow.Outcome) -> str:
    verdict = flow.judge_create(outcome, NOW, "https://api.example.com")
    match verdict:
        case flow.Created(id=task_id):
            assert task_id == ID
            return "created"
        case flow.Declined(again=again):
            assert verdict.message
            return "again" if again else "refused"
        case flow.Doubtful():
            assert verdict.reason
    return "doubt"


def verdict_on_poll(outcome: flow.Outcome) -> str:
    match flow.judge_poll(outcome, NOW, ID):
        case flow.News():
            return "seen"
        case flow.NotYet():
            return "not yet"
        case flow.TryLater(is_refusal=True):
            return "refused, later"
    return "later"


@pytest.mark.parametrize("body", BODIES)
def test_each_status_means_for_the_paid_post_what_the_table_says(body: str) -> None:
    content, headers = BODIES[body]
    got = {status: verdict_on_post(flow.Answer(status, headers, content)) for status in range(100, 600)}
    assert got == {status: expected_of_post(status, body) for status in range(100, 600)}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_broke_off_after_its_last_byte_means_the_same(body: str) -> None:
    content, headers = BODIES[body]
    for status in range(100, 600):
        lost = flow.Lost("the connection broke", flow.Answer(status, headers, content))
        assert verdict_on_post(lost) == expected_of_post(status, body), status


@pytest.mark.parametrize("body", BODIES)
def test_each_status_means_for_a_poll_what_the_table_says(body: str) -> None:
    content, headers = BODIES[body]
    for status in range(100, 600):
        assert verdict_on_poll(flow.Answer(status, headers, content)) == expected_of_poll(status, body), (
            status
        )


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 413, 422, 429])
@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (json.dumps({"code": "success", "message": "", "data": ID}).encode(), "doubt"),
        (json.dumps({"data": {"task_id": ID}}).encode(), "doubt"),
        (ID.encode(), "doubt"),
        (b'{"id": "req-20261201-7", "message": "invalid token"}', "refused"),
        (b'{"id": "unauthorized", "error": "invalid token"}', "refused"),
        (b'{"id": ""}', "refused"),
    ],
)
def test_a_task_s_id_beside_a_refusing_status_is_doubt_and_a_request_s_id_beside_an_error_is_none(
    status: int, content: bytes, verdict: str
) -> None:
    expected = "again" if status == 429 and verdict == "refused" else verdict
    assert verdict_on_post(flow.Answer(status, JSON, content)) == expected


@pytest.mark.parametrize("status", [0, 99, 600, 999])
@pytest.mark.parametrize("body", sorted(set(BODIES) - WITH_ID))
def test_a_status_that_http_does_not_know_is_doubt(status: int, body: str) -> None:
    content, headers = BODIES[body]
    assert verdict_on_post(flow.Answer(status, headers, content)) == "doubt"


def test_silence_is_doubt_and_what_was_never_sent_is_refused() -> None:
    assert verdict_on_post(flow.Lost("no answer in time")) == "doubt"
    assert verdict_on_post(flow.NotSent("the connection was refused")) == "again"
    assert verdict_on_post(flow.NotSent("a header cannot be written", cure="Set it again.")) == "refused"
    assert verdict_on_poll(flow.Lost("no answer in time")) == "later"
    assert verdict_on_poll(flow.NotSent("the connection was refused")) == "later"


@pytest.mark.parametrize(
    ("status", "body", "general"),
    [
        (401, "no id", True), (403, "web page", True), (404, "empty", True), (405, "garbage", True),
        (402, "no id", True), (429, "no id", True), (302, "empty", True), (503, "model_not_found", True),
        (404, "model_not_found", True), (400, "no id", False), (413, "web page", False), (422, "no id", False),
        (500, "invalid_request", False),
    ],
)  # fmt: skip
def test_a_refusal_says_whether_every_other_request_would_meet_it(
    status: int, body: str, general: bool
) -> None:
    content, headers = BODIES[body]
    verdict = flow.judge_create(flow.Answer(status, headers, content), NOW)
    assert isinstance(verdict, flow.Declined)
    assert verdict.is_general is general


def test_the_printed_table_says_which_outcomes_are_refusals_and_which_are_doubt() -> None:
    statuses = [status for _, status in rows()]
    assert statuses == ["PENDING", *["REFUSED"] * 6, *["UNCONFIRMED"] * 5]
