"""Clips long after they were made: what they were made from, and whether they are still whole."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.doors import doors
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.errors import ClipError
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.project import is_url
from cometact_nb.store.clips import checkup, sidecar
from cometact_nb.store.clips.folders import LocalFolder
from cometact_nb.store.clips.remote_folder import RemoteFolder

if TYPE_CHECKING:
    from os import PathLike

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.session import Session
    from cometact_nb.store.clips.checkup import Checkup, FileFinding
    from cometact_nb.store.clips.folders import Folder
    from cometact_nb.store.clips.sidecar import Sidecar

_MB = 1_000_000

__all__ = ["SavedClip", "Verification", "load_clip", "verify"]


@doors
class SavedClip:
    """A clip and what made it, read from the files alone: no history, no key and no network are needed.

    Attributes:
        clip: the video.
        task_id: the service's id of the task; ``act.task(task_id)`` watches it further.
        base_url: the service.
        price_usd: US dollars the request was expected to cost when it was submitted; None when not known.
        version: the version of cometact_nb that wrote the clip.
        intact: whether the file still has the bytes that were written.
        unsigned: the inputs whose URL had a signature, which is not kept: ``"character"``, ``"reference"``.
    """

    def __init__(self, told: Sidecar, clip: Clip, state: TaskState, *, intact: bool) -> None:
        self.clip = clip
        self.state = state
        self.task_id = told.task.id
        self.base_url = told.task.base_url
        self.price_usd = told.task.price_usd
        self.version = told.version
        self.unsigned = told.unsigned
        self.intact = intact

    @cached_property
    def request(self) -> ActTwoRequest | None:
        """What was asked for, or None for a task made elsewhere.

        Raises:
            RequestError: it was made by a version that allowed what this one does not.
        """
        return self.state.to_request()

    @property
    def created_at(self) -> datetime | None:
        """When the task was made, in UTC: by the service's clock if it told, else by the machine's."""
        return _moment(self.state.created_at or self.state.submitted_at)

    @property
    def ended_at(self) -> datetime | None:
        """When its end became known, in UTC."""
        return _moment(self.state.ended_at)

    @property
    def sandbox(self) -> bool:
        """Whether it was made in the sandbox, where nothing is billed."""
        return self.state.in_sandbox

    def __fspath__(self) -> str:
        return str(self.clip.path)

    def __repr__(self) -> str:
        parts = [f"SavedClip {self.clip.name}", f"task {self.task_id}"]
        if self.created_at:
            parts.append(f"{self.created_at:%Y-%m-%d %H:%M} UTC")
        parts += ["sandbox"] if self.sandbox else []
        parts += [] if self.intact else ["CHANGED since it was written"]
        return f"<{' · '.join(parts)}>"


class Verification:
    """What became of a folder of clips.

    Attributes:
        folder: what was looked through.
        clips: how many clips there are or should be.
        bytes: size of those that are there.
        writing: files that a running process was writing; they are no finding.
        findings: everything that is not as it was left; empty when all is well.
    """

    def __init__(self, folder: str, found: Checkup) -> None:
        self.folder = folder
        self.clips = found.clips
        self.bytes = found.bytes
        self.writing = found.writing
        self.findings: tuple[FileFinding, ...] = tuple(found.findings)

    @property
    def ok(self) -> bool:
        """Whether every file is as it was left, and nothing is left over."""
        return not self.findings

    def of_kind(self, kind: str) -> tuple[FileFinding, ...]:
        """The findings of one kind: ``"missing"``, ``"changed"``, ``"orphaned"`` or ``"leftover"``.

        Args:
            kind: one of the four.
        """
        return tuple(found for found in self.findings if found.kind == kind)

    @property
    def missing(self) -> tuple[str, ...]:
        """Files that are not there."""
        return tuple(found.file for found in self.of_kind("missing"))

    @property
    def changed(self) -> tuple[str, ...]:
        """Files with other bytes than were written."""
        return tuple(found.file for found in self.of_kind("changed"))

    @property
    def orphaned(self) -> tuple[str, ...]:
        """Clips and posters that nothing tells about."""
        return tuple(found.file for found in self.of_kind("orphaned"))

    @property
    def leftovers(self) -> tuple[str, ...]:
        """Half-written files of processes that ended."""
        return tuple(found.file for found in self.of_kind("leftover"))

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        if not self.clips and self.ok:
            return "There are no clips of cometact_nb in it."
        noun = "clip" if self.clips == 1 else "clips"
        counts = [
            f"{len(files)} {kind}"
            for kind, files in (
                ("missing", self.missing),
                ("changed", self.changed),
                ("orphaned", self.orphaned),
                ("half-written", self.leftovers),
            )
            if files
        ]
        told = ", ".join(counts) if counts else "each with the bytes that were written"
        size = f"{self.bytes / 1e6:.1f} MB" if self.bytes >= _MB else f"{self.bytes / 1e3:.0f} kB"
        return f"{self.clips} {noun}, {size}: {told}."

    def to_rows(self) -> list[dict[str, Any]]:
        """One mapping a finding."""
        names = ("kind", "file", "problem", "cure", "task_id")
        return [{name: getattr(found, name) for name in names} for found in self.findings]

    def __repr__(self) -> str:
        lines = [f"{self.folder}: {self.summary}", *map(str, self.findings)]
        if self.writing:
            lines.append(f"{self.writing} more are being written right now.")
        return "\n".join(lines)


def load_clip(session: Session, path: str | PathLike[str]) -> SavedClip:
    """See :func:`cometact_nb.load_clip`."""
    folder, name = _split(session, path)
    beside = str(name.with_suffix(".json"))
    try:
        content = folder.read(beside)
    except FileNotFoundError:
        raise ClipError(
            f"There is no {beside} in {folder.address!r}, so nothing tells how {name.name!r} was made. "
            "If the clip was renamed, rename its .json alike."
        ) from None
    except OSError as error:
        raise ClipError(f"{beside} in {folder.address!r} cannot be read ({error.strerror}).") from None
    told = sidecar.decode(content)
    if told is None:
        raise ClipError(f"{beside} in {folder.address!r} is not what cometact_nb writes beside a clip.")
    return _saved(folder, name, told)


def _split(session: Session, path: str | PathLike[str]) -> tuple[Folder, PurePath]:
    """The folder of a file, and the file's name."""
    if is_url(path):
        url, _, name = str(path).rpartition("/")
        return RemoteFolder(url), PurePath(name)
    video = session.notebook_dir / Path(path).expanduser()
    return LocalFolder(video.parent), PurePath(video.name)


def _saved(folder: Folder, name: PurePath, told: Sidecar) -> SavedClip:
    video = name.with_suffix(PurePath(told.clip.path).suffix or ".mp4")
    try:
        intact = folder.sha256(str(video)) == told.clip.sha256
    except FileNotFoundError:
        again = f" act.task({told.task.id!r}).refresh() fetches it again." if told.task.id else ""
        raise ClipError(f"{video} is not in {folder.address!r} any more.{again}") from None
    except OSError as error:
        raise ClipError(f"{video} in {folder.address!r} cannot be read ({error.strerror}).") from None
    info = folder.locate(told.clip, str(video))
    facts = msgspec.structs.asdict(told.task)
    facts["key"] = told.task.key or told.task.id or video.stem
    state = TaskState(
        **facts,
        status=Status.SUCCEEDED,
        raw_status="SUCCEEDED",
        progress=1.0,
        request=told.request,
        allow_unlisted=told.allow_unlisted,
        clips=(info,),
    )
    return SavedClip(told, Clip(info), state, intact=intact)


def verify(session: Session, folder: str | PathLike[str] | None = None) -> Verification:
    """See :func:`cometact_nb.verify`."""
    given = session.output_folder() if folder is None else folder
    place: Folder
    if is_url(given):
        place = RemoteFolder(str(given).rstrip("/"))
    else:
        place = LocalFolder((session.notebook_dir / Path(given).expanduser()).resolve())
    return Verification(place.address, checkup.check(place, _recorded(session, place.address)))


def _recorded(session: Session, folder: str) -> dict[str, str | None]:
    """The clips that the history says are in ``folder``, with their tasks' ids."""

    async def read() -> list[TaskState]:
        return [row.state for row in session.engine.history.rows("WHERE status = ?", (Status.SUCCEEDED,))]

    found: dict[str, str | None] = {}
    for state in session.run(read()):
        for clip in state.clips:
            there = PurePosixPath(clip.url or Path(clip.path).as_posix())
            if there.is_relative_to(Path(folder).as_posix()):
                found[str(there.relative_to(Path(folder).as_posix()))] = state.id
    return found


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
