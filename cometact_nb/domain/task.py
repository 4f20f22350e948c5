"""The state of one task: its status, the answers of the service, its clips."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain import redact

if TYPE_CHECKING:
    from cometact_nb.domain.request import ActTwoRequest

__all__ = ["FINAL", "TERMINAL", "ClipInfo", "SignedURL", "Snapshot", "Status", "TaskState"]


class Status(StrEnum):
    """The status of a task.

    The first group is local, the second has the vendor's own words, the third is for unclear answers.
    """

    SUBMITTING = "SUBMITTING"  #: the intent is on disk, the POST is not answered yet
    REFUSED = "REFUSED"  #: the POST was refused or never sent; nothing was bought
    UNCONFIRMED = "UNCONFIRMED"  #: the POST may have been accepted; it is never sent again by itself
    FORGOTTEN = "FORGOTTEN"  #: an unconfirmed task that the user gave up

    PENDING = "PENDING"  #: accepted, not started
    THROTTLED = "THROTTLED"  #: accepted, waiting for the account's concurrency limit
    RUNNING = "RUNNING"  #: the video is being made
    SUCCEEDED = "SUCCEEDED"  #: the video is made; a wait goes on until the clip is on disk
    FAILED = "FAILED"  #: the video will not be made; see ``failure_code``
    CANCELLED = "CANCELLED"  #: cancelled here or elsewhere

    UNKNOWN = "UNKNOWN"  #: the service used an undocumented word; see ``raw_status``
    NOT_FOUND = "NOT_FOUND"  #: the service does not know the id, also after the time allowed for a new one

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

#: Ends that the service itself announced. Only its answer to an explicit refresh revokes one.
FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED})


class SignedURL(str):
    """An output URL, whose repr leaves out the query, since that opens the clip."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(redact.display(self))


class Snapshot(redact.Quiet, frozen=True, kw_only=True):
    """One answer to "how is the task?", in this package's terms.

    Args:
        status: meaning of the answer.
        raw_status: the vendor's own word or words.
        id: in the answer, or an empty string.
        progress: 0–1, or None when the answer had none or nonsense.
        failure: the vendor's sentence about a failure.
        failure_code: such as ``SAFETY.INPUT.IMAGE``.
        output_urls: signed, expiring URLs of the clips.
        created_at: Unix seconds, by the vendor's clock.
        started_at: the same.
        finished_at: the same.
        credits: the cost of the task, in Runway's credits; 0 when they were refunded.
        estimated_credits: the probable cost, in the same.
        notes: unclear parts of the answer.
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
        path: absolute path of the video file, or of a local copy when the clip is at a store.
        bytes: its size.
        sha256: its hash, hexadecimal.
        poster: absolute path of a JPEG, an early frame of it; None without the ``video`` extra.
        url: its address at a store such as ``s3://``, never signed; None for a clip in a local folder.
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
        """Its place as its user writes it: the URL at a store, or the path."""
        return self.url or self.path


class TaskState(redact.Quiet, frozen=True, kw_only=True):
    """The whole state of one task.

    Args:
        key: local identity, which exists before the service's id.
        id: the service's id, or None.
        status: see :class:`Status`.
        raw_status: the vendor's own word or words.
        request: the body as JSON, or None for a task made elsewhere.
        allow_unlisted: the request was made with it.
        input_names: of local files inside the request, by role.
        base_url: the service.
        output_dir: folder for its clips, absolute or a URL; None in records of earlier versions.
        price_usd: US dollars, the estimate at its submission.
        price_source: where that estimate was from, with its date.
        billed: whether its user found out that a request in doubt was billed; None for not known.
        sandbox: whether it went to the sandbox; None in records of earlier versions, see :attr:`in_sandbox`.
        progress: 0–1, or None when the service reports none.
        failure: the reason of a failure, in the service's words.
        failure_code: the vendor's code.
        output_urls: as of the last poll; without their signature after a restart.
        submitted_at: Unix seconds, this machine's clock.
        created_at: Unix seconds, the vendor's clock.
        ended_at: Unix seconds, this machine's clock, when it learnt of the end.
        observed_at: Unix seconds, this machine's clock, when the service last answered.
        waiting_for: the reason for a wait, in words, if its status does not say it.
        problem: a message for the user: the last failed poll, or the reason why the watch ended.
        watching: whether the task should be polled.
        clips: the clips on disk.
        clip_error: the reason why a clip is not on disk.
        http_status: status of the refusal of the POST.
        request_id: the vendor's id of the refused request.
        param: the field that the refusal named.
        sent: False when the POST never left this machine.
        cancel_message: the service's answer to a cancel that it did not carry out.
        raw_answer: the service's answer to a POST whose outcome is unknown, cut and without secrets.
        credits: the cost of the task, in Runway's credits (SDK 5.14, August 2026); 0 when they were refunded.
        estimated_credits: the probable cost, in the same.
    """

    key: str
    id: str | None = None
    status: Status = Status.SUBMITTING
    raw_status: str = ""
    request: dict[str, Any] | None = None
    allow_unlisted: bool = False
    input_names: dict[str, str] | None = None
    base_url: str = ""
    output_dir: str | None = None
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
    price_source: str | None = None
    billed: bool | None = None

    @property
    def in_sandbox(self) -> bool:
        """Whether it runs in the sandbox, where nothing is billed.

        Earlier versions did not record it: their sandbox tasks have a price of 0 and an ``http`` address,
        which is always one of this machine.
        """
        if self.sandbox is None:
            return self.base_url.startswith("http:") and self.price_usd == 0
        return self.sandbox

    @property
    def is_settled(self) -> bool:
        """Whether a wait is over: all clips are on disk or will never come, or nothing watches the task."""
        if self.status is Status.SUCCEEDED:
            have_all = bool(self.clips) and len(self.clips) >= len(self.output_urls)
            return have_all or self.clip_error is not None or not self.watching
        return self.status.is_terminal or not self.watching

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may have been bought though nobody here can tell; only its user can settle that."""
        unknown = self.status is Status.NOT_FOUND and self.submitted_at is not None
        return unknown or self.status is Status.UNCONFIRMED

    @property
    def clip(self) -> ClipInfo | None:
        """The first clip."""
        return self.clips[0] if self.clips else None

    @property
    def begun_at(self) -> float | None:
        """The time of its submission here, or else of its creation at the service, in Unix seconds."""
        return self.submitted_at if self.submitted_at is not None else self.created_at

    def elapsed_s(self, now: float) -> float:
        """Return the seconds from submission to the end, or to ``now``.

        Args:
            now: Unix seconds, this machine's clock.
        """
        start = self.begun_at
        if start is None:
            return 0.0
        return max(0.0, (self.ended_at if self.ended_at is not None else now) - start)

    def to_request(self) -> ActTwoRequest | None:
        """Return the request as submitted, or None for a task made elsewhere."""
        from cometact_nb.domain.request import ActTwoRequest  # noqa: PLC0415  (states are read without it)

        if self.request is None:
            return None
        return ActTwoRequest.from_json(self.request, allow_unlisted=self.allow_unlisted)
