"""The sandbox over its socket, as any client sees it. It knows nothing of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox_api import Api

WIRE = Path(__file__).parents[1] / "wire"


def test_a_task_goes_through_its_states_and_its_clip_can_be_read_in_parts(api: Api) -> None:
    answers = api.ended(api.started())
    statuses = list(dict.fromkeys(answer["status"] for answer in answers))
    # It is PENDING for ten milliseconds here and RUNNING for a quarter of a second: a busy machine can miss both.
    assert [one for one in ("PENDING", "RUNNING", "SUCCEEDED") if one in statuses] == statuses
    assert statuses[-1] == "SUCCEEDED"
    api.until(api.started("never-ends"), lambda answer: answer["status"] == "RUNNING")
    progress = [answer["progress"] for answer in answers if "progress" in answer]
    assert progress == sorted(progress)
    (url,) = answers[-1]["output"]
    whole = api.plain.get(url)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.content[4:8] == b"ftyp"
    part = api.plain.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert api.plain.head(url).headers["content-length"] == str(len(whole.content))


def test_the_documented_request_is_accepted_as_it_stands(api: Api) -> None:
    body = json.loads((WIRE / "create-request.json").read_text())
    answer = api.http.post(api.path, json=body)
    assert answer.status_code == 200
    assert set(answer.json()) == {"id"}
    (post,) = api.posts()
    # Body control is accepted with a video character, and does nothing there.
    assert (post["body"], post["id"], post["accepted"]) == (body, answer.json()["id"], True)
    assert "Authorization" not in json.dumps(post)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": ""}, "model name is required"),
        ({"model": "gen4_turbo"}, "model"),
        ({"model": []}, "model"),
        ({"character": None}, "character"),
        ({"character": {"type": "audio", "uri": "https://a.b/c"}}, "character.type"),
        ({"character": {"type": [], "uri": "https://a.b/c"}}, "character.type"),
        ({"character": {"type": "image", "uri": "https://["}}, "character.uri"),
        ({"character": {"type": "image", "uri": "https://a.b:99999/"}}, "character.uri"),
        ({"character": {"type": "image", "uri": "https://a.b/?scenario=no-such"}}, "no-such"),
        ({"character": {"type": "image", "uri": "https://a.b/?scenario=slow-answer:seconds=x"}}, "seconds"),
        ({"reference": {"type": "image", "uri": "https://a.b/c.png"}}, "reference.type"),
        ({"reference": {"type": "video", "uri": ""}}, "reference.uri"),
        ({"reference": {"type": "video", "uri": "file:///etc/passwd"}}, "reference.uri"),
        ({"reference": {"type": "video", "uri": "http://example.com/a.mp4"}}, "HTTPS"),
        ({"reference": {"type": "video", "uri": "https://192.0.2.7/a.mp4"}}, "domain name"),
        (
            {"reference": {"type": "video", "uri": "data:video/mp4;base64," + "A" * (5 << 20)}},
            "more than 5 MB",
        ),
        (
            {"character": {"type": "image", "uri": "data:image/png;base64," + "A" * (5 << 20)}},
            "more than 5 MB",
        ),
        ({"character": {"type": "image", "uri": "data:image/gif;base64,R0lGODdh"}}, "unsupported image type"),
        ({"reference": {"type": "video", "uri": "https://a.b/" + "c" * 2048}}, "reference.uri"),
        ({"expressionIntensity": 6}, "expressionIntensity"),
        ({"expressionIntensity": "3"}, "expressionIntensity"),
        ({"expressionIntensity": True}, "expressionIntensity"),
        ({"seed": -1}, "seed"),
        ({"seed": 4294967296}, "seed"),
        ({"bodyControl": "yes"}, "bodyControl"),
        ({"ratio": "16:9"}, "ratio"),
        ({"ratio": ["1280:720"]}, "ratio"),
        ({"contentModeration": None}, "contentModeration"),
        ({"contentModeration": {"publicFigureThreshold": "high"}}, "publicFigureThreshold"),
        ({"contentModeration": {"publicFigureThreshold": []}}, "publicFigureThreshold"),
    ],
)
def test_a_bad_request_is_answered_as_documented(api: Api, change: Any, field: str) -> None:
    answer = api.http.post(api.path, json={**api.body(), **change})
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["type"] == "comet_api_error"
    assert field in error["message"]
    assert "request id: " in error["message"]
    assert api.posts()[-1]["accepted"] is False


CHANGING = [
    ("POST", "/sandbox/reset"),
    ("POST", "/sandbox/scenario"),
    ("POST", "/runwayml/v1/character_performance"),
    ("DELETE", "/runwayml/v1/tasks/{id}"),
]


@pytest.mark.parametrize(("method", "route"), CHANGING)
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:8888"},
     {"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example"}, {"Host": ""},
     {"Host": "evil.example", "Origin": "http://evil.example"}],
)  # fmt: skip
def test_no_web_page_changes_anything(api: Api, method: Any, route: Any, headers: Any) -> None:
    """Not from another origin, and not by a name that was made to lead to this machine."""
    task_id = api.started()
    body = json.dumps({**api.body(), "spec": "http-503"}).encode()
    before = len(api.posts())
    answer = api.http.request(method, route.format(id=task_id), headers=headers, content=body)
    assert answer.status_code == 403 or (answer.status_code == 400 and not headers.get("Host", "x"))
    assert api.poll(task_id).json()["id"] == task_id
    assert len(api.posts()) == before
    assert api.create().status_code == 200


@pytest.mark.parametrize("route", ["/sandbox/ledger", "/sandbox/info", "/runwayml/v1/tasks/{id}"])
def test_no_web_page_reads_the_books(api: Api, route: str) -> None:
    path = route.format(id=api.started())
    assert api.http.get(path, headers={"Host": "evil.example"}).status_code == 403
    assert api.http.get(path, headers={"Origin": "https://evil.example"}).status_code == 403


def test_its_own_page_and_a_program_may_ask_and_any_page_may_show_a_clip(api: Api) -> None:
    own = api.sandbox.base_url
    assert api.http.post("/sandbox/reset", headers={"Origin": own}).status_code == 200
    port = own.rpartition(":")[2]
    assert api.http.post("/sandbox/reset", headers={"Host": f"localhost:{port}"}).status_code == 200
    (url,) = api.finished()["output"]
    for address in (url, api.sandbox.character):
        assert api.plain.get(address, headers={"Origin": "http://localhost:8888"}).status_code == 200


@pytest.mark.parametrize("content", ["{", "", "\udcff", "[" * 100_000], ids=["cut", "empty", "bytes", "deep"])
def test_what_is_not_json_is_the_documented_500(api: Api, content: Any) -> None:
    answer = api.http.post(api.path, content=content.encode("utf-8", "surrogateescape"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "invalid_request")


@pytest.mark.parametrize("value", [[], 7, "text"])
def test_a_body_that_is_no_object_is_refused(api: Api, value: Any) -> None:
    assert api.http.post(api.path, json=value).status_code == 400


def test_headers_are_checked_and_refused_requests_are_in_the_books(api: Api) -> None:
    assert api.plain.post(api.path, json=api.body()).status_code == 401
    bad = {"Authorization": "Bearer invalid-key", "X-Runway-Version": "2024-11-06"}
    refused = api.plain.post(api.path, json=api.body(), headers=bad)
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "comet_api_error")
    no_version = api.plain.post(api.path, json=api.body(), headers={"Authorization": "Bearer k"})
    assert no_version.status_code == 400
    assert "X-Runway-Version" in no_version.json()["error"]["message"]
    assert [(post["status"], post["accepted"]) for post in api.posts()] == [(401, False)] * 2 + [(400, False)]
    assert "invalid-key" not in json.dumps(api.ledger())
    task_id = api.started()
    polled = f"{api.sandbox.base_url}/runwayml/v1/tasks/{task_id}"
    assert api.plain.get(polled).status_code == 401
    assert api.plain.get(polled, headers={"Authorization": "Bearer k"}).status_code == 200


def test_more_tasks_than_the_account_may_run_are_throttled_and_then_run(api: Api) -> None:
    ids = [api.started("never-ends", seed=seed) for seed in range(4)]
    assert api.until(ids[-1], lambda answer: answer["status"] == "THROTTLED")
    assert api.delete(ids[0]).status_code == 204
    assert api.poll(ids[0]).json()["status"] == "CANCELLED"
    assert api.until(ids[-1], lambda answer: answer["status"] == "RUNNING")


def test_nobody_waits_for_the_clips_of_cancelled_tasks(api: Api) -> None:
    """They would take a minute, and half a minute is waited for the one clip that is wanted."""
    for task_id in [api.started(seed=1000 + seed) for seed in range(30)]:
        assert api.delete(task_id).status_code == 204
    assert api.finished()["status"] == "SUCCEEDED"


def test_a_picture_and_a_poll_are_answered_while_clips_are_rendered(api: Api) -> None:
    ids = [api.started(seed=2000 + seed) for seed in range(60)]  # some seconds of rendering
    assert api.http.get("/samples/robot.jpg").status_code == 200
    for _ in range(10):
        assert api.poll(ids[-1]).json()["status"] != "SUCCEEDED"


def test_a_finished_task_is_deleted_and_then_unknown(api: Api) -> None:
    task_id = api.started("safety-input")
    api.ended(task_id)
    assert api.delete(task_id).status_code == 204
    gone = api.poll(task_id)
    assert (gone.status_code, gone.json()) == (400, json.loads((WIRE / "task-not-exist.json").read_text()))


def test_links_expire_and_cannot_be_forged(api: Api) -> None:
    task_id = api.started("expired-output")
    (url,) = api.ended(task_id)[-1]["output"]
    assert api.plain.get(url).status_code == 403
    (fresh,) = api.poll(task_id).json()["output"]
    assert api.plain.get(fresh).status_code == 200
    for forged in (
        fresh.replace("token=", "token=0"),
        fresh.replace("/0.mp4", "/1.mp4"),
        fresh.replace("expires=", "expires=9"),
        fresh.partition("?")[0],
        fresh.partition("?")[0] + "?expires=soon&token=%C3%A9",
    ):
        assert api.plain.get(forged).status_code == 403


def test_a_character_sent_as_data_is_accepted(api: Api) -> None:
    picture = base64.b64encode(api.http.get("/samples/robot.jpg").content).decode()
    character = {"type": "image", "uri": f"data:image/jpeg;base64,{picture}"}
    assert api.finished(character=character)["status"] == "SUCCEEDED"


def test_the_wrapped_shape_is_that_of_the_sample_and_a_key_and_a_lifetime_can_be_set(
    sandbox_with: Callable[..., Api],
) -> None:
    api = sandbox_with("--shape", "wrapped", "--api-key", "the-key", "--url-ttl-s", "-1")
    assert api.create().status_code == 401
    api.http.headers["Authorization"] = "Bearer the-key"
    sample = json.loads((WIRE / "task-wrapped-queued.json").read_text())
    answers = api.until(
        api.started("throttled:seconds=300"), lambda answer: answer["data"]["status"] == "SUCCESS"
    )
    first, last = answers[0], answers[-1]
    assert (set(first), set(first["data"])) == (set(sample), set(sample["data"]))
    assert set(first["data"]["data"]) == set(sample["data"]["data"])
    for name in ("status", "fail_reason", "start_time", "finish_time", "progress"):
        assert first["data"][name] == sample["data"][name]
    assert datetime.fromisoformat(first["data"]["data"]["createdAt"]).utcoffset() == timedelta(hours=8)
    assert last["data"]["progress"] == "100%"
    assert 0 < last["data"]["submit_time"] <= last["data"]["start_time"] <= last["data"]["finish_time"]
    assert last["data"]["data"]["status"] == "SUCCEEDED"
    assert any(answer["data"]["status"] == "IN_PROGRESS" for answer in answers)
    assert api.plain.get(last["data"]["data"]["output"][0]).status_code == 403


def test_the_vendor_s_own_sdk_creates_waits_for_and_deletes_a_task(api: Api) -> None:
    from runwayml import RunwayML

    with RunwayML(api_key="sandbox", base_url=f"{api.sandbox.base_url}/runwayml") as client:
        task = client.character_performance.create(
            model="act_two",
            character={"type": "image", "uri": api.sandbox.character},
            reference={"type": "video", "uri": api.sandbox.reference},
            ratio="1280:720",
            expression_intensity=3,
        )
        done = task.wait_for_task_output(timeout=60)
        assert done.status == "SUCCEEDED"
        assert api.plain.get(done.output[0]).content[4:8] == b"ftyp"
        client.tasks.delete(done.id)
    assert api.ledger()["deletes"] == [done.id]
    assert len(api.posts()) == 1
