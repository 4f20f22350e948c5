"""What is known about one task, and how each event changes it.

``reduce(state, event)`` is the only place where a task's state changes; history, engine and views all
replay the same events through it. Longer than other modules, so that state, events and what they do to it are
read together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain import redact

if TYPE_CHECKING:
    from cometact_nb.domain.request import ActTwoRequest

__all__ = ["TERMINAL", "ClipInfo", "Snapshot", "Status", "TaskEvent", "TaskState", "reduce"]


class Status(StrEnum):
    """Where a task stands.

    The first group is local, the second the vendor's own words, the third what is known when the vendor's
    answer is not.
    """

    SUBMITTING = "SUBMITTING"  #: the intent is on disk, the POST is not answered yet
    REFUSED = "REFUSED"  #: the POST was refused or never sent; nothing was bought
    UNCONFIRMED = "UNCONFIRMED"  #: the POST may have been accepted; it is never sent again by itself
    FORGOTTEN = "FORGOTTEN"  #: an unconfirmed task the user gave up

    PENDING = "PENDING"  #: accepted, not started
    THROTTLED = "THROTTLED"  #: accepted, waiting for the account's concurrency limit
    RUNNING = "RUNNING"  #: the video is being made
    SUCCEEDED = "SUCCEEDED"  #: it is made; a wait goes on until the clip is on disk
    FAILED = "FAILED"  #: it will not be made; see ``failure_code``
    CANCELLED = "CANCELLED"  #: here or elsewhere

    UNKNOWN = "UNKNOWN"  #: the service used a word that is not documented; see ``raw_status``
    NOT_FOUND = "NOT_FOUND"  #: the service does not know the id, also after the time a fresh id is given

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more happens by itself (``UNCONFIRMED`` waits for the user)."""
        return self in TERMINAL


TERMINAL = frozenset(
    {
        Status.REFUSED,
        Status.UNCONFIRMED,
        Status.FORGOTTEN,
        Status.SUCCEEDED,
        Status.FAILED,
        Status.CANCELLED,
        Status.NOT_FOUND,
    }
)

#: Ends that the service itself announced. Only what it says to an explicit refresh takes one back.
FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})
#: The words that the service itself documents. Only they take an announced end back.
_ITS_OWN = FINAL | {Status.PENDING, Status.THROTTLED, Status.RUNNING}


class SignedURL(str):
    """An output URL. Its query is a token that opens the clip, so its repr leaves the query out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(redact.shown(self))


class Snapshot(redact.Quiet, frozen=True, kw_only=True):
    """One answer to "how is the task?", in this package's terms.

    Args:
        status: what the answer means.
        raw_status: the vendor's own word or words.
        id: the id the answer carried, or an empty string.
        progress: 0–1, or None when the answer had none or nonsense.
        failure: the vendor's sentence about a failure.
        failure_code: such as ``SAFETY.INPUT.IMAGE``.
        output_urls: signed, expiring URLs of the clips.
        created_at: Unix seconds, by the vendor's clock.
        started_at: the same.
        finished_at: the same.
        credits: what the task cost, in Runway's credits; 0 when they were given back.
        estimated_credits: what it will probably cost, in the same.
        notes: what in the answer was not understood.
    """

    status: Status
    raw_status: str
    id: str = ""
    progress: float | None = None
    failure: str | None = None
    failure_code: str | None = None
    output_urls: tuple[str, ...] = ()
    created_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    credits: float | None = None
    estimated_credits: float | None = None
    notes: tuple[str, ...] = ()


class ClipInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A clip on disk.

    Args:
        path: absolute path of the video file; of a local copy when the clip is at a store.
        bytes: its size.
        sha256: its hash, hexadecimal.
        poster: absolute path of a JPEG, an early frame of it; None without the ``video`` extra.
        url: where it is at a store such as ``s3://``, never signed; None for a clip in a local folder.
        width: pixels; None without the ``video`` extra, like the three below.
        height: pixels.
        fps: frames per second.
        duration_s: seconds.
    """

    path: str
    bytes: int
    sha256: str
    poster: str | None = None
    url: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None

    @property
    def place(self) -> str:
        """Where it is, as its user would write it: the URL at a store, or the path."""
        return self.url or self.path


class TaskEvent(redact.Quiet, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Something that happened to a task. ``at`` is Unix seconds by this machine's clock."""

    at: float


class Intended(TaskEvent, frozen=True, kw_only=True, tag="intended"):
    """The user asked for the task; written before anything is sent."""

    request: dict[str, Any] | None = None
    base_url: str = ""
    price_usd: float | None = None
    allow_unlisted: bool = False
    sandbox: bool | None = None
    input_names: dict[str, str] | None = None


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
    """The user gave an unconfirmed task up."""


class Observed(TaskEvent, frozen=True, kw_only=True, tag="observed"):
    """The service answered a poll."""

    snapshot: Snapshot


class PollFailed(TaskEvent, frozen=True, kw_only=True, tag="poll-failed"):
    """A poll brought no snapshot; polling goes on."""

    reason: str


class WatchEnded(TaskEvent, frozen=True, kw_only=True, tag="watch-ended"):
    """Polling stopped for a reason that only the user can mend."""

    reason: str


class WatchBegan(TaskEvent, frozen=True, kw_only=True, tag="watch-began"):
    """Polling began, or began again."""


class CancelAnswered(TaskEvent, frozen=True, kw_only=True, tag="cancel-answered"):
    """The service answered a cancel."""

    accepted: bool
    message: str = ""


class ClipSaved(TaskEvent, frozen=True, kw_only=True, tag="clip-saved"):
    """A clip is on disk under its final name."""

    clip: ClipInfo


class ClipFailed(TaskEvent, frozen=True, kw_only=True, tag="clip-failed"):
    """A clip could not be fetched or kept."""

    reason: str


class ClipsMoved(TaskEvent, frozen=True, kw_only=True, tag="clips-moved"):
    """The clips were found in another folder, byte for byte; all of them are given."""

    clips: tuple[ClipInfo, ...]


class ClipsLost(TaskEvent, frozen=True, kw_only=True, tag="clips-lost"):
    """The clips are not on disk any more; they will be fetched again."""


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
    | CancelAnswered
    | ClipSaved
    | ClipFailed
    | ClipsMoved
    | ClipsLost
)


class TaskState(redact.Quiet, frozen=True, kw_only=True):
    """Everything known about one task.

    Args:
        key: local identity, from before the service gave an id.
        id: the service's id, or None.
        status: see :class:`Status`.
        raw_status: the vendor's own word or words.
        request: the body as JSON, or None for a task made elsewhere.
        allow_unlisted: the request was made with it.
        input_names: of local files that went inline, by role.
        base_url: the service.
        price_usd: US dollars, the estimate when it was submitted.
        sandbox: whether it went to the sandbox; None in what earlier versions wrote, see :attr:`in_sandbox`.
        progress: 0–1, or None when the service reports none.
        failure: what failed, in the service's words.
        failure_code: the vendor's code.
        output_urls: as of the last poll; without their signature after a restart.
        submitted_at: Unix seconds, this machine's clock.
        created_at: Unix seconds, the vendor's clock.
        ended_at: Unix seconds, this machine's clock, when the end became known here.
        observed_at: Unix seconds, this machine's clock, when the service last answered.
        waiting_for: what the task waits for, in words, when that is not its status.
        problem: what the user should know: the last poll that failed, why the watch ended.
        watching: whether the task is meant to be polled.
        clips: the clips on disk.
        clip_error: why a clip is not on disk.
        http_status: status of the refusal of the POST.
        request_id: the vendor's id of the refused request.
        param: the field the refusal named.
        sent: False when the POST never left this machine.
        cancel_message: how the service answered a cancel it did not carry out.
        raw_answer: the service's answer to a POST whose outcome is unknown, cut and without secrets.
        credits: what the task cost, in Runway's credits (SDK 5.14, August 2026); 0 when they were given back.
        estimated_credits: what it will probably cost, in the same.
    """

    key: str
    id: str | None = None
    status: Status = Status.SUBMITTING
    raw_status: str = ""
    request: dict[str, Any] | None = None
    allow_unlisted: bool = False
    input_names: dict[str, str] | None = None
    base_url: str = ""
    price_usd: float | None = None
    sandbox: bool | None = None
    progress: float | None = None
    failure: str | None = None
    failure_code: str | None = None
    output_urls: tuple[str, ...] = ()
    submitted_at: float | None = None
    created_at: float | None = None
    ended_at: float | None = None
    observed_at: float | None = None
    waiting_for: str | None = None
    problem: str | None = None
    watching: bool = True
    clips: tuple[ClipInfo, ...] = ()
    clip_error: str | None = None
    http_status: int | None = None
    request_id: str | None = None
    param: str | None = None
    sent: bool = True
    cancel_message: str | None = None
    raw_answer: str | None = None
    credits: float | None = None
    estimated_credits: float | None = None

    @property
    def in_sandbox(self) -> bool:
        """Whether it runs in the sandbox, where nothing is billed.

        Earlier versions did not record it: there it is a task at a price of 0 and an ``http`` address, which
        is always one of this machine.
        """
        if self.sandbox is None:
            return self.base_url.startswith("http:") and self.price_usd == 0
        return self.sandbox

    @property
    def is_settled(self) -> bool:
        """Whether a wait is over, with all clips on disk or known not to come, or with nothing watched."""
        if self.status is Status.SUCCEEDED:
            have_all = bool(self.clips) and len(self.clips) >= len(self.output_urls)
            return have_all or self.clip_error is not None or not self.watching
        return self.status.is_terminal or not self.watching

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may have been bought though nobody here knows: only its user can settle that."""
        unknown = self.status is Status.NOT_FOUND and self.submitted_at is not None
        return unknown or self.status is Status.UNCONFIRMED

    @property
    def clip(self) -> ClipInfo | None:
        """The first clip."""
        return self.clips[0] if self.clips else None

    @property
    def begun_at(self) -> float | None:
        """When it was submitted here, or else created at the service. Unix seconds."""
        return self.submitted_at if self.submitted_at is not None else self.created_at

    def elapsed_s(self, now: float) -> float:
        """Seconds from submission to the end, or to ``now``.

        Args:
            now: Unix seconds, this machine's clock.
        """
        begun = self.begun_at
        if begun is None:
            return 0.0
        return max(0.0, (self.ended_at if self.ended_at is not None else now) - begun)

    def to_request(self) -> ActTwoRequest | None:
        """The request as it was submitted, or None for a task made elsewhere."""
        from cometact_nb.domain.request import ActTwoRequest  # noqa: PLC0415  (states are read without it)

        if self.request is None:
            return None
        return ActTwoRequest.from_json(self.request, allow_unlisted=self.allow_unlisted)


def reduce(state: TaskState, event: TaskEvent) -> TaskState:  # noqa: PLR0912  (one branch per event)
    """``state`` after ``event``. Pure; unknown events change nothing."""
    change = msgspec.structs.replace
    match event:
        case Intended():
            return change(
                state,
                request=event.request,
                allow_unlisted=event.allow_unlisted,
                input_names=event.input_names,
                base_url=event.base_url,
                price_usd=event.price_usd,
                sandbox=event.sandbox,
                submitted_at=event.at if event.request is not None else None,
            )
        case Postponed():
            return change(state, waiting_for=event.reason)
        case Accepted():
            return change(
                state,
                id=event.id,
                status=Status.PENDING,
                waiting_for=None,
                problem=None,
                ended_at=None,
                watching=True,
            )
        case Refused():
            return change(
                state,
                status=Status.REFUSED,
                failure=event.message,
                failure_code=event.code,
                http_status=event.status,
                request_id=event.request_id,
                param=event.param,
                sent=event.sent,
                waiting_for=None,
                ended_at=event.at,
            )
        case Unconfirmed():
            return change(
                state,
                status=Status.UNCONFIRMED,
                problem=event.reason,
                raw_answer=event.answer,
                waiting_for=None,
                ended_at=event.at,
            )
        case Forgotten():
            return change(state, status=Status.FORGOTTEN, ended_at=event.at)
        case Observed():
            return _observed(state, event)
        case PollFailed():
            return change(state, problem=event.reason)
        case WatchEnded():
            return change(state, problem=event.reason, watching=False)
        case WatchBegan():
            return change(state, problem=None, watching=True, clip_error=None)
        case CancelAnswered():
            return change(state, cancel_message=None if event.accepted else event.message)
        case ClipSaved():
            return change(state, clips=(*state.clips, event.clip), clip_error=None, problem=None)
        case ClipFailed():
            return change(state, clip_error=event.reason)
        case ClipsMoved():
            return change(state, clips=event.clips)
        case ClipsLost():
            return change(state, clips=())
    return state


def _observed(state: TaskState, event: Observed) -> TaskState:
    """The state after an answer to a poll. Progress never runs backwards."""
    seen = event.snapshot
    change = msgspec.structs.replace
    if state.status in FINAL and not _takes_back(state, seen):
        if seen.status is not state.status:
            return state
        return change(
            state,
            output_urls=seen.output_urls or state.output_urls,
            credits=_first(seen.credits, state.credits),
            observed_at=event.at,
        )
    known = [progress for progress in (seen.progress, state.progress) if progress is not None]
    return change(
        state,
        id=state.id or seen.id or None,
        status=seen.status,
        raw_status=seen.raw_status,
        progress=1.0 if seen.status is Status.SUCCEEDED else max(known, default=None),
        failure=seen.failure,
        failure_code=seen.failure_code,
        output_urls=seen.output_urls or state.output_urls,
        created_at=seen.created_at or state.created_at,
        credits=_first(seen.credits, state.credits),
        estimated_credits=_first(seen.estimated_credits, state.estimated_credits),
        observed_at=event.at,
        ended_at=event.at if seen.status.is_terminal else None,
        waiting_for=None,
        problem="; ".join(seen.notes) or None,
    )


def _takes_back(state: TaskState, seen: Snapshot) -> bool:
    """Whether an announced end gives way to what the service says later, to somebody who asks again.

    A success with an output never does: the clip can be had. Silence and words that nobody knows end nothing.
    """
    if seen.status is state.status or seen.status not in _ITS_OWN:
        return False
    if state.status is Status.SUCCEEDED:
        has_output = bool(state.output_urls or state.clips)
        return not has_output and seen.status in FINAL
    return True


def _first(new: float | None, old: float | None) -> float | None:
    return old if new is None else new
