"""The events of a task. The history records them, and ``reduce`` replays them."""

from __future__ import annotations

from typing import Any

from cometact_nb.domain import redact
from cometact_nb.domain.task import ClipInfo, Snapshot  # noqa: TC001  (the history decodes events by them)

__all__ = [
    "Accepted",
    "AnyEvent",
    "CancelAnswered",
    "CancelAsked",
    "ClipFailed",
    "ClipSaved",
    "ClipsLost",
    "ClipsMoved",
    "Forgotten",
    "Intended",
    "Observed",
    "PollFailed",
    "Postponed",
    "Refused",
    "TaskEvent",
    "Unconfirmed",
    "WatchBegan",
    "WatchEnded",
]


class TaskEvent(redact.Quiet, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Something that happened to a task. ``at`` is Unix seconds by this machine's clock."""

    at: float


class Intended(TaskEvent, frozen=True, kw_only=True, tag="intended"):
    """The user asked for the task; recorded before anything is sent."""

    request: dict[str, Any] | None = None
    base_url: str = ""
    price_usd: float | None = None
    allow_unlisted: bool = False
    sandbox: bool | None = None
    input_names: dict[str, str] | None = None
    output_dir: str | None = None
    price_source: str | None = None
    project: str | None = None


class Postponed(TaskEvent, frozen=True, kw_only=True, tag="postponed"):
    """The POST was certainly refused for now and will be sent again."""

    reason: str
    until: float


class Accepted(TaskEvent, frozen=True, kw_only=True, tag="accepted"):
    """The service gave the task an id (or the user did, for an unconfirmed one)."""

    id: str


class Refused(TaskEvent, frozen=True, kw_only=True, tag="refused"):
    """The POST was refused, or never sent."""

    message: str
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    param: str | None = None
    sent: bool = True


class Unconfirmed(TaskEvent, frozen=True, kw_only=True, tag="unconfirmed"):
    """The POST was sent and its outcome is unknown."""

    reason: str
    answer: str | None = None


class Forgotten(TaskEvent, frozen=True, kw_only=True, tag="forgotten"):
    """The user gave up an unconfirmed task; ``billed`` is what they found out, None for nothing."""

    billed: bool | None = None


class Observed(TaskEvent, frozen=True, kw_only=True, tag="observed"):
    """The service answered a poll."""

    snapshot: Snapshot


class PollFailed(TaskEvent, frozen=True, kw_only=True, tag="poll-failed"):
    """A poll brought no snapshot; the watch goes on."""

    reason: str


class WatchEnded(TaskEvent, frozen=True, kw_only=True, tag="watch-ended"):
    """Polling stopped for a reason that only the user can mend."""

    reason: str


class WatchBegan(TaskEvent, frozen=True, kw_only=True, tag="watch-began"):
    """Polling began, or began again."""


class CancelAsked(TaskEvent, frozen=True, kw_only=True, tag="cancel-asked"):
    """The user of another kernel cancelled a task whose request was being sent; its sender looks for this."""


class CancelAnswered(TaskEvent, frozen=True, kw_only=True, tag="cancel-answered"):
    """The service answered a cancel."""

    accepted: bool
    message: str = ""


class ClipSaved(TaskEvent, frozen=True, kw_only=True, tag="clip-saved"):
    """A clip is on disk under its final name."""

    clip: ClipInfo


class ClipFailed(TaskEvent, frozen=True, kw_only=True, tag="clip-failed"):
    """A clip could not be downloaded or written."""

    reason: str


class ClipsMoved(TaskEvent, frozen=True, kw_only=True, tag="clips-moved"):
    """Clips were found in another folder, byte for byte; ``clips`` lists all of the task's."""

    clips: tuple[ClipInfo, ...]


class ClipsLost(TaskEvent, frozen=True, kw_only=True, tag="clips-lost"):
    """The clips are gone from the disk and will be downloaded again."""


AnyEvent = (
    Intended
    | Postponed
    | Accepted
    | Refused
    | Unconfirmed
    | Forgotten
    | Observed
    | PollFailed
    | WatchEnded
    | WatchBegan
    | CancelAsked
    | CancelAnswered
    | ClipSaved
    | ClipFailed
    | ClipsMoved
    | ClipsLost
)
