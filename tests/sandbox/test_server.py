"""The sandbox over its socket, as any client sees it. It knows nothing of ours."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from services import SandboxProcess

WIRE = Path(__file__).parents[1] / "wire"
HEADERS = {"Authorization": "Bearer sandbox", "X-Runway-Version": "2024-11-06"}


class Api:
    """A client with no opinion."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.http = httpx.Client(base_url=sandbox.base_url, headers=HEADERS, timeout=10)

    def body(self, scenario: str = "", **more: Any) -> dict[str, Any]:
        uri = self.sandbox.playing(scenario) if scenario else self.sandbox.character
        return {
            "model": "act_two",
            "character": {"type": "image", "uri": uri},
            "reference": {"type": "video", "uri": self.sandbox.reference},
            **more,
        }

    def create(self, scenario: str = "", **more: Any) -> httpx.Response:
        return self.http.post("/runwayml/v1/character_performance", json=self.body(scenario, **more))

    def started(self, scenario: str = "", **more: Any) -> str:
        return self.create(scenario, **more).json()["id"]  # type: ignore[no-any-return]

    def poll(self, task_id: str) -> httpx.Response:
        return self.http.get(f"/runwayml/v1/tasks/{task_id}")

    def until(self, task_id: str, done: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Every answer up to the first that is ``done``."""
        answers: list[dict[str, Any]] = []
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            response = self.poll(task_id)
            answers.append(response.json())
            if response.status_code == 200 and done(answers[-1]):
                return answers
        raise AssertionError(f"not within 30 s; last: {answers[-1]}")


def ended(answer: dict[str, Any]) -> bool:
    return answer.get("status", "").upper() in {"SUCCEEDED", "FAILED", "CANCELLED"}


@pytest.fixture
def api(sandbox):
    made = Api(sandbox)
    yield made
    made.http.close()


def test_a_task_goes_through_its_states_and_its_clip_can_be_read_in_parts(api) -> None:
    task_id = api.started(ratio="960:960", expressionIntensity=4, seed=1)
    answers = api.until(task_id, ended)
    statuses = [answer["status"] for answer in answers]
    assert statuses[0] == "PENDING"
    assert "RUNNING" in statuses
    assert statuses[-1] == "SUCCEEDED"
    progress = [answer["progress"] for answer in answers if "progress" in answer]
    assert progress == sorted(progress)
    (url,) = answers[-1]["output"]
    whole = httpx.get(url)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.content[4:8] == b"ftyp"
    part = httpx.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert httpx.head(url).headers["content-length"] == str(len(whole.content))


def test_the_documented_request_is_accepted_as_it_stands(api) -> None:
    body = json.loads((WIRE / "create-request.json").read_text())
    answer = api.http.post("/runwayml/v1/character_performance", json=body)
    assert answer.status_code == 200
    assert set(answer.json()) == {"id"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": ""}, "model name is required"),
        ({"model": "gen4_turbo"}, "model"),
        ({"character": None}, "character"),
        ({"character": {"type": "audio", "uri": "https://a.b/c"}}, "character.type"),
        ({"reference": {"type": "image", "uri": "https://a.b/c.png"}}, "reference.type"),
        ({"expressionIntensity": 6}, "expressionIntensity"),
        ({"expressionIntensity": "3"}, "expressionIntensity"),
        ({"seed": -1}, "seed"),
        ({"seed": 4294967296}, "seed"),
        ({"bodyControl": "yes"}, "bodyControl"),
        ({"ratio": "16:9"}, "ratio"),
        ({"contentModeration": {"publicFigureThreshold": "high"}}, "publicFigureThreshold"),
    ],
)
def test_a_bad_request_is_answered_as_documented(api, change, field) -> None:
    answer = api.http.post("/runwayml/v1/character_performance", json={**api.body(), **change})
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["type"] == "comet_api_error"
    assert field in error["message"]
    assert "request id: " in error["message"]
    assert api.sandbox.ledger()["posts"][-1]["accepted"] is False


def test_headers_are_checked(api) -> None:
    url = f"{api.sandbox.base_url}/runwayml/v1/character_performance"
    assert httpx.post(url, json=api.body()).status_code == 401
    bad = {"Authorization": "Bearer invalid-key", "X-Runway-Version": "2024-11-06"}
    assert httpx.post(url, json=api.body(), headers=bad).status_code == 401
    no_version = httpx.post(url, json=api.body(), headers={"Authorization": "Bearer k"})
    assert no_version.status_code == 400
    assert "X-Runway-Version" in no_version.json()["error"]["message"]
    junk = httpx.post(url, content=b"{", headers=HEADERS)
    assert (junk.status_code, junk.json()["error"]["code"]) == (500, "invalid_request")


def test_more_tasks_than_the_account_may_run_are_throttled(api) -> None:
    ids = [api.started("slow-task", seed=seed) for seed in range(4)]
    throttled = api.until(ids[-1], lambda answer: answer["status"] == "THROTTLED")
    assert throttled
    for task_id in ids:
        assert api.http.delete(f"/runwayml/v1/tasks/{task_id}").status_code == 204
        assert api.poll(task_id).json()["status"] == "CANCELLED"


def test_a_finished_task_is_deleted_and_then_unknown(api) -> None:
    task_id = api.started("safety-input")
    api.until(task_id, ended)
    assert api.http.delete(f"/runwayml/v1/tasks/{task_id}").status_code == 204
    gone = api.poll(task_id)
    assert (gone.status_code, gone.json()) == (400, json.loads((WIRE / "task-not-exist.json").read_text()))


def test_links_expire_and_cannot_be_forged(api) -> None:
    task_id = api.started("expired-output")
    (url,) = api.until(task_id, ended)[-1]["output"]
    assert httpx.get(url).status_code == 403
    (fresh,) = api.poll(task_id).json()["output"]
    assert httpx.get(fresh).status_code == 200
    assert httpx.get(fresh.replace("token=", "token=0")).status_code == 403


@pytest.mark.parametrize(
    ("name", "kind"),
    [("hero.png", "image/png"), ("robot.jpg", "image/jpeg"), ("ada.webp", "image/webp"), ("hero.mp4", "video/mp4"),
     ("smile.mp4", "video/mp4"), ("talk.mp4", "video/mp4"), ("wave.mp4", "video/mp4")],
)  # fmt: skip
def test_samples_are_what_they_are_called(api, name, kind) -> None:
    head = api.http.head(f"/samples/{name}?any=query", timeout=30)
    whole = api.http.get(f"/samples/{name}")
    assert head.headers["content-type"] == whole.headers["content-type"] == kind
    assert int(head.headers["content-length"]) == len(whole.content)
    magic = {
        "image/png": b"\x89PNG",
        "image/jpeg": b"\xff\xd8",
        "image/webp": b"RIFF",
        "video/mp4": b"\0\0\0",
    }
    assert whole.content.startswith(magic[kind])


def test_only_loopback_is_served() -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "cometact_nb.sandbox", "--host", "0.0.0.0"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 2


# --- scenarios -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "http-400",
        "http-401",
        "http-403",
        "http-404",
        "http-413",
        "http-500",
        "http-502",
        "http-503",
        "http-504",
        "http-524",
    ],
)
def test_a_status_is_played_as_asked(api, name) -> None:
    answer = api.create(name)
    assert answer.status_code == int(name[-3:])
    assert answer.json()["error"]["message"]
    assert api.sandbox.ledger()["posts"][-1]["accepted"] is (name in {"http-504", "http-524"})


@pytest.mark.parametrize("name", ["reset-after-body", "lost-answer", "truncated-answer"])
def test_a_connection_is_broken_as_asked(api, name) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        api.create(name)
    assert api.sandbox.ledger()["posts"][-1]["accepted"] is (name != "reset-after-body")


@pytest.mark.parametrize("name", ["reset-before-body", "reset-mid-body"])
def test_a_connection_is_broken_before_the_body_is_read(api, name) -> None:
    api.http.post("/sandbox/scenario", json={"spec": name})
    with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        api.create()
    (post,) = api.sandbox.ledger()["posts"]
    assert not post["accepted"]
    assert api.create().status_code == 200


def test_nothing_listens_for_a_while(sandbox) -> None:
    api = Api(sandbox)
    answer = api.http.post("/sandbox/scenario", json={"spec": "connection-refused:seconds=0.5"})
    assert answer.json()["ok"]
    api.http.close()
    port = int(sandbox.base_url.rpartition(":")[2])
    refused = False
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            code = probe.connect_ex(("127.0.0.1", port))
        refused = refused or code != 0
        if refused and code == 0:
            break
    assert refused
    again = Api(sandbox)
    assert again.create().status_code == 200
    again.http.close()


@pytest.mark.parametrize("form", ["seconds", "date", "absurd", "negative", "junk", "missing"])
def test_retry_after_comes_in_every_form(api, form) -> None:
    answer = api.create(f"rate-limited:form={form},retry_after=3")
    assert answer.status_code == 429
    header = answer.headers.get("retry-after")
    assert (header is None) == (form == "missing")
    if form == "date":
        assert parsedate_to_datetime(header)
    assert api.create(f"rate-limited:form={form},retry_after=3").status_code == 200  # once


def test_other_answers_to_a_create(api) -> None:
    page = api.create("html-200")
    assert page.headers["content-type"].startswith("text/html")
    moved = api.create("redirect-301")
    assert (moved.status_code, moved.headers["location"].startswith("https://elsewhere")) == (301, True)
    assert api.create("invalid-request").json()["error"]["code"] == "invalid_request"
    assert "id" not in api.create("no-id").json()
    slow = time.monotonic()
    assert api.create("slow-answer:seconds=0.3").status_code == 200
    assert time.monotonic() - slow >= 0.3


@pytest.mark.parametrize(
    ("name", "code"),
    [("safety-input", "SAFETY.INPUT.IMAGE"), ("safety-text", "INPUT_PREPROCESSING.SAFETY.TEXT"),
     ("safety-output", "SAFETY.OUTPUT.VIDEO"), ("asset-invalid", "ASSET.INVALID"),
     ("bad-output", "INTERNAL.BAD_OUTPUT.CODE01"), ("internal", "INTERNAL"), ("unknown-failure", "MOON.PHASE")],
)  # fmt: skip
def test_a_failure_of_each_family(api, name, code) -> None:
    last = api.until(api.started(name), ended)[-1]
    assert (last["status"], last["failureCode"]) == ("FAILED", code)


def test_a_task_may_be_cancelled_elsewhere_or_never_end(api) -> None:
    assert api.until(api.started("cancelled-elsewhere"), ended)[-1]["status"] == "CANCELLED"
    endless = api.started("never-ends")
    api.until(endless, lambda answer: answer.get("progress", 0) >= 0.99)
    assert api.poll(endless).json()["status"] == "RUNNING"
    api.http.delete(f"/runwayml/v1/tasks/{endless}")


@pytest.mark.parametrize("form", ["http400", "code200", "status"])
def test_a_fresh_id_is_unknown_in_each_form(api, form) -> None:
    answer = api.poll(api.started(f"not-exist:form={form}"))
    assert answer.status_code == (400 if form == "http400" else 200)
    assert "task_not_exist" in answer.text


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
        ("two-outputs", lambda answers: len(answers[-1]["output"]) == 2),
    ],
)
def test_answers_are_bent_as_asked(api, name, seen) -> None:
    assert seen(api.until(api.started(name), ended))


def _goes_back(statuses: list[str]) -> bool:
    first = statuses.index("RUNNING")
    return "PENDING" in statuses[first:]


def test_both_shapes_alternate(api) -> None:
    task_id = api.started("alternating")
    shapes = {"data" in api.poll(task_id).json() for _ in range(4)}
    assert shapes == {True, False}


@pytest.mark.parametrize(("name", "status"), [("poll-500", 500), ("poll-502", 502), ("poll-429", 429)])
def test_every_second_poll_fails(api, name, status) -> None:
    task_id = api.started(name)
    assert [api.poll(task_id).status_code for _ in range(4)] == [status, 200, status, 200]


@pytest.mark.parametrize("name", ["poll-reset", "poll-truncated"])
def test_every_second_poll_breaks(api, name) -> None:
    task_id = api.started(name)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        api.poll(task_id)
    assert api.poll(task_id).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "forbidden-output",
        "html-output",
        "not-a-video",
        "redirect-output",
        "cut-output",
        "truncated-output",
        "short-output",
    ],
)
def test_a_clip_is_spoiled_as_asked(api, name) -> None:
    (url,) = api.until(api.started(name), ended)[-1]["output"]
    try:
        answer = httpx.get(url)
    except httpx.RemoteProtocolError:
        assert name in {"cut-output", "truncated-output", "short-output"}
        return
    told = (answer.status_code, answer.headers.get("content-type", "").partition(";")[0], answer.content[:2])
    assert (
        told[:2]
        == {
            "forbidden-output": (403, "application/json"),
            "html-output": (200, "text/html"),
            "not-a-video": (200, "video/mp4"),
            "redirect-output": (302, told[1]),
        }[name]
    )
    assert name != "not-a-video" or told[2] == b"PK"


@pytest.mark.parametrize("status", [404, 405, 500])
def test_a_cancel_may_be_refused(api, status) -> None:
    task_id = api.started(f"delete-{status}")
    assert api.http.delete(f"/runwayml/v1/tasks/{task_id}").status_code == status


def test_a_probability_is_kept_and_the_seed_makes_it_repeatable() -> None:
    def played() -> list[int]:
        process = SandboxProcess("--scenario", "http-503@0.5", "--seed", "4")
        api = Api(process)
        codes = [api.create(seed=number).status_code for number in range(12)]
        api.http.close()
        process.stop()
        return codes

    first = played()
    assert set(first) == {200, 503}
    assert played() == first


def test_the_vendor_s_own_sdk_creates_waits_for_and_deletes_a_task(sandbox) -> None:
    from runwayml import RunwayML

    with RunwayML(api_key="sandbox", base_url=f"{sandbox.base_url}/runwayml") as client:
        task = client.character_performance.create(
            model="act_two",
            character={"type": "image", "uri": sandbox.character},
            reference={"type": "video", "uri": sandbox.reference},
            ratio="1280:720",
            expression_intensity=4,
        )
        done = task.wait_for_task_output(timeout=60)
        assert done.status == "SUCCEEDED"
        assert httpx.get(done.output[0]).content[4:8] == b"ftyp"
        client.tasks.delete(done.id)
    assert sandbox.ledger()["deletes"] == [done.id]
    assert sandbox.posts() == 1
