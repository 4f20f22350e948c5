"""Task states for the tests of views, made of the events that make them in life."""

from __future__ import annotations

from typing import Any

from cometact_nb.domain import events
from cometact_nb.domain.events import TaskEvent
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import ClipInfo, Snapshot, Status, TaskState

NOW = 1_777_800_000.0
ID = "5b91e444-c232-deaf-a4d7-8aef3e57336b"
BODY = {
    "model": "act_two",
    "character": {"type": "image", "uri": "https://assets.example.com/lab/characters/portrait-ada.png"},
    "reference": {"type": "video", "uri": "https://assets.example.com/lab/references/greeting-take-3.mp4"},
    "bodyControl": True,
    "expressionIntensity": 3,
    "seed": 424242,
    "ratio": "1280:720",
    "contentModeration": {"publicFigureThreshold": "low"},
}
SIGNED = "https://cdn.example.com/out/clip.mp4?_jwt=SECRET-SIGNATURE"
CLIP = ClipInfo(
    path="/home/ada/work/act_two_outputs/20260503-092000_5b91e444.mp4",
    bytes=1_312_455,
    sha256="ab" * 32,
    poster="/home/ada/work/act_two_outputs/20260503-092000_5b91e444.jpg",
    width=1280,
    height=720,
    fps=24.0,
    duration_s=5.0,
)


def replay(*happened: TaskEvent) -> TaskState:
    state = TaskState(key="0123456789abcdef")
    for event in happened:
        state = reduce(state, event)
    return state


def intended(**changes: object) -> events.Intended:
    fields: dict[str, Any] = {
        "request": BODY,
        "base_url": "https://api.cometapi.com",
        "price_usd": 0.40,
        **changes,
    }
    return events.Intended(at=NOW - 42, **fields)


ACCEPTED = events.Accepted(at=NOW - 41, id=ID)


def seen(status: Status, **facts: Any) -> events.Observed:
    snapshot = Snapshot(status=status, raw_status=facts.pop("raw_status", status.value), id=ID, **facts)
    return events.Observed(at=NOW, snapshot=snapshot)


def saved(clip: ClipInfo = CLIP) -> events.ClipSaved:
    return events.ClipSaved(at=NOW, clip=clip)


def succeeded(clip: ClipInfo = CLIP, **request: object) -> TaskState:
    done = seen(Status.SUCCEEDED, output_urls=(SIGNED,))
    return replay(intended(**request), ACCEPTED, done, saved(clip))


def _refused() -> events.Refused:
    message = "The service refused the request: character.uri cannot be fetched"
    return events.Refused(
        at=NOW,
        message=message,
        status=400,
        code="invalid_request",
        request_id="202605031",
        param="character.uri",
    )


#: Each status at least once, with what comes with it in life.
STATES: dict[str, TaskState] = {
    "SUBMITTING": replay(intended()),
    "PENDING": replay(intended(), ACCEPTED),
    "THROTTLED": replay(intended(), ACCEPTED, seen(Status.THROTTLED)),
    "RUNNING": replay(intended(), ACCEPTED, seen(Status.RUNNING, progress=0.42)),
    "RUNNING without progress": replay(intended(), ACCEPTED, seen(Status.RUNNING)),
    "RUNNING, poll failed": replay(
        intended(),
        ACCEPTED,
        seen(Status.RUNNING, progress=0.42),
        events.PollFailed(at=NOW, reason="the service answered 502; asking again in 8 s"),
    ),
    "RUNNING, unwatched": replay(
        intended(),
        ACCEPTED,
        seen(Status.RUNNING, progress=0.42),
        events.WatchEnded(at=NOW, reason="the service refused the key (401)"),
    ),
    "RUNNING, cancel refused": replay(
        intended(),
        ACCEPTED,
        seen(Status.RUNNING, progress=0.42),
        events.CancelAnswered(
            at=NOW, accepted=False, message="CometAPI does not document cancelling; it answered 405"
        ),
    ),
    "UNKNOWN": replay(intended(), ACCEPTED, seen(Status.UNKNOWN, raw_status="PREHEATING")),
    "SUCCEEDED, fetching": replay(intended(), ACCEPTED, seen(Status.SUCCEEDED, output_urls=(SIGNED,))),
    "SUCCEEDED": succeeded(),
    "SUCCEEDED, clip lost": replay(
        intended(),
        ACCEPTED,
        seen(Status.SUCCEEDED, output_urls=(SIGNED,)),
        events.ClipFailed(at=NOW, reason="the disk is full (act_two_outputs)"),
    ),
    "FAILED": replay(
        intended(),
        ACCEPTED,
        seen(Status.FAILED, failure="The character image was refused.", failure_code="SAFETY.INPUT.IMAGE"),
    ),
    "REFUSED": replay(intended(), _refused()),
    "REFUSED, not sent": replay(
        intended(), events.Refused(at=NOW, message="No connection to the service", sent=False)
    ),
    "UNCONFIRMED": replay(
        intended(), events.Unconfirmed(at=NOW, reason="the connection was reset after 31 s")
    ),
    "FORGOTTEN": replay(
        intended(),
        events.Unconfirmed(at=NOW - 5, reason="the connection was reset"),
        events.Forgotten(at=NOW),
    ),
    "CANCELLED": replay(intended(), ACCEPTED, seen(Status.CANCELLED)),
    "NOT_FOUND, accepted": replay(intended(), ACCEPTED, seen(Status.NOT_FOUND)),
    "NOT_FOUND": replay(intended(request=None), ACCEPTED, seen(Status.NOT_FOUND)),
}
