"""What a poll's outcome means: news, a refusal that is counted, or a failure that is waited out; and when a watch ends."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from http_answers import HTML, INVALID, JSON, NOW, answer
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.api import flow
from cometact_nb.domain.service import Secret
from cometact_nb.domain.task import Snapshot, Status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 301, 302])
def test_a_poll_that_is_refused_is_asked_again_and_counted_as_refused(status: int) -> None:
    verdict = flow.judge_poll(answer(status), NOW)
    assert isinstance(verdict, flow.TryLater)
    assert verdict.is_refusal


def test_a_500_that_says_invalid_request_to_a_poll_is_counted_as_refused() -> None:
    verdict = flow.judge_poll(answer(500, INVALID), NOW)
    assert isinstance(verdict, flow.TryLater)
    assert verdict.is_refusal


@pytest.mark.parametrize("status", [200, 503])
def test_a_web_page_instead_of_a_task_is_maintenance_and_no_refusal(status: int) -> None:
    verdict = flow.judge_poll(flow.Answer(status, {"content-type": "text/html"}, HTML), NOW)
    assert isinstance(verdict, flow.TryLater)
    assert not verdict.is_refusal


def streak(*polls: tuple[float, flow.Polled]) -> flow.Streak:
    row = flow.Streak()
    for at, verdict in polls:
        row = row.after(verdict, at)
    return row


NO, LATER = flow.TryLater("no", is_refusal=True), flow.TryLater("later")


LIMITS = flow.PollLimits(failures=5, failing_s=3600, refusals=3, refused_s=600)


def test_a_watch_ends_when_enough_polls_are_refused_over_enough_time_and_not_before() -> None:
    assert streak((0, NO), (1, NO), (2, NO), (3, NO)).end(LIMITS, 599) == ""  # many, in a short time
    assert streak((0, NO), (600, NO)).end(LIMITS, 600) == ""  # few, over a long time
    assert streak((0, NO), (300, NO), (600, NO)).end(LIMITS, 599.9) == ""
    assert streak((0, NO), (300, NO), (600, NO)).end(LIMITS, 600) == (
        "3 polls in a row were refused, over 10 min"
    )


def test_time_before_the_first_refusal_does_not_count_towards_refusals() -> None:
    row = streak((0, LATER), (1000, NO), (1001, NO), (1002, NO))
    assert row.end(LIMITS, 1599) == ""
    assert row.end(LIMITS, 1600)
    assert streak((1000, NO), (1300, LATER), (1301, NO), (1302, NO)).end(LIMITS, 1600)


def test_a_watch_ends_when_enough_polls_fail_over_hours_and_not_before() -> None:
    failed = [(100.0 + i, LATER) for i in range(5)]
    assert streak(*failed[:4]).end(LIMITS, 9e9) == ""
    assert streak(*failed).end(LIMITS, 3699) == ""
    assert streak(*failed).end(LIMITS, 3700) == "5 polls in a row failed, over 1.0 h"
    assert streak(*failed).failures == 5
    assert streak(*failed, (105.0, LATER)).end(LIMITS, 3699) == ""
    assert streak(*failed, (105.0, LATER)).end(LIMITS, 3701) == "6 polls in a row failed, over 1.0 h"


@pytest.mark.parametrize(
    "news", [flow.NotYet(), flow.News(Snapshot(status=Status.RUNNING, raw_status="RUNNING"))]
)
def test_an_answer_about_the_task_ends_a_streak(news: flow.Polled) -> None:
    assert streak((0, NO), (1, NO), (2, NO), (3, news)) == flow.Streak()


def test_a_watch_outlives_the_maintenance_that_the_vendor_announces() -> None:
    assert flow.PollLimits().failing_s > 4 * 3600
    assert flow.PollLimits().refused_s >= 600
    assert flow.PollLimits().refusals >= 5


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 524])
def test_a_poll_that_fails_for_now_is_repeated(status: int) -> None:
    verdict = flow.judge_poll(answer(status, retry_after="9"), NOW)
    assert isinstance(verdict, flow.TryLater)
    assert verdict.retry_after_s == 9


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (flow.Lost("reset"), "reset"),
        (flow.NotSent("no name"), "no name"),
        (flow.Lost("it broke off", answer(200, b'{"id')), "it broke off"),
    ],
)
def test_a_poll_without_a_whole_answer_is_repeated_and_says_why(outcome: flow.Outcome, reason: str) -> None:
    assert flow.judge_poll(outcome, NOW) == flow.TryLater(reason, retry_after_s=None)


def test_a_poll_s_answer_that_broke_off_after_all_of_it_is_believed() -> None:
    task = answer(200, b'{"id": "mine", "status": "RUNNING"}')
    assert flow.judge_poll(flow.Lost("it broke off", task), NOW, "mine") == flow.judge_poll(task, NOW, "mine")
    unknown = answer(400, b'{"code": "task_not_exist", "message": "", "data": null}')
    assert flow.judge_poll(flow.Lost("it broke off", unknown), NOW, "mine") == flow.NotYet()


def test_a_date_may_name_its_zone() -> None:
    assert (
        flow.retry_after_s(
            "Wed, 21 Oct 2026 09:28:00 +0200", datetime(2026, 10, 21, 7, 27, 50, tzinfo=UTC).timestamp()
        )
        == 10
    )


def test_a_poll_that_has_to_wait_until_a_date_waits_from_now() -> None:
    until = format_datetime(datetime.fromtimestamp(NOW + 12, UTC), usegmt=True)
    for judge in (flow.judge_poll, flow.judge_create):
        verdict = judge(answer(429, retry_after=until), NOW)
        assert isinstance(verdict, flow.TryLater | flow.Declined)
        assert verdict.retry_after_s == 12


def test_task_not_exist_is_no_refusal_whatever_its_http_status() -> None:
    body = b'{"code": "task_not_exist", "message": "task_not_exist", "data": null}'
    assert isinstance(flow.judge_poll(answer(400, body), NOW), flow.NotYet)
    assert isinstance(flow.judge_poll(answer(200, body), NOW), flow.NotYet)


@given(st.integers(1, 1000), st.integers(0))
def test_backoff_grows_and_stays_bounded(attempt: int, seed: int) -> None:
    assert 1 <= flow.backoff_s(attempt, random.Random(seed).random) <= 90


def test_backoff_doubles_from_its_base_up_to_a_minute() -> None:
    assert [flow.backoff_s(attempt, lambda: 0) for attempt in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [flow.backoff_s(attempt, lambda: 0, base_s=5) for attempt in (1, 2)] == [5, 10]
    assert flow.backoff_s(1, lambda: 1) == 1.5
    assert flow.backoff_s(5000, lambda: 0, base_s=1e-9) == pytest.approx(0.536870912)


def test_a_shape_that_nobody_knows_is_asked_again_and_shown_raw_without_secrets() -> None:
    body = b'{"state": "brewing", "at": "https://x.example/a?sig=SIGNED", "you": "sk-canary-key-5f2d"}'
    verdict = flow.judge_poll(flow.Answer(200, JSON, body, Secret("sk-canary-key-5f2d")), NOW, "mine")
    assert isinstance(verdict, flow.TryLater)
    assert not verdict.is_refusal
    assert '"state": "brewing"' in verdict.reason
    assert "SIGNED" not in verdict.reason
    assert "canary" not in verdict.reason


def test_headers_that_may_name_the_task_are_kept_with_an_answer_without_an_id() -> None:
    headers = {"location": "/tasks/5b91e444?sig=SIGNED", "x-task-id": "5b91e444", "idle": "no", "date": "now"}
    verdict = flow.judge_create(flow.Answer(202, headers, b"queued"), NOW)
    assert isinstance(verdict, flow.Doubtful)
    assert (verdict.answer or "").endswith("x-task-id: 5b91e444\nqueued")
    assert "location: /tasks/5b91e444" in (verdict.answer or "")
    assert "SIGNED" not in (verdict.answer or "")
    assert "now" not in (verdict.answer or "")
