"""What a card never shows or loads: markup of others, signatures, addresses that nobody has to trust."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cards import Page, assert_harmless, html, text
from states import ACCEPTED, BODY, CLIP, NOW, SIGNED, STATES, intended, replay, seen, succeeded

from cometact_nb.domain import events
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.views.task.text import line

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</pre></details><iframe src=https://evil.example></iframe>",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "invoice\u202efdp.exe \u2066hidden\u2069 \u200bzero",
    "null \x00 bell \x07 delete \x7f",
    "lone \ud800 surrogate",
    "A" * 100_000,
    "<" * 100_000,
    "line\nafter\rline\u2028after\tline",
]


def with_hostile_failure(hostile: str) -> TaskState:
    return replay(intended(), ACCEPTED, seen(Status.FAILED, failure=hostile, failure_code=hostile))


def with_hostile_refusal(hostile: str) -> TaskState:
    refused = events.Refused(
        at=NOW, message=hostile, status=400, code=hostile, request_id=hostile, param=hostile
    )
    return replay(intended(), refused)


def with_hostile_word(hostile: str) -> TaskState:
    return replay(intended(), ACCEPTED, seen(Status.UNKNOWN, raw_status=hostile, notes=(hostile,)))


def with_hostile_id(hostile: str) -> TaskState:
    return replay(intended(), events.Accepted(at=NOW, id=hostile))


def with_hostile_cancel(hostile: str) -> TaskState:
    answer = events.CancelAnswered(at=NOW, accepted=False, message=hostile)
    return replay(intended(), ACCEPTED, seen(Status.RUNNING), answer)


def with_hostile_clip(hostile: str) -> TaskState:
    named = hostile.replace("/", "_").replace("\x00", "")[:5000]
    return succeeded(msgspec.structs.replace(CLIP, path=f"/home/ada/work/{named}.mp4"))


def with_hostile_name(hostile: str) -> TaskState:
    from urllib.parse import quote

    url = "https://assets.example.com/" + quote(hostile, safe="", errors="replace")[:1500] + ".png"
    return replay(intended(request={**BODY, "character": {"type": "image", "uri": url}}), ACCEPTED)


def with_hostile_ratio(hostile: str) -> TaskState:
    return replay(intended(request={**BODY, "ratio": hostile}, allow_unlisted=True), ACCEPTED)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "make",
    [
        with_hostile_failure,
        with_hostile_refusal,
        with_hostile_word,
        with_hostile_id,
        with_hostile_cancel,
        with_hostile_clip,
        with_hostile_name,
        with_hostile_ratio,
    ],
)
def test_whatever_the_world_says_is_only_text(make: Callable[..., Any], hostile: str, live: bool) -> None:
    state = make(hostile)
    assert_harmless(html(state, live=live))
    plain = text(state)
    assert not set("\x00\x07\x1b\x7f\u202e\u2066\u2028\r") & set(plain)
    assert len(plain) < 4000
    assert "\n" not in line(state, NOW)


@pytest.mark.parametrize("name", STATES)
def test_signatures_of_output_urls_are_never_shown(name: str) -> None:
    state = msgspec.structs.replace(STATES[name], output_urls=(SIGNED,))
    for shown in (html(state), html(state, live=True), text(state), line(state, NOW)):
        assert "SECRET-SIGNATURE" not in shown


@pytest.mark.parametrize("field", ["failure", "problem", "clip_error", "cancel_message", "waiting_for"])
def test_a_message_that_quotes_a_signed_url_loses_its_signature(field: str) -> None:
    for state in STATES.values():
        quoting = msgspec.structs.replace(state, **{field: f"cannot fetch {SIGNED}: 403"})
        assert "SECRET-SIGNATURE" not in html(quoting) + html(quoting, live=True) + text(quoting)


@pytest.mark.parametrize(
    ("url", "sandbox", "loaded"),
    [
        ("https://assets.example.com/face.png", False, True),
        ("http://127.0.0.1:9000/face.png", True, True),
        ("http://localhost:9000/face.png", True, True),
        ("http://127.0.0.1:9000/face.png", False, False),
        ("http://assets.example.com/face.png", True, False),
        ("javascript:alert(1)//face.png", True, False),
        ("data:text/html,<script>alert(1)</script>", True, False),
        ("data:image/png;base64,AAAA", True, False),
        ("file:///etc/passwd", True, False),
        ("runway://upload/1", True, False),
        ("https://user:secret@example.com/face.png", True, False),
    ],
)
def test_only_https_and_the_sandbox_are_loaded(url: str, sandbox: bool, loaded: bool) -> None:
    state = replay(
        intended(request={**BODY, "character": {"type": "image", "uri": url}}, allow_unlisted=True)
    )
    loads = Page(html(state, sandbox=sandbox)).values("src", "href")
    assert (url in loads) is loaded
    assert not [found for found in loads if found.startswith(("javascript", "data", "file", "runway"))]
