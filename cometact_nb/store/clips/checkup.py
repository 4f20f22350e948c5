"""Checks whether a folder of clips is complete and unchanged, by the JSON beside each clip."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from cometact_nb.store.clips import sidecar
from cometact_nb.store.clips.remote_folder import describe_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cometact_nb.store.clips.folders import Folder
    from cometact_nb.store.clips.sidecar import Sidecar

__all__ = ["Checkup", "FileFinding", "check"]

Kind = Literal["missing", "changed", "orphaned", "leftover"]

#: A larger JSON is not ours: a request holds at most two inputs as data URIs, 21 MB.
_SIDECAR_MAX_BYTES = 32 * 1024 * 1024
#: The form of this package's file names: day, time, short id, knobs.
_OURS = re.compile(r"\d{8}-\d{6}_[A-Za-z0-9_-]+\.(mp4|jpg|json)")


@dataclass(frozen=True)
class FileFinding:
    """One file that is missing, changed or left over.

    Args:
        kind: ``"missing"``, ``"changed"``, ``"orphaned"`` (no JSON says how it was made), or ``"leftover"``
            (half-written by a process that ended).
        file: its name, relative to the folder.
        problem: what is wrong, as the end of a sentence that starts with the file.
        cure: what to do, as a sentence.
        task_id: of the task that made it; None where nobody knows.
    """

    kind: Kind
    file: str
    problem: str
    cure: str
    task_id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind:8}  {_printable(self.file)} {self.problem}. {self.cure}"


@dataclass
class Checkup:
    """The result of a check."""

    clips: int = 0  #: the number of clips that sidecars describe
    bytes: int = 0  #: of the clips that are in the folder
    writing: int = 0  #: the number of files that a running process is writing
    findings: list[FileFinding] = field(default_factory=list)


def check(folder: Folder, recorded: Mapping[str, str | None]) -> Checkup:
    """Compare every clip of ``folder`` with its sidecar, byte for byte.

    Args:
        folder: read, never changed.
        recorded: names of the clips that should be in it by a history, with their task's id.

    Raises:
        ClipError: the folder cannot be read.
    """
    return _Check(folder).run(recorded)


class _Check:
    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._files = folder.files()
        self._sidecars: dict[str, Sidecar] = {}
        self._checkup = Checkup()

    def run(self, recorded: Mapping[str, str | None]) -> Checkup:
        for name in sorted(self._files):
            if name.endswith(".json") and self._files[name] <= _SIDECAR_MAX_BYTES:
                self._read(name)
        for name, record in self._sidecars.items():
            self._clip(name, record)
        for name, task_id in sorted(recorded.items()):
            if name not in self._files and _beside(name, ".json") not in self._sidecars:
                self._checkup.clips += 1
                self._find("missing", name, "and its .json are not there, but the history has them",
                           _fetch_again(task_id), task_id)  # fmt: skip
        for name in sorted(self._files):
            self._alone(name)
        self._checkup.findings.sort(key=lambda finding: (finding.kind, finding.file))
        return self._checkup

    def _read(self, name: str) -> None:
        try:
            record = sidecar.decode(self._folder.read(name))
        except OSError:
            record = None
        if record is not None:
            self._sidecars[name] = record
        elif _OURS.fullmatch(PurePosixPath(name).name):
            self._find("changed", name, "cannot be read as the description of a clip",
                       "Restore it from a copy; the history may have the task.")  # fmt: skip

    def _clip(self, name: str, record: Sidecar) -> None:
        clip, task_id = _beside(name, PurePosixPath(record.clip.path).suffix or ".mp4"), record.task.id
        self._checkup.clips += 1
        if clip not in self._files:
            elsewhere = self._same_content(record)
            cure = f"{_printable(elsewhere)} has the same content; rename both alike." if elsewhere else ""
            self._find("missing", clip, "is not beside its .json", cure or _fetch_again(task_id), task_id)
        else:
            self._checkup.bytes += self._files[clip]
            self._compare(clip, record.clip.bytes, record.clip.sha256, task_id)
        if record.clip.poster:
            poster = _beside(name, ".jpg")
            if poster not in self._files:
                self._find("missing", poster, "is not beside its clip", "Only the picture is lost.", task_id)
            elif record.poster_sha256:
                self._compare(poster, None, record.poster_sha256, task_id)

    def _compare(self, name: str, size: int | None, sha256: str, task_id: str | None) -> None:
        present = self._files[name]
        cure = (
            f"Move it away, then: {_fetch_again(task_id)}" if size is not None else "Restore it from a copy."
        )
        if size is not None and present != size:
            self._find("changed", name, f"has {present:,} bytes; {size:,} were written", cure, task_id)
            return
        try:
            same = self._folder.sha256(name) == sha256
        except OSError as error:
            self._find("changed", name, f"cannot be read ({describe_error(error)})", cure, task_id)
            return
        if not same:
            self._find("changed", name, "holds other bytes than were written", cure, task_id)

    def _same_content(self, record: Sidecar) -> str | None:
        """Find this clip under another name, without a sidecar."""
        for name in self._files:
            if self._files[name] == record.clip.bytes and _beside(name, ".json") not in self._files:
                try:
                    if self._folder.sha256(name) == record.clip.sha256:
                        return name
                except OSError:
                    continue
        return None

    def _alone(self, name: str) -> None:
        """Report a file that this package wrote and that belongs to no clip."""
        path = PurePosixPath(name)
        if path.name.startswith(".") and path.suffix == ".part":
            if self._folder.is_being_written(name):
                self._checkup.writing += 1
            else:
                self._find("leftover", name, "is half-written, and its writer has ended", "Delete it.")
        elif (
            _OURS.fullmatch(path.name)
            and path.suffix != ".json"
            and _beside(name, ".json") not in self._files
        ):
            what = "clip" if path.suffix == ".mp4" else "picture"
            self._find("orphaned", name, f"is a {what} without a .json that says how it was made",
                       "Keep it or delete it; if it was renamed, rename its .json alike.")  # fmt: skip

    def _find(self, kind: Kind, name: str, problem: str, cure: str, task_id: str | None = None) -> None:
        self._checkup.findings.append(FileFinding(kind, name, problem, cure, task_id))


def _beside(name: str, suffix: str) -> str:
    return str(PurePosixPath(name).with_suffix(suffix))


def _fetch_again(task_id: str | None) -> str:
    if task_id is None:
        return "Restore it from a copy."
    return f"act.task({task_id!r}).refresh() fetches it again, as long as the service has it."


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)
