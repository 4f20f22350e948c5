"""The words for what came of a request: what the service said, bounded and without our key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cometact_nb.api import wire
from cometact_nb.api.answers import (
    Answer,
    Lost,
    NotSent,
    describe_doubt,
    describe_unreadable,
    explain,
    hide_secrets,
    problem_of,
    safe_excerpt,
)
from cometact_nb.domain.service import Secret
from cometact_nb.domain.task import Snapshot, Status

#: A key that no pattern of keys would recognise.
KEY = "Ovid-Metamorphoses-77"
JSON = {"content-type": "application/json"}
PAGE = b"<!doctype html><title>hello</title>"
LONG = "x" * 9000


def answer(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, JSON if headers is None else headers, content, Secret(KEY))


def error(**said: object) -> bytes:
    return json.dumps({"error": said}).encode()


@pytest.mark.parametrize(
    ("status", "success"), [(199, False), (200, True), (204, True), (299, True), (300, False), (404, False)]
)
def test_only_a_2xx_is_a_success(status: int, success: bool) -> None:
    assert answer(status).is_success is success


@pytest.mark.parametrize(
    ("kind", "content", "is_page"),
    [
        ("text/html; charset=utf-8", b"sorry", True),
        ("TEXT/HTML", b"", True),
        ("application/xhtml+xml", b"", True),
        ("application/json", b"<!DOCTYPE html>", True),
        ("application/json", b"  \r\n<HTML lang=en>", True),
        ("application/json", b"<html>", True),
        ("application/json", b" " * 59 + b"<html>", True),
        ("application/json", b" " * 60 + b"<html>", False),
        ("application/json", b'{"html": "<html>"}', False),
        ("text/plain", b"<xml>", False),
        ("", b"", False),
    ],
)
def test_a_web_page_differs_from_json_by_its_label_or_its_beginning(
    kind: str, content: bytes, is_page: bool
) -> None:
    assert answer(200, content, {"content-type": kind}).is_html is is_page
    assert Answer(200, {}, content).is_html is (is_page and b"<" in content)


def test_what_nobody_gave_is_empty() -> None:
    assert Answer(200, {}, b"").key is None
    assert NotSent("no name").cure == ""
    assert Lost("reset").part is None


def test_a_web_page_instead_of_an_id_puts_the_blame_on_the_base_url() -> None:
    page = answer(200, PAGE, {"content-type": "text/html"})
    words = "may be wrong: it answered with a web page instead of JSON (HTTP 200)"
    assert describe_doubt(page, "https://a.b") == f"base_url='https://a.b' {words}"
    assert describe_doubt(page, "") == f"the base URL {words}"
    labelled = answer(200, b"{}", {"content-type": "text/html"})
    assert describe_doubt(labelled, "") == "the service answered HTTP 200 without a task id"


def test_a_doubt_says_the_status_and_what_the_service_said() -> None:
    assert describe_doubt(answer(502), "") == "the service answered HTTP 502"
    assert (
        describe_doubt(answer(502, error(message="try later")), "")
        == "the service answered HTTP 502: try later"
    )
    assert describe_doubt(answer(200, b'{"message": "queued"}'), "") == (
        "the service answered HTTP 200 without a task id: queued"
    )


def test_of_an_answer_in_doubt_4000_characters_are_kept_without_our_key() -> None:
    assert safe_excerpt(answer(200, f"you are {KEY}".encode())) is not None
    assert KEY not in str(safe_excerpt(answer(200, f"you are {KEY}".encode())))
    assert len(safe_excerpt(answer(200, LONG.encode())) or "") == 4000
    assert len(safe_excerpt(answer(200, ("\N{GRINNING FACE}" * 9000).encode())) or "") == 4000
    assert safe_excerpt(answer(200, b"a\nb \xff ")) == "a\nb \N{REPLACEMENT CHARACTER}"
    assert safe_excerpt(answer(200)) is None
    assert safe_excerpt(answer(200, b" \n ")) is None


def test_of_the_headers_ten_that_may_name_the_task_are_kept() -> None:
    names = ["Location", "x-task-id", "request_id", "id", *(f"x{number}-id" for number in range(8))]
    headers = dict.fromkeys([*names, "idle", "x-location", "date", "grid"], "https://a.b/t?sig=SIGNED")
    lines = (safe_excerpt(answer(202, b"queued", headers)) or "").splitlines()
    assert [line.partition(":")[0] for line in lines] == [*names[:10], "queued"]
    assert lines[0] == "Location: https://a.b/t?…"
    assert safe_excerpt(Answer(202, {"x-id": KEY}, b"", Secret(KEY))) != f"x-id: {KEY}"


def test_a_problem_is_bounded_and_has_our_key_in_no_part() -> None:
    said = problem_of(answer(400, error(message=f"m {KEY}", code=f"c {KEY}", param=f"p {KEY}")))
    assert KEY not in repr(said)
    assert (said.message[:2], str(said.code)[:2], str(said.param)[:2]) == ("m ", "c ", "p ")
    long = problem_of(answer(400, error(message=LONG, code=LONG, param=LONG)))
    assert len(long.message) == 2000
    assert {len(str(long.code)), len(str(long.param))} == {80}
    none = problem_of(answer(400, b"no"))
    assert (none.code, none.param) == (None, None)


def test_a_poll_s_answer_that_holds_no_task_is_shown_short() -> None:
    why = wire.Malformed("an answer that is no task")
    assert describe_unreadable(answer(200, PAGE, {"content-type": "text/html"}), why) == (
        "HTTP 200: a web page instead of JSON"
    )
    assert describe_unreadable(answer(200, b'{"a": 1}', {"content-type": "text/html"}), why) == (
        'an answer that is no task (HTTP 200: {"a": 1})'
    )
    assert describe_unreadable(answer(204), why) == "an answer that is no task (HTTP 204: nothing)"
    shown_long = describe_unreadable(answer(200, b"x" * 1000), why)
    assert shown_long == f"an answer that is no task (HTTP 200: {'x' * 159}…)"


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (400, "Mend the request"), (401, "COMETAPI_KEY"), (402, "no credit"), (403, "may not use this model"),
        (404, "base URL"), (405, "base URL"), (413, "https URLs"), (422, "Mend the request"),
        (429, "Too many requests"),
    ],
)  # fmt: skip
def test_each_refusal_that_is_known_comes_with_its_cure(status: int, cure: str) -> None:
    refused = answer(status, error(message=" no. "))
    words = explain(refused, problem_of(refused))
    assert words.startswith(f"HTTP {status}: no. ")
    assert cure in words
    silent = explain(answer(status), wire.Problem())
    assert silent.startswith(f"HTTP {status}. ")


def test_a_refusal_without_a_known_cure_says_what_the_service_said() -> None:
    assert explain(answer(418, error(message="no")), wire.Problem("no")) == "HTTP 418: no."
    assert explain(answer(418), wire.Problem()) == "HTTP 418."
    assert explain(answer(418), wire.Problem(" no model X... ")) == "HTTP 418: no model X."


def test_no_channel_has_a_cure_of_its_own_whatever_the_status() -> None:
    words = explain(answer(404), wire.Problem("no", code="model_not_found"))
    assert "nothing was bought" in words
    assert "base URL" not in words


@pytest.mark.parametrize(("status", "is_redirect"), [(299, False), (300, True), (399, True), (400, False)])
def test_a_redirect_is_a_3xx(status: int, is_redirect: bool) -> None:
    words = explain(answer(status), wire.Problem())
    assert (f"a redirect (HTTP {status}) instead of JSON" in words) is is_redirect


def test_a_refusal_by_a_firewall_is_a_web_page_and_json_labelled_as_one_is_not() -> None:
    assert "a web page instead of JSON, as a firewall" in explain(answer(403, PAGE, {}), wire.Problem())
    labelled = answer(403, error(message="no"), {"content-type": "text/html"})
    assert explain(labelled, problem_of(labelled)).startswith("HTTP 403: no.")


def test_of_a_task_every_foreign_word_is_bounded_and_without_our_key() -> None:
    plain = Snapshot(status=Status.RUNNING, raw_status="RUNNING")
    assert hide_secrets(plain, answer(200)) is plain
    secret = f"x {KEY}"
    seen = Snapshot(
        status=Status.FAILED, raw_status=secret, failure=secret, failure_code=secret, notes=(secret, secret)
    )
    safe = hide_secrets(seen, answer(200))
    words = [safe.raw_status, safe.failure, safe.failure_code, *safe.notes]
    assert len(words) == 5
    assert all(str(word).startswith("x ") and KEY not in str(word) for word in words)
    for field in ("failure", "failure_code", "notes"):
        said: dict[str, Any] = {field: (secret,) if field == "notes" else secret}
        one = Snapshot(status=Status.FAILED, raw_status="F", **said)
        made = hide_secrets(one, answer(200))
        assert KEY not in str([made.failure, made.failure_code, made.notes])
        assert (made.failure is None, made.failure_code is None) == (
            field != "failure",
            field != "failure_code",
        )
    long = hide_secrets(
        Snapshot(status=Status.FAILED, raw_status=LONG, failure=LONG, failure_code=LONG), answer(200)
    )
    assert len(long.failure or "") == 2000
    assert len(long.failure_code or "") == 80
    assert len(long.raw_status) == 200
