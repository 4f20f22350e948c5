"""Loads clips with their origin long after they were made, and checks whether they are whole."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.arguments import local_path
from cometact_nb.domain.doors import doors
from cometact_nb.domain.sizes import size
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

__all__ = ["SavedClip", "Verification", "load_clip", "verify"]


@doors
class SavedClip:
    """A clip and its origin, read from the files alone, without history, key or network.

    Attributes:
        clip: the video.
        task_id: the service's id of the task; ``act.task(task_id)`` watches it further.
        base_url: the service.
        price_usd: the price of the request at its submission, in US dollars; None for an unknown one.
        version: the version of cometact_nb that wrote the clip.
        intact: whether the file has the same bytes as when it was written.
        unsigned: the inputs whose URL lost its signature in the record: ``"character"``, ``"reference"``.
    """

    def __init__(self, record: Sidecar, clip: Clip, state: TaskState, *, intact: bool) -> None:
        self.clip = clip
        self.state = state
        self.task_id = record.task.id
        self.base_url = record.task.base_url
        self.price_usd = record.task.price_usd
        self.version = record.version
        self.unsigned = record.unsigned
        self.intact = intact

    @cached_property
    def request(self) -> ActTwoRequest | None:
        """The request, or None for a task made elsewhere.

        Raises:
            RequestError: another version allowed a value that this one does not.
        """
        return self.state.to_request()

    @property
    def created_at(self) -> datetime | None:
        """The time of its creation, in UTC, by the service's clock if it gave one, else by the machine's."""
        return _moment(self.state.created_at or self.state.submitted_at)

    @property
    def ended_at(self) -> datetime | None:
        """The time when this machine learnt of its end, in UTC."""
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
    """The result of a check of a folder of clips.

    Attributes:
        folder: that was checked.
        clips: the number of clips that are or should be there.
        bytes: size of the clips that are there.
        writing: the number of files that a running process was writing, which are no findings.
        findings: every missing, changed or left-over file; empty when all is well.
    """

    def __init__(self, folder: str, checkup: Checkup) -> None:
        self.folder = folder
        self.clips = checkup.clips
        self.bytes = checkup.bytes
        self.writing = checkup.writing
        self.findings: tuple[FileFinding, ...] = tuple(checkup.findings)

    @property
    def ok(self) -> bool:
        """Whether no file is missing, changed or left over."""
        return not self.findings

    def of_kind(self, kind: str) -> tuple[FileFinding, ...]:
        """Return the findings of one kind: ``"missing"``, ``"changed"``, ``"orphaned"`` or ``"leftover"``.

        Args:
            kind: one of the four.
        """
        return tuple(finding for finding in self.findings if finding.kind == kind)

    @property
    def missing(self) -> tuple[str, ...]:
        """Files that are missing."""
        return tuple(finding.file for finding in self.of_kind("missing"))

    @property
    def changed(self) -> tuple[str, ...]:
        """Files with other bytes than were written."""
        return tuple(finding.file for finding in self.of_kind("changed"))

    @property
    def orphaned(self) -> tuple[str, ...]:
        """Clips and posters without a record."""
        return tuple(finding.file for finding in self.of_kind("orphaned"))

    @property
    def leftovers(self) -> tuple[str, ...]:
        """Half-written files of processes that ended."""
        return tuple(finding.file for finding in self.of_kind("leftover"))

    @property
    def summary(self) -> str:
        """Say the result in one sentence."""
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
        details = ", ".join(counts) if counts else "each with the bytes that were written"
        return f"{self.clips} {noun}, {size(self.bytes)}: {details}."

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a finding."""
        names = ("kind", "file", "problem", "cure", "task_id")
        return [{name: getattr(finding, name) for name in names} for finding in self.findings]

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
    record = sidecar.decode(content)
    if record is None:
        raise ClipError(f"{beside} in {folder.address!r} is not what cometact_nb writes beside a clip.")
    return _saved_clip(folder, name, record)


def _split(session: Session, path: str | PathLike[str]) -> tuple[Folder, PurePath]:
    """Split a path into the folder and the file's name."""
    if is_url(path):
        url, _, name = str(path).rpartition("/")
        return RemoteFolder(url), PurePath(name)
    video = session.notebook_dir / local_path("path", path)
    return LocalFolder(video.parent), PurePath(video.name)


def _saved_clip(folder: Folder, name: PurePath, record: Sidecar) -> SavedClip:
    video = name.with_suffix(PurePath(record.clip.path).suffix or ".mp4")
    try:
        intact = folder.sha256(str(video)) == record.clip.sha256
    except FileNotFoundError:
        again = f" act.task({record.task.id!r}).refresh() fetches it again." if record.task.id else ""
        raise ClipError(f"{video} is not in {folder.address!r} any more.{again}") from None
    except OSError as error:
        raise ClipError(f"{video} in {folder.address!r} cannot be read ({error.strerror}).") from None
    info = folder.locate(record.clip, str(video))
    facts = msgspec.structs.asdict(record.task)
    facts["key"] = record.task.key or record.task.id or video.stem
    state = TaskState(
        **facts,
        status=Status.SUCCEEDED,
        raw_status="SUCCEEDED",
        progress=1.0,
        request=record.request,
        allow_unlisted=record.allow_unlisted,
        clips=(info,),
    )
    return SavedClip(record, Clip(info), state, intact=intact)


def verify(session: Session, folder: str | PathLike[str] | None = None) -> Verification:
    """See :func:`cometact_nb.verify`."""
    target = session.output_folder() if folder is None else folder
    place: Folder
    if is_url(target):
        place = RemoteFolder(str(target).rstrip("/"))
    else:
        place = LocalFolder((session.notebook_dir / local_path("folder", target)).resolve())
    return Verification(place.address, checkup.check(place, _recorded(session, place.address)))


def _recorded(session: Session, folder: str) -> dict[str, str | None]:
    """Return the clips that should be in ``folder`` by the history, with their tasks' ids."""

    async def read() -> list[TaskState]:
        return [row.state for row in session.engine.history.rows("WHERE status = ?", (Status.SUCCEEDED,))]

    ids: dict[str, str | None] = {}
    for state in session.run(read()):
        for clip in state.clips:
            there = PurePosixPath(clip.url or Path(clip.path).as_posix())
            if there.is_relative_to(Path(folder).as_posix()):
                ids[str(there.relative_to(Path(folder).as_posix()))] = state.id
    return ids


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
