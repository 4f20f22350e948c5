"""Each scenario does on the wire what the table says of it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from cometact_nb.sandbox.scenarios import SCENARIOS, parse

BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def test_every_scenario_of_the_table_is_tested_here() -> None:
    source = Path(__file__).read_text()
    assert [name for name in SCENARIOS if f'"{name}' not in source] == []


# --- the paid request ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("http-400", False), ("http-401", False), ("http-403", False), ("http-404", False), ("http-413", False),
     ("http-500", False), ("http-500-accepted", True), ("http-502", False), ("http-503", False),
     ("http-504", True), ("http-524", True)],
)  # fmt: skip
def test_a_status_is_played_as_asked(api, name, accepted) -> None:
    answer = api.create(name)
    assert answer.status_code == int(name.split("-")[1])
    assert answer.json()["error"]["message"]
    (post,) = api.posts()
    assert (post["accepted"], post["answered"]) == (accepted, not accepted)


@pytest.mark.parametrize("name", ["reset-after-body", "lost-answer", "truncated-answer"])
def test_a_connection_is_broken_as_asked(api, name) -> None:
    with pytest.raises(BROKEN):
        api.create(name)
    (post,) = api.posts()
    assert (post["accepted"], post["answered"]) == (name != "reset-after-body", False)


@pytest.mark.parametrize("name", ["reset-before-body", "reset-mid-body"])
def test_a_connection_is_broken_before_the_body_is_read(api, name) -> None:
    api.push(name)
    with pytest.raises(BROKEN):
        api.create()
    (post,) = api.posts()
    assert (post["accepted"], post["body"]) == (False, {})
    assert api.create().status_code == 200


def test_a_body_on_its_way_is_cut_off(api) -> None:
    api.push("reset-mid-body")
    host, port = api.sandbox.base_url.removeprefix("http://").split(":")
    head = f"POST {api.path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000000\r\n\r\n"
    with socket.create_connection((host, int(port))) as wire:
        wire.sendall(head.encode() + b"{")
        with pytest.raises(ConnectionResetError):
            wire.recv(1)


def test_nothing_listens_for_a_while_not_even_on_a_kept_connection(sandbox_with) -> None:
    api = sandbox_with()
    _meet_outage(api, lambda: api.push("connection-refused:seconds=0.5").raise_for_status())
    assert api.create().status_code == 200


def test_a_request_can_bring_an_outage_after_its_answer(sandbox_with) -> None:
    api, begun = sandbox_with(), []
    _meet_outage(api, lambda: begun.append(api.started("connection-refused:seconds=0.5")))
    assert api.poll(begun[-1]).json()["id"] == begun[-1]


def _answers(api) -> bool:
    try:
        return api.http.get("/sandbox/info").status_code == 200
    except httpx.TransportError:
        return False


def _meet_outage(api, begin: Callable[[], object]) -> None:
    """Begin an outage, see it, and wait until it is over; a machine that slept through one begins another."""
    for _ in range(20):
        begin()
        if not _answers(api):
            break
    else:
        raise AssertionError("20 outages went by unseen")
    deadline = time.monotonic() + 60
    while not _answers(api):
        assert time.monotonic() < deadline


@pytest.mark.parametrize("form", ["seconds", "date", "old-date", "absurd", "negative", "junk", "missing"])
def test_retry_after_comes_in_every_form(api, form) -> None:
    spec = f"rate-limited:form={form},retry_after=3"
    answer = api.create(spec)
    assert answer.status_code == 429
    header = answer.headers.get("retry-after")
    assert (header is None) == (form == "missing")
    if form == "date":
        assert parsedate_to_datetime(header)
    assert api.create(spec).status_code == 200  # once


def test_other_answers_to_a_create(api) -> None:
    page = api.create("html-200")
    assert page.headers["content-type"].startswith("text/html")
    moved = api.create("redirect-301")
    assert (moved.status_code, moved.headers["location"].startswith("https://elsewhere")) == (301, True)
    assert api.create("invalid-request").json()["error"]["code"] == "invalid_request"
    assert "id" not in api.create("no-id").json()
    none = api.create("no-channel")
    assert (none.status_code, none.json()["error"]["code"]) == (503, "model_not_found")
    for name, status in (("firewall-403", 403), ("maintenance", 503), ("html-200-accepted", 200)):
        page = api.create(name)
        assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (status, "text/html")
    assert [post["accepted"] for post in api.posts()][-3:] == [False, False, True]
    called_html = api.create("json-as-html")
    assert called_html.headers["content-type"].startswith("text/html")
    assert api.poll(called_html.json()["id"]).status_code == 200
    assert api.poll(api.create("id-in-data").json()["data"]).status_code == 200
    asked = time.monotonic()
    assert api.create("slow-answer:seconds=0.3").status_code == 200
    assert time.monotonic() - asked >= 0.3


@pytest.mark.parametrize("status", ["408", "409", "425", "499"])
def test_an_accepted_request_may_be_answered_with_a_4xx_that_is_no_refusal(api, status) -> None:
    assert api.create(f"no-word-4xx:form={status}").status_code == int(status)
    assert api.posts()[-1]["accepted"]


def test_an_answer_comes_late_in_the_service_s_own_time(api) -> None:
    asked = time.monotonic()
    assert api.create("late-answer:seconds=60").status_code == 200
    assert time.monotonic() - asked >= 60 / 300


def test_an_answer_breaks_off_after_its_id(api) -> None:
    with api.http.stream("POST", api.path, json=api.body("broken-off-with-id")) as answer:
        came = bytearray()
        with pytest.raises(httpx.RemoteProtocolError):
            _read_into(came, answer)
    assert f'{{"id": "{api.posts()[-1]["id"]}", "status"' in came.decode()


# --- the task --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [("safety-input", "SAFETY.INPUT.IMAGE"), ("safety-text", "INPUT_PREPROCESSING.SAFETY.TEXT"),
     ("safety-output", "SAFETY.OUTPUT.VIDEO"), ("asset-invalid", "ASSET.INVALID"),
     ("bad-output", "INTERNAL.BAD_OUTPUT.CODE01"), ("internal", "INTERNAL"), ("unknown-failure", "MOON.PHASE")],
)  # fmt: skip
def test_a_failure_of_each_family(api, name, code) -> None:
    last = api.finished(name)
    assert (last["status"], last["failureCode"], "output" in last) == ("FAILED", code, False)


def test_a_task_may_be_cancelled_elsewhere_or_never_end(api) -> None:
    assert api.finished("cancelled-elsewhere")["status"] == "CANCELLED"
    endless = api.started("never-ends")
    api.until(endless, lambda answer: answer.get("progress", 0) >= 0.99)
    assert api.poll(endless).json()["status"] == "RUNNING"
    api.delete(endless)


@pytest.mark.parametrize(("name", "least_s"), [("throttled:seconds=300", 1.0), ("slow-task", 2.0)])
def test_a_task_may_take_long(api, name, least_s) -> None:
    api.finished()  # its clip is there already: what follows is the scenario's time, not rendering
    asked = time.monotonic()
    api.finished(name)
    assert time.monotonic() - asked >= least_s


def test_a_task_that_is_throttled_says_so_until_it_runs(api) -> None:
    task_id = api.started("throttled:seconds=100000")
    answers = api.until(task_id, lambda answer: answer["status"] == "THROTTLED")
    assert {answer["status"] for answer in answers[:-1]} <= {"PENDING"}


# --- polls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["http400", "code200", "status"])
def test_a_fresh_id_is_unknown_in_each_form_and_then_known(api, form) -> None:
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
def test_answers_are_bent_as_asked(api, name, seen) -> None:
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
def test_answers_are_bent_as_asked_while_a_task_runs(api, name, seen) -> None:
    """One that never ends: of a short one, a busy machine may see no more than the end."""
    answers: list[dict] = []
    api.until(api.started(f"{name}&scenario=never-ends"), lambda a: seen(answers.append(a) or answers))


def _shaped(api, name: str) -> list[dict]:
    """Every answer about a task, until one of them tells of its clip."""
    return api.until(api.started(name), lambda answer: "/outputs/" in json.dumps(answer))


def test_a_task_is_flat(api) -> None:
    answers = _shaped(api, "flat")
    assert all({"task_id", "status", "fail_reason", "progress"} <= set(answer) for answer in answers)
    last = answers[-1]
    assert "data" not in last
    assert last["status"] == "SUCCESS"
    assert last["result_url"] == last["video_url"]


def test_the_inner_object_is_a_string_or_empty(api) -> None:
    assert json.loads(_shaped(api, "inner-string")[-1]["data"]["data"])["status"] == "SUCCEEDED"
    last = _shaped(api, "url-in-fail-reason")[-1]["data"]
    assert (last["data"], "/outputs/" in last["fail_reason"]) == ({}, True)


def test_outputs_are_objects_and_status_words_numbers(api) -> None:
    (output,) = _shaped(api, "output-objects")[-1]["output"]
    assert set(output) == {"url"}
    words = [answer["data"]["status"] for answer in _shaped(api, "number-status")]
    # A slow machine may ask first when the clip is being made already.
    assert (words, words[-1]) == (sorted(words), "3")
    assert set(words) <= {"1", "2", "3"}


def test_credits_are_estimated_then_spent_or_refunded(api) -> None:
    running = api.poll(api.started("credits&scenario=never-ends")).json()
    assert running["estimatedCost"]["credits"] == api.finished("credits")["cost"]["credits"] > 0
    assert api.finished("refunded")["cost"] == {"credits": 0}
    uri = f"{api.sandbox.playing('credits')}&scenario=safety-output"
    assert api.finished(character={"type": "image", "uri": uri})["cost"]["credits"] > 0


def test_a_poll_may_be_answered_with_another_task(api) -> None:
    task_id = api.started("other-task")
    ids = [api.poll(task_id).json()["id"] for _ in range(4)]
    assert [found == task_id for found in ids] == [True, False, True, False]


def test_a_failed_task_may_come_back(api) -> None:
    task_id = api.started("revived")
    assert api.ended(task_id)[-1]["status"] == "FAILED"
    assert api.ended(task_id)[-1]["status"] == "SUCCEEDED"


def test_a_firewall_refuses_one_poll(api) -> None:
    task_id = api.started("firewall-403-once")
    assert [api.poll(task_id).status_code for _ in range(4)] == [200, 403, 200, 200]


@pytest.mark.parametrize(
    ("form", "status"),
    [("401", 401), ("403", 403), ("404", 404), ("301", 301), ("html", 200), ("invalid-request", 500)],
)
def test_three_polls_in_a_row_are_refused(api, form, status) -> None:
    task_id = api.started(f"poll-refused:form={form}")
    assert [api.poll(task_id).status_code for _ in range(5)] == [200, status, status, status, 200]


def test_polls_meet_a_maintenance_page_for_a_while(api) -> None:
    task_id = api.started("poll-maintenance:seconds=30")
    assert [api.poll(task_id).status_code for _ in range(2)] == [200, 503]
    deadline = time.monotonic() + 60
    while api.poll(task_id).status_code == 503:
        assert time.monotonic() < deadline


def test_an_id_may_be_unknown_for_minutes(api) -> None:
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


def test_scenarios_can_be_combined(api) -> None:
    api.push("lower-case")
    api.push("extra-fields")
    first = api.poll(api.started("nested-nulls")).json()
    assert (first["status"].islower(), first["createdAt"], first["queue"]) == (True, None, {"place": 3})
    assert api.poll(api.started()).json()["status"].isupper()


def test_the_output_may_come_late(api) -> None:
    task_id = api.started("late-output")
    empty = api.ended(task_id)[-1]
    assert empty["output"] == []
    assert api.until(task_id, lambda answer: bool(answer["output"]))


def test_both_shapes_alternate(api) -> None:
    task_id = api.started("alternating")
    assert ["data" in api.poll(task_id).json() for _ in range(4)] in ([True, False] * 2, [False, True] * 2)


@pytest.mark.parametrize(("name", "status"), [("poll-500", 500), ("poll-502", 502), ("poll-429", 429)])
def test_every_second_poll_fails(api, name, status) -> None:
    task_id = api.started(name)
    assert [api.poll(task_id).status_code for _ in range(4)] == [status, 200, status, 200]


@pytest.mark.parametrize("name", ["poll-reset", "poll-truncated"])
def test_every_second_poll_breaks(api, name) -> None:
    task_id = api.started(name)
    with pytest.raises(BROKEN):
        api.poll(task_id)
    assert api.poll(task_id).status_code == 200


def test_polls_may_be_slow(api) -> None:
    task_id = api.started("poll-slow:seconds=0.2")
    asked = time.monotonic()
    assert api.poll(task_id).status_code == 200
    assert time.monotonic() - asked >= 0.2


# --- the clip --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [("forbidden-output", 403, "application/json"), ("html-output", 200, "text/html"),
     ("not-a-video", 200, "video/mp4"), ("redirect-output", 302, "text/html"), ("expired-output", 403, "application/json")],
)  # fmt: skip
def test_a_link_leads_elsewhere_as_asked(api, name, status, kind) -> None:
    (url,) = api.finished(name)["output"]
    answer = api.plain.get(url)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, kind)
    assert answer.content[4:8] != b"ftyp"
    if name == "redirect-output":
        assert api.plain.get(url, follow_redirects=True).content[4:8] == b"ftyp"


def test_the_store_of_the_clips_is_busy_for_a_while(api) -> None:
    (url,) = api.finished("store-busy:seconds=60")["output"]
    assert api.plain.get(url).status_code == 503
    deadline = time.monotonic() + 60
    while (answer := api.plain.get(url)).status_code == 503:
        assert time.monotonic() < deadline
    assert answer.content[4:8] == b"ftyp"


@pytest.mark.parametrize("name", ["cut-output", "truncated-output", "short-output"])
def test_a_download_breaks_off_as_asked(api, name) -> None:
    task_id = api.started(name)
    (url,) = api.ended(task_id)[-1]["output"]
    announced = int(api.plain.head(url).headers["content-length"])
    came = bytearray()
    with api.plain.stream("GET", url) as answer, pytest.raises(httpx.RemoteProtocolError):
        _read_into(came, answer)
    assert 0 < len(came) < announced
    if name == "cut-output":
        rest = api.plain.get(url, headers={"Range": f"bytes={len(came)}-"})
        assert (rest.status_code, len(came) + len(rest.content)) == (206, announced)


def _read_into(came: bytearray, answer: httpx.Response) -> None:
    for chunk in answer.iter_bytes():
        came.extend(chunk)


def test_a_download_never_ends(api) -> None:
    (url,) = api.finished("endless-output")["output"]
    with api.plain.stream("GET", url) as answer:
        assert "content-length" not in answer.headers
        came = 0
        for chunk in answer.iter_bytes():
            came += len(chunk)
            if came > 30_000_000:
                break
    assert came > 30_000_000
    assert api.create().status_code == 200


# --- cancelling ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["delete-404", "delete-405", "delete-500"])
def test_a_cancel_may_be_refused(api, name) -> None:
    task_id = api.started(name)
    assert api.delete(task_id).status_code == int(name[-3:])
    assert api.poll(task_id).json()["status"] != "CANCELLED"


# --- specs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    ["", "nothing", "http-503@1.5", "http-503@x2", "http-503:seconds=1", "slow-answer:seconds=-1",
     "slow-answer:seconds=1e9", "slow-answer:seconds=nan", "rate-limited:form=odd", 7, None],
)  # fmt: skip
def test_a_wrong_spec_is_refused_with_what_there_is(api, spec) -> None:
    assert api.push(spec).status_code == 400


def test_a_spec_has_options_a_probability_and_a_number_of_times() -> None:
    play = parse("rate-limited:retry_after=2,form=date@0.25x3")
    assert (play.options, play.probability, play.left) == ({"retry_after": "2", "form": "date"}, 0.25, 3)
    assert parse("lost-answer").left is None


def test_a_pushed_scenario_is_played_as_often_as_it_says(api) -> None:
    api.push("http-503x2")
    assert [api.create().status_code for _ in range(4)] == [503, 503, 200, 200]


def test_a_probability_is_kept_and_the_seed_makes_it_repeatable(sandbox_with) -> None:
    def played() -> list[int]:
        api = sandbox_with("--scenario", "http-503@0.5", "--seed", "4")
        return [api.create(seed=number).status_code for number in range(12)]

    first = played()
    assert set(first) == {200, 503}
    assert played() == first


def test_a_reset_has_one_chance_at_each_request(sandbox_with) -> None:
    api = sandbox_with("--scenario", "reset-before-body@0.5", "--seed", "1")
    broken = 0
    for _ in range(80):
        try:
            api.create()
        except BROKEN:
            broken += 1
    assert 25 <= broken <= 55
