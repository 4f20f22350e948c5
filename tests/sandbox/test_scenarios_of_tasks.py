"""Each scenario of a task and of its polls does on the wire what the table says of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from broken import BROKEN

from cometact_nb.sandbox.scenarios import parse

if TYPE_CHECKING:
    from sandbox_api import Api

# --- the task --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [("safety-input", "SAFETY.INPUT.IMAGE"), ("safety-text", "INPUT_PREPROCESSING.SAFETY.TEXT"),
     ("safety-output", "SAFETY.OUTPUT.VIDEO"), ("asset-invalid", "ASSET.INVALID"),
     ("bad-output", "INTERNAL.BAD_OUTPUT.CODE01"), ("internal", "INTERNAL"), ("unknown-failure", "MOON.PHASE")],
)  # fmt: skip
def test_a_failure_of_each_family(api: Api, name: str, code: str) -> None:
    last = api.finished(name)
    assert (last["status"], last["failureCode"], "output" in last) == ("FAILED", code, False)


def test_a_task_may_be_cancelled_elsewhere_or_never_end(api: Api) -> None:
    assert api.finished("cancelled-elsewhere")["status"] == "CANCELLED"
    endless = api.started("never-ends")
    api.until(endless, lambda answer: answer.get("progress", 0) >= 0.99)
    assert api.poll(endless).json()["status"] == "RUNNING"
    api.delete(endless)


@pytest.mark.parametrize(("name", "least_s"), [("throttled:seconds=300", 1.0), ("slow-task", 2.0)])
def test_a_task_may_take_long(api: Api, name: str, least_s: float) -> None:
    api.finished()  # its clip is there already: what follows is the scenario's time, not rendering
    asked = time.monotonic()
    api.finished(name)
    assert time.monotonic() - asked >= least_s


def test_a_task_that_is_throttled_says_so_until_it_runs(api: Api) -> None:
    task_id = api.started("throttled:seconds=100000")
    answers = api.until(task_id, lambda answer: answer["status"] == "THROTTLED")
    assert {answer["status"] for answer in answers[:-1]} <= {"PENDING"}


# --- polls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["http400", "code200", "status"])
def test_a_fresh_id_is_unknown_in_each_form_and_then_known(api: Api, form: str) -> None:
    answer = api.poll(api.started(f"not-exist:form={form},seconds=100000"))
    assert answer.status_code == (400 if form == "http400" else 200)
    assert "task_not_exist" in answer.text
    task_id = api.started(f"not-exist:form={form},seconds=60")
    *before, _ = api.until(task_id, lambda later: later.get("id") == task_id)
    assert all("task_not_exist" in json.dumps(earlier) for earlier in before)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("lower-case", lambda answers: answers[-1]["status"] == "succeeded"),
        ("missing-fields", lambda answers: all("id" not in a for a in answers)),
        ("extra-fields", lambda answers: all("queue" in a for a in answers)),
        ("nested-nulls", lambda answers: all(a["createdAt"] is a["failure"] is None for a in answers)),
        ("wrong-types", lambda answers: isinstance(answers[0]["createdAt"], dict)),
        ("no-output", lambda answers: answers[-1]["output"] == []),
        ("two-outputs", lambda answers: len(set(answers[-1]["output"])) == 2),
    ],
)
def test_answers_are_bent_as_asked(api: Api, name: str, seen: Any) -> None:
    assert seen(api.ended(api.started(name)))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("unknown-status", lambda answers: answers[-1]["status"] == "POLISHING"),
        ("backwards", lambda answers: _goes_back([a["status"] for a in answers])),
        ("progress-junk", lambda answers: answers[-1].get("progress") == "NaN%"),
        ("nested-nulls", lambda answers: answers[-1]["output"] is None),
    ],
)
def test_answers_are_bent_as_asked_while_a_task_runs(api: Api, name: str, seen: Any) -> None:
    """One that never ends: of a short one, a busy machine may see no more than the end."""
    answers: list[dict[str, Any]] = []

    def look(answer: dict[str, Any]) -> bool:
        answers.append(answer)
        return bool(seen(answers))

    api.until(api.started(f"{name}&scenario=never-ends"), look)


def _shaped(api: Api, name: str) -> list[dict[str, Any]]:
    """Every answer about a task, until one of them tells of its clip."""
    return api.until(api.started(name), lambda answer: "/outputs/" in json.dumps(answer))


def test_a_task_is_flat(api: Api) -> None:
    answers = _shaped(api, "flat")
    assert all({"task_id", "status", "fail_reason", "progress"} <= set(answer) for answer in answers)
    last = answers[-1]
    assert "data" not in last
    assert last["status"] == "SUCCESS"
    assert last["result_url"] == last["video_url"]


def test_the_inner_object_is_a_string_or_empty(api: Api) -> None:
    assert json.loads(_shaped(api, "inner-string")[-1]["data"]["data"])["status"] == "SUCCEEDED"
    last = _shaped(api, "url-in-fail-reason")[-1]["data"]
    assert (last["data"], "/outputs/" in last["fail_reason"]) == ({}, True)


def test_outputs_are_objects_and_status_words_numbers(api: Api) -> None:
    (output,) = _shaped(api, "output-objects")[-1]["output"]
    assert set(output) == {"url"}
    words = [answer["data"]["status"] for answer in _shaped(api, "number-status")]
    # A slow machine may ask first when the clip is being made already.
    assert (words, words[-1]) == (sorted(words), "3")
    assert set(words) <= {"1", "2", "3"}


def test_credits_are_estimated_then_spent_or_refunded(api: Api) -> None:
    running = api.poll(api.started("credits&scenario=never-ends")).json()
    assert running["estimatedCost"]["credits"] == api.finished("credits")["cost"]["credits"] > 0
    assert api.finished("refunded")["cost"] == {"credits": 0}
    uri = f"{api.sandbox.playing('credits')}&scenario=safety-output"
    assert api.finished(character={"type": "image", "uri": uri})["cost"]["credits"] > 0


def test_a_poll_may_be_answered_with_another_task(api: Api) -> None:
    task_id = api.started("other-task")
    ids = [api.poll(task_id).json()["id"] for _ in range(4)]
    assert [found == task_id for found in ids] == [True, False, True, False]


def test_a_failed_task_may_come_back(api: Api) -> None:
    task_id = api.started("revived")
    assert api.ended(task_id)[-1]["status"] == "FAILED"
    assert api.ended(task_id)[-1]["status"] == "SUCCEEDED"


def test_a_firewall_refuses_one_poll(api: Api) -> None:
    task_id = api.started("firewall-403-once")
    assert [api.poll(task_id).status_code for _ in range(4)] == [200, 403, 200, 200]


@pytest.mark.parametrize(
    ("form", "status"),
    [("401", 401), ("403", 403), ("404", 404), ("301", 301), ("html", 200), ("invalid-request", 500)],
)
def test_three_polls_in_a_row_are_refused(api: Api, form: str, status: int) -> None:
    task_id = api.started(f"poll-refused:form={form}")
    assert [api.poll(task_id).status_code for _ in range(5)] == [200, status, status, status, 200]


def test_polls_meet_a_maintenance_page_for_a_while(api: Api) -> None:
    task_id = api.started("poll-maintenance:seconds=30")
    assert [api.poll(task_id).status_code for _ in range(2)] == [200, 503]
    deadline = time.monotonic() + 60
    while api.poll(task_id).status_code == 503:
        assert time.monotonic() < deadline


def test_an_id_may_be_unknown_for_minutes(api: Api) -> None:
    assert parse("not-exist:minutes=4").seconds() == 240
    assert parse("not-exist:minutes=1,seconds=5").seconds() == 65
    assert parse("not-exist").seconds() == 10
    asked = time.monotonic()
    task_id = api.started("not-exist:minutes=1")
    while "task_not_exist" in api.poll(task_id).text:
        assert time.monotonic() < asked + 60
    assert time.monotonic() - asked >= 60 / 300


def _goes_back(statuses: list[str]) -> bool:
    return "RUNNING" in statuses and "PENDING" in statuses[statuses.index("RUNNING") :]


def test_scenarios_can_be_combined(api: Api) -> None:
    api.push("lower-case")
    api.push("extra-fields")
    first = api.poll(api.started("nested-nulls")).json()
    assert (first["status"].islower(), first["createdAt"], first["queue"]) == (True, None, {"place": 3})
    assert api.poll(api.started()).json()["status"].isupper()


def test_the_output_may_come_late(api: Api) -> None:
    task_id = api.started("late-output")
    empty = api.ended(task_id)[-1]
    assert empty["output"] == []
    assert api.until(task_id, lambda answer: bool(answer["output"]))


def test_both_shapes_alternate(api: Api) -> None:
    task_id = api.started("alternating")
    assert ["data" in api.poll(task_id).json() for _ in range(4)] in ([True, False] * 2, [False, True] * 2)


@pytest.mark.parametrize(("name", "status"), [("poll-500", 500), ("poll-502", 502), ("poll-429", 429)])
def test_every_second_poll_fails(api: Api, name: str, status: int) -> None:
    task_id = api.started(name)
    assert [api.poll(task_id).status_code for _ in range(4)] == [status, 200, status, 200]


@pytest.mark.parametrize("name", ["poll-reset", "poll-truncated"])
def test_every_second_poll_breaks(api: Api, name: str) -> None:
    task_id = api.started(name)
    with pytest.raises(BROKEN):
        api.poll(task_id)
    assert api.poll(task_id).status_code == 200


def test_polls_may_be_slow(api: Api) -> None:
    task_id = api.started("poll-slow:seconds=0.2")
    asked = time.monotonic()
    assert api.poll(task_id).status_code == 200
    assert time.monotonic() - asked >= 0.2
