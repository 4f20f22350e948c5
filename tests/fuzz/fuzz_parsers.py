"""A coverage-guided fuzzer over everything that reads foreign text.

``python tests/fuzz/fuzz_parsers.py PARSER SECONDS [CORPUS_FOLDER]``, with a parser of ``PARSERS``. Needs
``pip install atheris``. A crash is written as a file; put its bytes into ``tests/unit/test_foreign.py``.
"""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import atheris

with atheris.instrument_imports(include=["cometact_nb"]):
    from cometact_nb.api import flow, wire
    from cometact_nb.domain.events import AnyEvent, Observed
    from cometact_nb.domain.inspection.sniff import sniff
    from cometact_nb.domain.reduce import reduce
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Spec, expand
    from cometact_nb.domain.task import Snapshot, Status, TaskState
    from cometact_nb.domain.text import forms
    from cometact_nb.domain.text.curl_words import words
    from cometact_nb.domain.text.line import fields_from_line
    from cometact_nb.domain.text.line_words import WordError, split
    from cometact_nb.domain.text.line_words import expand as expand_word
    from cometact_nb.domain.text.paste import fields_from_paste
    from cometact_nb.errors import ActTwoError, RequestError

import msgspec

NAMES = ["id", "task_id", "status", "code", "data", "output", "result_url", "progress", "failure", "failureCode",
         "fail_reason", "createdAt", "submit_time", "start_time", "finish_time", "message", "error", "param", "type",
         "key", "kind", "at", "snapshot", "clips", "request", "axes", "rows", "fixed", "replicates", "raw_status",
         "model", "character", "reference", "uri", "bodyControl", "expressionIntensity", "seed", "ratio",
         "contentModeration", "publicFigureThreshold"]  # fmt: skip
WORDS = [*wire.STATUS_WORDS, "succeeded", "task_not_exist", "success", "42%", "NaN%", "1e999", "2026-05-01T00:00:00Z",
         "https://a.b/c.mp4?t=1", "https://a.b/c.png", "javascript:1", "act_two", "image", "video", "auto", "1280:720",
         "observed", "accepted", "intended", "clip-saved"]  # fmt: skip


def value(source: Any, depth: int = 0) -> Any:
    """Some JSON value out of raw bytes, of the names and words that these parsers know."""
    kind = source.ConsumeIntInRange(0, 9)
    if kind <= 3 and depth < 5:
        return {
            source.PickValueInList(NAMES): value(source, depth + 1)
            for _ in range(source.ConsumeIntInRange(0, 6))
        }
    if kind == 4 and depth < 5:
        return [value(source, depth + 1) for _ in range(source.ConsumeIntInRange(0, 3))]
    if kind <= 6:
        return source.PickValueInList(WORDS)
    if kind == 7:
        return source.ConsumeUnicodeNoSurrogates(20)
    if kind == 8:
        return source.PickValueInList([None, True, False, 0, 1, -1, 3, 170, 0.5, 1e300, 1e12, 2**63])
    return source.ConsumeFloat() if source.ConsumeBool() else source.ConsumeInt(8)


def as_json(data: bytes) -> bytes:
    """The bytes themselves, or JSON made of them: msgspec is C, so the fuzzer cannot find its way into it."""
    if data[:1] <= b"\x20":
        return data[1:]
    made = value(atheris.FuzzedDataProvider(data[1:]))
    return json.dumps(made).replace("NaN", "null").replace("Infinity", "1e308").encode()


def polls(data: bytes) -> None:
    """Any answer to a poll is a snapshot or a reason, and no success out of nothing."""
    data = as_json(data)
    read = wire.read_task(data)
    flow.judge_poll(flow.Answer(200, {}, data), 0.0)
    if not isinstance(read, Snapshot):
        return
    state = reduce(TaskState(key="k", id="i", status=Status.RUNNING), Observed(at=1.0, snapshot=read))
    datetime.fromtimestamp(state.created_at or 0, UTC)
    assert state.progress is None or 0 <= state.progress <= 1
    said = b"SUCC" in data.upper() or b"\\U" in data.upper() or not read.raw_status.strip("0123456789.eE+- /")
    assert said or read.status is not Status.SUCCEEDED


def creates(data: bytes) -> None:
    """Any answer to the paid POST is judged; accepted means an id."""
    data = as_json(data)
    for status in (200, 400, 429, 500):
        header = {"retry-after": data[:40].decode("latin-1")}
        verdict = flow.judge_create(flow.Answer(status, header, data), 0.0)
        if isinstance(verdict, flow.Created):
            assert status == 200
            assert verdict.id
        if isinstance(verdict, flow.Declined):
            assert verdict.retry_after_s is None or 0 <= verdict.retry_after_s <= 300


def bodies(data: bytes) -> None:
    """Any pasted body is a request or a RequestError."""
    with contextlib.suppress(RequestError):
        ActTwoRequest(**forms.fields_from_text(as_json(data).decode("utf-8", "replace")))


def pastes(data: bytes) -> None:
    """So is anything pasted into the panel: Python, curl, a magic line."""
    with contextlib.suppress(RequestError, ActTwoError):
        fields_from_paste(data.decode("utf-8", "replace"))


def shell(data: bytes) -> None:
    """A pasted shell command splits, or is no command."""
    with contextlib.suppress(ValueError):
        words(data.decode("utf-8", "replace"))


def magic(data: bytes) -> None:
    """A magic line splits into words, or into one error; it gives fields, or one error."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(WordError):
        for word in split(text):
            if "{" not in word.text:
                expand_word(word, {"a": 1})
    with contextlib.suppress(ActTwoError):
        fields_from_line(text)


def requests(data: bytes) -> None:
    """What is a request survives every form it is shown in."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(RequestError):
        request = ActTwoRequest(character=text, reference="https://a.b/c.mp4")
        assert ActTwoRequest.from_json(request.to_json()) == request
        assert ActTwoRequest(**forms.fields_from_text(request.to_curl())) == request


def files(data: bytes) -> None:
    """Any beginning of a file is a format or none."""
    found = sniff(data)
    assert (found.width is None) == (found.height is None)


def rows(data: bytes) -> None:
    """A row of the history is a state, an event or a plan, or msgspec's own error."""
    data = as_json(data)
    for kind in (TaskState, AnyEvent, Spec):
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            found = msgspec.json.decode(data, type=kind)
            if isinstance(found, Spec):
                with contextlib.suppress(RequestError):
                    expand(found)
            elif isinstance(found, TaskState):
                with contextlib.suppress(RequestError):
                    found.to_request()
            else:
                reduce(TaskState(key="k"), found)


PARSERS = {
    parser.__name__: parser
    for parser in (polls, creates, bodies, pastes, shell, magic, requests, files, rows)
}

if __name__ == "__main__":
    name, seconds, *corpus = sys.argv[1:]
    options = [
        f"-max_total_time={seconds}",
        "-max_len=600",
        "-print_final_stats=1",
        f"-artifact_prefix={name}-",
    ]
    atheris.Setup([sys.argv[0], *options, *corpus], PARSERS[name])
    atheris.Fuzz()
