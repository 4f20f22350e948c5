"""Each scenario does on the wire what the table says of it."""

from __future__ import annotations

import socket
import time
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
    assert api.push("connection-refused:seconds=0.5").json()["ok"]
    _wait_until_refused(api)
    _wait_until_back(api)
    assert api.create().status_code == 200


def test_a_request_can_bring_an_outage_after_its_answer(sandbox_with) -> None:
    api = sandbox_with()
    task_id = api.started("connection-refused:seconds=0.5")
    _wait_until_refused(api)
    _wait_until_back(api)
    assert api.poll(task_id).json()["id"] == task_id


def _answers(api) -> bool:
    try:
        return api.http.get("/sandbox/info").status_code == 200
    except httpx.TransportError:
        return False


def _wait_until_refused(api) -> None:
    deadline = time.monotonic() + 10
    while _answers(api):
        assert time.monotonic() < deadline


def _wait_until_back(api) -> None:
    deadline = time.monotonic() + 10
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
    asked = time.monotonic()
    assert api.create("slow-answer:seconds=0.3").status_code == 200
    assert time.monotonic() - asked >= 0.3


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
    answers = api.ended(api.started(name))
    assert time.monotonic() - asked >= least_s
    waiting = "THROTTLED" if name.startswith("throttled") else "RUNNING"
    assert sum(answer["status"] == waiting for answer in answers) > len(answers) / 2


# --- polls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["http400", "code200", "status"])
def test_a_fresh_id_is_unknown_in_each_form_and_then_known(api, form) -> None:
    task_id = api.started(f"not-exist:form={form},seconds=60")
    answer = api.poll(task_id)
    assert answer.status_code == (400 if form == "http400" else 200)
    assert "task_not_exist" in answer.text
    api.until(task_id, lambda later: later.get("id") == task_id)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("unknown-status", lambda answers: any(a["status"] == "POLISHING" for a in answers)),
        ("lower-case", lambda answers: answers[-1]["status"] == "succeeded"),
        ("backwards", lambda answers: _goes_back([a["status"] for a in answers])),
        ("progress-junk", lambda answers: any(a.get("progress") == "NaN%" for a in answers)),
        ("missing-fields", lambda answers: all("id" not in a for a in answers)),
        ("extra-fields", lambda answers: all("queue" in a for a in answers)),
        ("nested-nulls", lambda answers: answers[0]["output"] is None),
        ("wrong-types", lambda answers: isinstance(answers[0]["createdAt"], dict)),
        ("no-output", lambda answers: answers[-1]["output"] == []),
        ("two-outputs", lambda answers: len(set(answers[-1]["output"])) == 2),
    ],
)
def test_answers_are_bent_as_asked(api, name, seen) -> None:
    assert seen(api.ended(api.started(name)))


def _goes_back(statuses: list[str]) -> bool:
    return "PENDING" in statuses[statuses.index("RUNNING") :]


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
