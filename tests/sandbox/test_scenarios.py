"""Each scenario does on the wire what the table says of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from broken import BROKEN, read_into

from cometact_nb.sandbox.scenarios import SCENARIOS, parse

if TYPE_CHECKING:
    from sandbox_api import Api


def test_every_scenario_of_the_table_is_tested_here() -> None:
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_scenarios*.py"))
    assert [name for name in SCENARIOS if f'"{name}' not in source] == []


# --- the paid request ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("http-400", False), ("http-401", False), ("http-403", False), ("http-404", False), ("http-413", False),
     ("http-500", False), ("http-500-accepted", True), ("http-502", False), ("http-503", False),
     ("http-504", True), ("http-524", True)],
)  # fmt: skip
def test_a_status_is_played_as_asked(api: Api, name: str, accepted: bool) -> None:
    answer = api.create(name)
    assert answer.status_code == int(name.split("-")[1])
    assert answer.json()["error"]["message"]
    (post,) = api.posts()
    assert (post["accepted"], post["answered"]) == (accepted, not accepted)


@pytest.mark.parametrize("name", ["reset-after-body", "lost-answer", "truncated-answer"])
def test_a_connection_is_broken_as_asked(api: Api, name: str) -> None:
    with pytest.raises(BROKEN):
        api.create(name)
    (post,) = api.posts()
    assert (post["accepted"], post["answered"]) == (name != "reset-after-body", False)


@pytest.mark.parametrize("name", ["reset-before-body", "reset-mid-body"])
def test_a_connection_is_broken_before_the_body_is_read(api: Api, name: str) -> None:
    api.push(name)
    with pytest.raises(BROKEN):
        api.create()
    (post,) = api.posts()
    assert (post["accepted"], post["body"]) == (False, {})
    assert api.create().status_code == 200


def test_a_body_on_its_way_is_cut_off(api: Api) -> None:
    api.push("reset-mid-body")
    host, port = api.sandbox.base_url.removeprefix("http://").split(":")
    head = f"POST {api.path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000000\r\n\r\n"
    with socket.create_connection((host, int(port))) as wire:
        wire.sendall(head.encode() + b"{")
        with pytest.raises(ConnectionResetError):
            wire.recv(1)


def test_nothing_listens_for_a_while_not_even_on_a_kept_connection(sandbox_with: Callable[..., Api]) -> None:
    api = sandbox_with()
    _meet_outage(api, lambda: api.push("connection-refused:seconds=0.5").raise_for_status())
    assert api.create().status_code == 200


def test_a_request_can_bring_an_outage_after_its_answer(sandbox_with: Callable[..., Api]) -> None:
    api, begun = sandbox_with(), []
    _meet_outage(api, lambda: begun.append(api.started("connection-refused:seconds=0.5")))
    assert api.poll(begun[-1]).json()["id"] == begun[-1]


def _answers(api: Api) -> bool:
    try:
        return api.http.get("/sandbox/info").status_code == 200
    except httpx.TransportError:
        return False


def _meet_outage(api: Api, begin: Callable[[], object]) -> None:
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
def test_retry_after_comes_in_every_form(api: Api, form: str) -> None:
    spec = f"rate-limited:form={form},retry_after=3"
    answer = api.create(spec)
    assert answer.status_code == 429
    header = answer.headers.get("retry-after")
    assert (header is None) == (form == "missing")
    if form == "date":
        assert parsedate_to_datetime(header)
    assert api.create(spec).status_code == 200  # once


def test_other_answers_to_a_create(api: Api) -> None:
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
def test_an_accepted_request_may_be_answered_with_a_4xx_that_is_no_refusal(api: Api, status: str) -> None:
    assert api.create(f"no-word-4xx:form={status}").status_code == int(status)
    assert api.posts()[-1]["accepted"]


def test_an_answer_comes_late_in_the_service_s_own_time(api: Api) -> None:
    asked = time.monotonic()
    assert api.create("late-answer:seconds=60").status_code == 200
    assert time.monotonic() - asked >= 60 / 300


def test_an_answer_breaks_off_after_its_id(api: Api) -> None:
    with api.http.stream("POST", api.path, json=api.body("broken-off-with-id")) as answer:
        came = bytearray()
        with pytest.raises(httpx.RemoteProtocolError):
            read_into(came, answer)
    assert f'{{"id": "{api.posts()[-1]["id"]}", "status"' in came.decode()


# --- cancelling ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["delete-404", "delete-405", "delete-500"])
def test_a_cancel_may_be_refused(api: Api, name: str) -> None:
    task_id = api.started(name)
    assert api.delete(task_id).status_code == int(name[-3:])
    assert api.poll(task_id).json()["status"] != "CANCELLED"


# --- specs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec",
    ["", "nothing", "http-503@1.5", "http-503@x2", "http-503:seconds=1", "slow-answer:seconds=-1",
     "slow-answer:seconds=1e9", "slow-answer:seconds=nan", "rate-limited:form=odd", 7, None],
)  # fmt: skip
def test_a_wrong_spec_is_refused_with_what_there_is(api: Api, spec: int | str | None) -> None:
    assert api.push(spec).status_code == 400


def test_a_spec_has_options_a_probability_and_a_number_of_times() -> None:
    play = parse("rate-limited:retry_after=2,form=date@0.25x3")
    assert (play.options, play.probability, play.left) == ({"retry_after": "2", "form": "date"}, 0.25, 3)
    assert parse("lost-answer").left is None


def test_a_pushed_scenario_is_played_as_often_as_it_says(api: Api) -> None:
    api.push("http-503x2")
    assert [api.create().status_code for _ in range(4)] == [503, 503, 200, 200]


def test_a_probability_is_kept_and_the_seed_makes_it_repeatable(sandbox_with: Callable[..., Api]) -> None:
    def played() -> list[int]:
        api = sandbox_with("--scenario", "http-503@0.5", "--seed", "4")
        return [api.create(seed=number).status_code for number in range(12)]

    first = played()
    assert set(first) == {200, 503}
    assert played() == first


def test_a_reset_has_one_chance_at_each_request(sandbox_with: Callable[..., Api]) -> None:
    api = sandbox_with("--scenario", "reset-before-body@0.5", "--seed", "1")
    broken = 0
    for _ in range(80):
        try:
            api.create()
        except BROKEN:
            broken += 1
    assert 25 <= broken <= 55
