"""One task in every known form, in any mixture: whatever a gateway does to an answer, it means the same."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.api import wire
from cometact_nb.domain.events import Observed
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import Snapshot, Status, TaskState

SAMPLES = Path(__file__).parents[1] / "wire"
NAME = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
URL = "https://cdn.example.com/out/5b91e444.mp4?_jwt=SIGNATURE"

#: Each status with Runway's word and with the gateway's.
WORDS = {
    Status.PENDING: ("PENDING", ["NOT_START", "SUBMITTED", "QUEUED"]),
    Status.THROTTLED: ("THROTTLED", ["QUEUED"]),
    Status.RUNNING: ("RUNNING", ["IN_PROGRESS"]),
    Status.SUCCEEDED: ("SUCCEEDED", ["SUCCESS"]),
    Status.FAILED: ("FAILED", ["FAILURE"]),
    Status.CANCELLED: ("CANCELLED", ["FAILURE"]),
}


@dataclass
class Truth:
    """What the answer is to say."""

    status: Status
    progress: float | None = None
    credits: float | None = None


def outputs() -> st.SearchStrategy[Any]:
    """The forms of ``output`` with one clip."""
    shown = [
        [URL],
        URL,
        [{"url": URL}],
        {"url": URL},
        [{"uri": URL}],
        json.dumps([URL]),
        [URL, URL],
        [None, URL],
    ]
    return st.sampled_from(shown)


@st.composite
def runways(draw: st.DrawFn, truth: Truth, *, output: bool = True) -> dict[str, Any]:
    """Runway's own object."""
    body: dict[str, Any] = {"id": NAME, "status": WORDS[truth.status][0]}
    if truth.status is Status.SUCCEEDED and output:
        body["output"] = draw(outputs())
    if truth.status is Status.FAILED:
        body |= {"failure": "the face was lost", "failureCode": "INTERNAL.BAD_OUTPUT.CODE01"}
    if truth.progress is not None:
        body["progress"] = truth.progress
    if truth.credits is not None:
        body["cost"] = {"credits": truth.credits}
    if draw(st.booleans()):
        body["createdAt"] = "2026-05-01T12:47:47.351Z"
    return body


@st.composite
def gateways(draw: st.DrawFn, truth: Truth, *, output: bool) -> dict[str, Any]:
    """The gateway's own fields around it, or alone (flat)."""
    body: dict[str, Any] = {
        "task_id": NAME,
        "action": "CHARACTER_PERFORMANCE",
        "status": draw(st.sampled_from(WORDS[truth.status][1])),
        "fail_reason": "",
        "submit_time": 1773366766,
        "progress": "100%" if truth.progress is None else f"{truth.progress:.0%}",
    }
    if truth.status is Status.SUCCEEDED and output:
        place = draw(st.sampled_from(["result_url", "video_url", "fail_reason", "output"]))
        body[place] = URL
        if place in {"result_url", "video_url"} and draw(st.booleans()):
            body |= {"result_url": URL, "video_url": URL}
    if truth.status is Status.FAILED:
        body["fail_reason"] = "the face was lost"
    return body


def lowered(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "status": body["status"].lower()}


@st.composite
def answers(draw: st.DrawFn, truth: Truth) -> bytes:
    """The bytes of an answer."""
    changes: list[Callable[[dict[str, Any]], dict[str, Any]]] = [dict, lowered]
    change = draw(st.sampled_from(changes))
    form = draw(st.sampled_from(["bare", "flat", "wrapped"]))
    if form == "flat" and truth.status not in {Status.THROTTLED, Status.CANCELLED}:
        body = change(draw(gateways(truth, output=True)))
    elif form == "wrapped":
        outside = draw(st.booleans())
        inner: Any = change(draw(runways(truth, output=not outside)))
        outer = change(draw(gateways(truth, output=outside)))
        if draw(st.booleans()):
            outer["status"] = draw(st.sampled_from(["3", 3]))  # a number instead of a word
        if (
            truth.status is Status.SUCCEEDED
            and outside
            and isinstance(outer["status"], str)
            and draw(st.booleans())
        ):
            inner = draw(st.sampled_from([{}, None, "", "{}"])) if not outer["status"].isdigit() else inner
        as_text = draw(st.booleans()) and isinstance(inner, dict)
        body = {**outer, "data": json.dumps(inner) if as_text else inner}
    else:
        body = change(draw(runways(truth)))
    if draw(st.booleans()):
        data: Any = json.dumps(body) if draw(st.booleans()) else body
        body = {"code": draw(st.sampled_from(["success", "", 200])), "message": "", "data": data}
    content = json.dumps(body).encode()
    return draw(st.sampled_from([b"", codecs.BOM_UTF8, b"\n "])) + content


@given(st.data())
def test_a_task_in_any_form_says_the_same(data: st.DataObject) -> None:
    truth = Truth(
        data.draw(st.sampled_from(sorted(WORDS))), data.draw(st.sampled_from([None, 0.0, 0.42, 1.0]))
    )
    snapshot = wire.read_task(data.draw(answers(truth)), NAME)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.status is truth.status
    assert snapshot.id == NAME
    assert snapshot.output_urls == ((URL,) if truth.status is Status.SUCCEEDED else ())
    if truth.progress is not None:
        assert snapshot.progress == pytest.approx(truth.progress, abs=0.005)
    failed = truth.status is Status.FAILED
    assert snapshot.failure == ("the face was lost" if failed else None)


@st.composite
def creates(draw: st.DrawFn) -> Any:
    """The forms of the answer to a create."""
    name = draw(st.sampled_from(["id", "task_id", "taskId"]))
    body: Any = draw(
        st.sampled_from([{name: NAME}, {name: NAME, "status": "PENDING"}, {"x": None, name: f" {NAME} "}])
    )
    envelope = {"code": draw(st.sampled_from(["success", "", 0, 200])), "message": ""}
    match draw(st.integers(0, 5)):
        case 0:
            return body
        case 1:
            return {**envelope, "data": body}
        case 2:
            return {**envelope, "data": json.dumps(body)}
        case 3:
            return {**envelope, "data": NAME}
        case 4:
            return {**envelope, "id": "request-17", "data": {**body, "data": ""}}
    return NAME


@given(creates(), st.integers(0, 3))
def test_the_id_of_a_create_is_read_in_any_form_and_also_without_the_end_of_the_answer(
    body: Any, cut: int
) -> None:
    content = json.dumps(body).encode()
    assert wire.read_created(content) == NAME
    brackets = len(content) - len(content.rstrip(b"}"))
    assert wire.read_created(content[: len(content) - min(cut, brackets)]) == NAME


@given(st.integers(0, 200))
def test_no_part_of_an_answer_is_read_as_another_id(end: int) -> None:
    content = json.dumps(
        {"code": "success", "data": {"task_id": NAME, "note": 'a "quoted" b', "n": [1, {}]}}
    ).encode()
    assert wire.read_created(content[:end]) in {None, NAME}


@pytest.mark.parametrize(
    "body",
    [
        {"code": "queue_full", "message": "", "data": "503 channels are busy"},
        {"code": "success", "data": "queued"},
        {"code": "success", "data": "https://example.com/1"},
        {"code": "error7", "data": "ab-12345"},
        {"id": NAME, "error": {"message": "no", "code": "x"}},
        {"error": {"id": NAME}},
        "queued",
        [1, 2],
        {"request": {"id": NAME}},
        {"id": 17},
    ],
)
def test_what_is_no_id_of_a_task_is_none(body: object) -> None:
    assert wire.read_created(json.dumps(body).encode()) is None


def test_an_id_alone_as_plain_text_is_read() -> None:
    assert wire.read_created(f"{NAME}\n".encode()) == NAME


@pytest.mark.parametrize("word", ["task_not_exist", "TASK_NOT_EXIST", " task_not_exist "])
@pytest.mark.parametrize(
    "form",
    [
        lambda word: {"code": word, "message": word, "data": None},
        lambda word: {"code": 400, "message": word},
        lambda word: {"code": word, "message": "no such task"},
        lambda word: {"status": word},
        lambda word: {"id": NAME, "status": word},
        lambda word: {"error": {"code": word, "message": "no such task"}},
        lambda word: {"error": {"type": word, "message": ""}},
        lambda word: {"error": {"type": "invalid_request", "message": word}},
        lambda word: {"code": word, "data": {"task_id": NAME, "status": "SUCCESS"}},
        lambda word: {"code": word, "data": {"task_id": NAME, "status": "RUNNING", "output": [URL]}},
        lambda word: {"error": word},
        lambda word: {"code": "success", "data": {"task_id": NAME, "status": word}},
        lambda word: {"code": "success", "data": json.dumps({"task_id": NAME, "status": word})},
        lambda word: {"code": "success", "data": {"task_id": NAME, "data": {"status": word}}},
        lambda word: {"code": "success", "data": word},
    ],
)
def test_an_unknown_id_is_read_in_every_form(form: Callable[..., Any], word: str) -> None:
    assert isinstance(wire.read_task(json.dumps(form(word)).encode(), NAME), wire.NotExist)


def test_a_success_with_an_output_beats_a_word_that_the_task_does_not_exist() -> None:
    body = {"code": "task_not_exist", "data": {"task_id": NAME, "status": "SUCCESS", "result_url": URL}}
    snapshot = wire.read_task(json.dumps(body).encode(), NAME)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.status is Status.SUCCEEDED


def test_the_flat_sample_is_read() -> None:
    snapshot = wire.read_task((SAMPLES / "task-flat-succeeded.json").read_bytes(), NAME)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.status, snapshot.id, snapshot.output_urls) == (Status.SUCCEEDED, NAME, (URL,))
    assert (snapshot.created_at, snapshot.started_at, snapshot.finished_at) == (
        1773366766,
        1773366770,
        1773366890,
    )


@pytest.mark.parametrize("word", [3, "3", 3.0, " 3 "])
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"result_url": URL, "progress": "100%"}, Status.SUCCEEDED),
        ({"video_url": URL, "finish_time": 1773366890}, Status.SUCCEEDED),
        ({"result_url": URL, "progress": "40%", "finish_time": 0}, Status.UNKNOWN),
        ({"progress": "100%", "finish_time": 1773366890}, Status.UNKNOWN),
        ({"fail_reason": "no face", "finish_time": 1773366890}, Status.UNKNOWN),
    ],
)
def test_a_number_instead_of_a_word_is_unknown_unless_the_facts_show_a_success(
    word: str | float, facts: dict[str, Any], expected: Status
) -> None:
    snapshot = wire.read_task(json.dumps({"task_id": NAME, "status": word, **facts}).encode(), NAME)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.status is expected
    assert snapshot.raw_status == str(word)
    assert snapshot.notes


def test_a_failure_with_a_web_address_as_its_reason_has_no_output() -> None:
    body = {"task_id": NAME, "status": "FAILURE", "fail_reason": URL}
    snapshot = wire.read_task(json.dumps(body).encode(), NAME)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.status, snapshot.output_urls) == (Status.FAILED, ())


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"7", b'"text"', b"null", b'{"code": "success", "data": null}', b'{"data": {"data": {}}}',
     b'{"code": "success", "id": "request-7", "data": {}}', b'{"message": "hello"}'],
)  # fmt: skip
def test_an_answer_without_a_task_is_malformed_and_no_crash(body: bytes) -> None:
    assert isinstance(wire.read_task(body, NAME), wire.Malformed)


@pytest.mark.parametrize(
    "body",
    [b'{"id": "t", "status": "RUNNING", "progress": NaN}', b'{"id": "t", "status": "RUNNING", "failure": "\\ud800"}',
     '{"id": "t", "status": "RUNNING", "failure": "é"}'.encode("latin-1"), b'{"id": "t", "status": ["RUNNING"]}',
     b'{"id": "t", "status": {"a": 1}, "code": [], "error": {}}', b'{"id": "t", "status": true}'],
)  # fmt: skip
def test_json_that_is_not_quite_json_is_read_all_the_same(body: bytes) -> None:
    snapshot = wire.read_task(body, "t")
    assert isinstance(snapshot, Snapshot)
    assert snapshot.id == "t"
    repr(snapshot).encode()  # nothing in it that no file takes


def test_credits_are_kept_on_the_task() -> None:
    def state(*bodies: dict[str, Any]) -> TaskState:
        task = TaskState(key="local-1", id=NAME)
        for at, body in enumerate(bodies):
            snapshot = wire.read_task(json.dumps({"id": NAME, **body}).encode(), NAME)
            assert isinstance(snapshot, Snapshot)
            task = reduce(task, Observed(at=at, snapshot=snapshot))
        return task

    running = {"status": "RUNNING", "estimatedCost": {"credits": 25}}
    done = {"status": "SUCCEEDED", "output": [URL], "cost": {"credits": 30.5}}
    assert state(running).estimated_credits == 25
    assert state(running).credits is None
    assert (state(running, done).credits, state(running, done).estimated_credits) == (30.5, 25)
    failed = {"status": "FAILED", "cost": {"credits": 25}}
    refunded = {"status": "FAILED", "cost": {"credits": 0}}
    assert state(running, failed, refunded).credits == 0
    wrapped = {"task_id": NAME, "status": "SUCCESS", "data": {"cost": {"credits": 5}, "output": [URL]}}
    assert state({"status": "x", "data": wrapped}).credits == 5
    odds: tuple[Any, ...] = (
        {"credits": "5"},
        {"credits": -1},
        {"credits": None},
        {"credits": True},
        5,
        "0.4",
        [],
        None,
    )
    for odd in odds:
        assert state({"status": "RUNNING", "cost": odd, "estimatedCost": odd}).credits is None
