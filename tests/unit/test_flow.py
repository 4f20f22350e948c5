"""What may be sent again, and how long a refusal is waited out."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from http_answers import HTML, INVALID, JSON, NOW, answer

from cometact_nb.api import flow
from cometact_nb.domain.service import Secret

NO_CHANNEL = (Path(__file__).parents[1] / "wire" / "error-503-model-not-found.json").read_bytes()


SIGNED = "https://x.example/a.png?token=TOKEN"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422, 301, 302, 307])
def test_a_clear_refusal_of_the_post_is_final(status: int) -> None:
    verdict = flow.judge_create(answer(status), NOW)
    assert isinstance(verdict, flow.Declined)
    assert not verdict.again
    assert verdict.sent
    assert verdict.status == status


@pytest.mark.parametrize("status", [408, 409, 425, 499, 500, 501, 502, 503, 504, 520, 522, 524, 599])
def test_a_server_error_or_a_gateway_s_timeout_leaves_the_outcome_of_the_post_unknown(status: int) -> None:
    assert isinstance(flow.judge_create(answer(status), NOW), flow.Doubtful)


def test_a_500_that_says_invalid_request_is_a_refusal() -> None:
    verdict = flow.judge_create(answer(500, INVALID), NOW)
    assert isinstance(verdict, flow.Declined)
    assert not verdict.again


def test_a_429_may_be_sent_again_and_so_may_what_was_never_sent() -> None:
    busy = flow.judge_create(answer(429, retry_after="7"), NOW)
    assert isinstance(busy, flow.Declined)
    assert (busy.again, busy.retry_after_s) == (True, 7)
    never = flow.judge_create(flow.NotSent("refused"), NOW)
    assert isinstance(never, flow.Declined)
    assert (never.again, never.sent) == (True, False)


def test_a_lost_answer_leaves_the_outcome_unknown_and_says_why() -> None:
    assert flow.judge_create(flow.Lost("no answer in time"), NOW) == flow.Doubtful("no answer in time")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"id": null}', b'{"id": 7}', b'{"id"', b"null"])
def test_a_200_without_an_id_leaves_the_outcome_unknown(content: bytes) -> None:
    assert isinstance(flow.judge_create(answer(200, content), NOW), flow.Doubtful)


@pytest.mark.parametrize("content", [HTML, b"sorry"])
def test_a_web_page_with_status_200_is_doubt_and_names_the_base_url_first(content: bytes) -> None:
    page = flow.Answer(200, {"content-type": "text/html"}, content)
    verdict = flow.judge_create(page, NOW, "https://api.example.com")
    assert isinstance(verdict, flow.Doubtful)
    assert verdict.reason.startswith("base_url='https://api.example.com' may be wrong")


@pytest.mark.parametrize("status", [401, 403, 413, 429])
def test_a_web_page_with_a_4xx_is_no_redirect(status: int) -> None:
    verdict = flow.judge_create(flow.Answer(status, {"content-type": "text/html"}, HTML), NOW)
    assert isinstance(verdict, flow.Declined)
    assert verdict.message.startswith(f"HTTP {status}: a web page instead of JSON")
    assert "redirect" not in verdict.message
    assert "base URL" not in verdict.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_named_and_points_at_the_base_url(status: int) -> None:
    verdict = flow.judge_create(answer(status), NOW)
    assert isinstance(verdict, flow.Declined)
    assert f"a redirect (HTTP {status})" in verdict.message
    assert "base URL" in verdict.message


def test_what_came_instead_of_an_id_is_kept_bounded_and_without_secrets() -> None:
    key = Secret("sk-canary-key-5f2d")
    body = b'{"code": "success", "ticket": 17, "you": "sk-canary-key-5f2d", "at": "https://x.example/a?sig=SIGNED"}'
    verdict = flow.judge_create(flow.Answer(200, JSON, body, key), NOW)
    assert isinstance(verdict, flow.Doubtful)
    assert verdict.answer is not None
    assert '"ticket": 17' in verdict.answer
    assert "sk-canary" not in verdict.answer
    assert "SIGNED" not in verdict.answer
    long = flow.judge_create(flow.Answer(502, {}, b"x y " * 100_000), NOW)
    assert isinstance(long, flow.Doubtful)
    assert len(long.answer or "") == 4000
    assert flow.judge_create(flow.Answer(502, {}, b""), NOW) == flow.Doubtful("the service answered HTTP 502")


def test_what_had_come_of_an_answer_is_kept_and_the_break_is_named() -> None:
    part = flow.Answer(200, JSON, b'{"id": "5b91e444-c232-')
    verdict = flow.judge_create(flow.Lost("the connection broke", part), NOW)
    assert isinstance(verdict, flow.Doubtful)
    assert verdict.answer == '{"id": "5b91e444-c232-'
    assert verdict.reason.endswith("without a task id, and the connection broke")


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_our_own_key_and_signed_links_stand_in_no_message(status: int) -> None:
    said = {
        "message": "bad key sk-canary-key-5f2d for https://x.example/a.png?X-Amz-Signature=SIGNED\x1b[2J",
        "code": "invalid_request",
        "param": "sk-canary-key-5f2d",
    }
    got = flow.Answer(status, JSON, json.dumps({"error": said}).encode(), Secret("sk-canary-key-5f2d"))
    verdict = flow.judge_create(got, NOW)
    assert isinstance(verdict, flow.Declined)
    for words in (repr(verdict), verdict.message, repr(got.key), repr(flow.judge_poll(got, NOW))):
        assert "sk-canary" not in words
        assert "SIGNED" not in words
        assert "\x1b" not in words


def test_a_failure_s_words_hold_no_key_and_no_signature() -> None:
    task = {
        "id": "t1",
        "status": "FAILED",
        "failureCode": "ASSET.INVALID",
        "failure": f"cannot read {SIGNED}",
    }
    seen = flow.judge_poll(flow.Answer(200, JSON, json.dumps(task).encode()), NOW, "t1")
    assert isinstance(seen, flow.News)
    assert "https://x.example/a.png" in (seen.snapshot.failure or "")
    assert "TOKEN" not in repr(seen)


def test_no_channel_for_the_model_is_a_refusal_and_says_what_it_is() -> None:
    verdict = flow.judge_create(answer(503, NO_CHANNEL), NOW)
    assert isinstance(verdict, flow.Declined)
    assert "no channel for this model" in verdict.message
    assert "nothing was bought" in verdict.message


def test_a_request_that_no_repetition_mends_is_not_repeated() -> None:
    verdict = flow.judge_create(
        flow.NotSent("the certificate is not trusted", cure="Set SSL_CERT_FILE."), NOW
    )
    assert isinstance(verdict, flow.Declined)
    assert (verdict.again, verdict.sent) == (False, False)
    assert verdict.message == (
        "The service was not reached: the certificate is not trusted. Set SSL_CERT_FILE."
    )


@pytest.mark.parametrize(
    "body",
    [
        {"id": "other", "status": "SUCCEEDED"},
        {"task_id": "other", "status": "SUCCESS", "result_url": "https://x.example/a.mp4"},
        {"code": "success", "data": {"task_id": "other", "status": "SUCCESS", "data": {"id": "other-2"}}},
    ],
)
def test_an_answer_about_another_task_is_not_believed_and_said(body: object) -> None:
    verdict = flow.judge_poll(flow.Answer(200, JSON, json.dumps(body).encode()), NOW, "mine")
    assert isinstance(verdict, flow.TryLater)
    assert verdict.is_refusal
    assert "about task other" in verdict.reason
    assert "act.task('other')" in verdict.reason


@pytest.mark.parametrize(
    "body",
    [
        {"id": "MINE", "status": "RUNNING"},
        {"status": "RUNNING"},
        {"id": 17, "status": "RUNNING"},
        {"id": None, "status": "RUNNING"},
        {"code": "success", "data": {"task_id": "mine", "status": "QUEUED", "data": {"id": "upstream"}}},
        {"code": "success", "data": {"task_id": "gateway", "status": "QUEUED", "data": {"id": "mine"}}},
        {"code": "success", "id": "request-7", "data": {"status": "RUNNING"}},
    ],
)
def test_an_answer_in_which_any_id_is_ours_or_none_is_there_is_believed(body: object) -> None:
    verdict = flow.judge_poll(flow.Answer(200, JSON, json.dumps(body).encode()), NOW, "mine")
    assert isinstance(verdict, flow.News)


def test_a_refusal_says_what_the_service_said_and_the_cure() -> None:
    verdict = flow.judge_create(answer(401), NOW)
    assert isinstance(verdict, flow.Declined)
    assert "no (request id: 2026050112)" in verdict.message
    assert "COMETAPI_KEY" in verdict.message
    assert verdict.problem.request_id == "2026050112"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7), ("0", 0), ("2.5", 2.5), ("-5", 0), ("1e9", 300), ("99999999999999999999", 300), ("inf", 300),
        ("nan", None), ("soon", None), ("", None), (None, None), ("Wed, 21 Oct 2015", None),
        (format_datetime(datetime.fromtimestamp(NOW + 12, UTC), usegmt=True), 12),
        (format_datetime(datetime.fromtimestamp(NOW - 99, UTC), usegmt=True), 0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_within_bounds(header: str | None, expected: float | None) -> None:
    assert flow.retry_after_s(header, NOW) == (pytest.approx(expected) if expected is not None else None)


@pytest.mark.parametrize(
    "form", ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S -0000"]
)
def test_each_form_of_a_date_is_in_utc_wherever_this_machine_stands(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        header = datetime.fromtimestamp(NOW + 40, UTC).strftime(form)
        assert flow.retry_after_s(header, NOW) == 40
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_refused_post_is_waited_out_within_limits() -> None:
    limits = flow.CreateLimits(attempts=3, patience_s=60)
    busy = flow.Declined("busy", again=True, retry_after_s=20)
    assert flow.repost_delay_s(busy, 1, 0, limits, lambda: 0) == 20
    assert flow.repost_delay_s(busy, 3, 0, limits, lambda: 0) is None  # too many attempts
    assert flow.repost_delay_s(busy, 2, 50, limits, lambda: 0) is None  # too long
    assert flow.repost_delay_s(flow.Declined("no", again=False), 1, 0, limits, lambda: 0) is None


def test_a_refused_post_may_use_all_of_its_patience_and_not_more() -> None:
    limits = flow.CreateLimits(attempts=3, patience_s=60)
    busy = flow.Declined("busy", again=True, retry_after_s=20)
    assert flow.repost_delay_s(busy, 2, 40, limits, lambda: 0) == 20
    assert flow.repost_delay_s(busy, 2, 40.1, limits, lambda: 0) is None
    assert (
        flow.repost_delay_s(flow.Declined("no", again=False, retry_after_s=1), 1, 0, limits, lambda: 0)
        is None
    )
    without = flow.Declined("busy", again=True)
    assert [flow.repost_delay_s(without, attempt, 0, limits, lambda: 0) for attempt in (1, 2)] == [1, 2]
    assert flow.repost_delay_s(without, 2, 0, limits, lambda: 0.5) == 2.5


def test_the_limits_of_a_submit_and_of_a_watch_are_as_documented() -> None:
    assert flow.CreateLimits() == flow.CreateLimits(attempts=4, patience_s=60)
    assert flow.PollLimits() == flow.PollLimits(
        fresh_id_s=60, unknown_s=20 * 60, watch_s=24 * 3600, empty_output_s=60, failures=60,
        failing_s=5 * 3600, refusals=10, refused_s=15 * 60,
    )  # fmt: skip
    assert flow.Streak() == flow.Streak(failures=0, refusals=0, since_s=0, refused_since_s=0)


def test_what_was_never_answered_has_no_status_no_wait_and_no_problem() -> None:
    never = flow.judge_create(flow.NotSent("no name"), NOW)
    assert isinstance(never, flow.Declined)
    assert (never.status, never.retry_after_s, never.problem.code) == (None, None, None)
    assert never.is_general


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("sent", [True, False])
def test_a_refusal_that_is_not_about_the_request_stops_a_sweep_whatever_its_status(
    again: bool, sent: bool
) -> None:
    verdict = flow.Declined("no", again=again, sent=sent, status=400)
    assert verdict.is_general is (again or not sent)
    assert flow.Declined("no", again=False, sent=True).is_general
    assert flow.Declined("no", again=False, status=429).is_general
