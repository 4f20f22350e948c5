"""Clips on disk: written under a temporary name, checked, made durable, then given their name.

A clip's final name never shows a half-written file, and never replaces another file. Beside each clip lie a
JSON with what made it (``.json``) and, with the extra ``video``, an early frame (``.jpg``).
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cometact_nb.domain.task import ClipInfo
from cometact_nb.errors import ClipError
from cometact_nb.store.clips import sidecar, video

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.domain.task import TaskState

__all__ = [
    "CLIP_MAX_BYTES",
    "PartialClip",
    "adopt",
    "clip_at",
    "clip_stem",
    "file_sha256",
    "find_moved",
]

#: Far above any Act-Two clip (30 s); a download that does not end must not fill the disk.
CLIP_MAX_BYTES = 256 * 1024 * 1024


def clip_stem(state: TaskState, index: int = 0) -> str:
    """File name of a clip without its extension: day, time and short id; it can hold no path."""
    begun = time.strftime("%Y%m%d-%H%M%S", time.localtime(state.begun_at or 0))
    short = re.sub(r"[^A-Za-z0-9_-]", "", (state.id or state.key))[:8] or "task"
    return f"{begun}_{short}" + (f"_{index + 1}" if index else "")


class PartialClip:
    """A clip that is being downloaded.

    Args:
        folder: where the clip goes; made when missing.
        state: its task.
        index: which of the task's outputs it is.

    Raises:
        ClipError: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, state: TaskState, index: int = 0) -> None:
        self._folder, self._state, self._stem = folder, state, clip_stem(state, index)
        self._path = self._spare("mp4")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _clear(folder, state, self._stem)
            self._file = self._path.open("xb")  # never through a link that somebody laid there
        except OSError as error:
            raise ClipError(_disk(folder, error)) from None
        self._digest = hashlib.sha256()
        self.size = 0
        #: What the server calls the file that the bytes so far are of; empty when it does not say.
        self.version = ""

    def write(self, chunk: bytes) -> None:
        """Append ``chunk``.

        Raises:
            ClipError: the disk is full, or the clip is larger than :data:`CLIP_MAX_BYTES`.
        """
        if self.size + len(chunk) > CLIP_MAX_BYTES:
            raise ClipError(f"the clip is larger than {CLIP_MAX_BYTES >> 20} MB")
        try:
            self._file.write(chunk)
        except OSError as error:
            raise ClipError(_disk(self._folder, error)) from None
        self._digest.update(chunk)
        self.size += len(chunk)

    def restart(self) -> None:
        """Forget what was written: the server sends the whole clip again."""
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.size = 0

    def discard(self) -> None:
        """Remove the temporary files."""
        with suppress(OSError):
            self._file.close()
            for kind in ("mp4", "json", "jpg"):
                self._spare(kind).unlink(missing_ok=True)

    def keep(self) -> ClipInfo:
        """Check the file, make it durable, write its sidecar and poster, and give it its name.

        Raises:
            ClipError: it is no video, or the disk refuses.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            with self._path.open("rb") as file:
                head = file.read(16)
            if not video.looks_like_video(head):
                raise ClipError(
                    f"what was downloaded is no video ({self.size} bytes, it begins {head[:12]!r})"
                )
            return self._name_it()
        except OSError as error:
            raise ClipError(_disk(self._folder, error)) from None
        finally:
            self.discard()

    def _name_it(self) -> ClipInfo:
        poster = self._spare("jpg")
        facts, has_poster = video.read_facts(self._path, poster)
        poster_sha256 = file_sha256(poster) if has_poster else None
        info = ClipInfo(
            path="",
            bytes=self.size,
            sha256=self._digest.hexdigest(),
            width=facts.width,
            height=facts.height,
            fps=facts.fps,
            duration_s=facts.duration_s,
        )
        for target in _names(self._folder, self._stem):
            shown = str(target.with_suffix(".jpg")) if has_poster else None
            info = msgspec.structs.replace(info, path=str(target), poster=shown)
            told = sidecar.make(self._state, info, poster_sha256)
            # The sidecar first: a clip under its final name always has one, also after a kill in between.
            if self._claim(target, sidecar.encode(told)):
                break
        if info.poster is not None:
            poster.replace(info.poster)
        _link(self._path, Path(info.path))
        _sync_folder(self._folder)
        return info

    def _claim(self, target: Path, told: bytes) -> bool:
        """Make a name this clip's by its sidecar, unless anything else has it."""
        path, spare = target.with_suffix(".json"), self._spare("json")
        ours = _is_of(path, self._state.id)
        if os.path.lexists(target) or (not ours and os.path.lexists(target.with_suffix(".jpg"))):
            return False
        _write_durably(spare, told)
        if ours:  # of a clip that was deleted, or whose kernel died
            spare.replace(path)
            return True
        try:
            _link(spare, path)
        except FileExistsError:
            return False
        finally:
            spare.unlink(missing_ok=True)
        return True

    def _spare(self, kind: str) -> Path:
        """The temporary name of the clip (``mp4``), its sidecar (``json``) or its poster (``jpg``)."""
        return self._folder / f".{self._stem}.{_own(self._state)}.{kind}.{os.getpid()}.part"


def adopt(folder: Path, state: TaskState, index: int = 0) -> ClipInfo | None:
    """A clip of this task that is on disk already (a kernel died after writing it), or None."""
    stem = clip_stem(state, index)
    for path in sorted(folder.glob(f"{glob.escape(stem)}*.mp4")):
        same_name = re.fullmatch(re.escape(stem) + r"(-\d+)?", path.stem)
        if same_name and (found := clip_at(path, state.id)):
            _clear(folder, state, stem)
            return found
    return None


def clip_at(path: Path, task_id: str | None) -> ClipInfo | None:
    """The clip of a task at ``path``, if it is there with its sidecar and is whole; else None."""
    try:
        told = sidecar.decode(path.with_suffix(".json").read_bytes())
        if told is None or told.task.id != task_id or path.stat().st_size != told.clip.bytes:
            return None
        if file_sha256(path) != told.clip.sha256:
            return None
    except (OSError, ValueError):  # ValueError: of a name that none can have
        return None
    poster = path.with_suffix(".jpg")
    return msgspec.structs.replace(told.clip, path=str(path), poster=str(poster) if poster.exists() else None)


def find_moved(state: TaskState, folder: Path | str) -> tuple[ClipInfo, ...]:
    """The clips of ``state`` as they lie in ``folder``, when they are gone from where they were written.

    So a project's notebooks keep their clips when the project's folder is moved or renamed.

    Returns:
        all clips, each where it is now; empty when nothing was moved, or not all of it was found.
    """
    gone = [clip for clip in state.clips if clip.url is None and not Path(clip.path).exists()]
    if not gone or isinstance(folder, str):
        return ()
    found = {clip.path: clip_at(folder / Path(clip.path).name, state.id) for clip in gone}
    clips = [found.get(clip.path, clip) for clip in state.clips]
    known = [clip for clip in clips if clip is not None]
    same = [clip.sha256 for clip in known] == [clip.sha256 for clip in state.clips]
    return tuple(known) if same else ()


def file_sha256(path: Path) -> str:
    """Hash of a file, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}.mp4"
    for number in itertools.count(2):
        yield folder / f"{stem}-{number}.mp4"


def _is_of(path: Path, task_id: str | None) -> bool:
    """Whether a sidecar is of this task."""
    try:
        told = sidecar.decode(path.read_bytes())
    except OSError:
        return False
    return told is not None and told.task.id == task_id is not None


def _own(state: TaskState) -> str:
    """What tells the temporary files of a task from those of others."""
    return re.sub(r"[^A-Za-z0-9_-]", "", state.key)[:40]


def _clear(folder: Path, state: TaskState, stem: str) -> None:
    """Remove what a process left that died: only one at a time fetches a clip."""
    for left in folder.glob(f".{glob.escape(stem)}.{_own(state)}.*.part"):
        left.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        source.rename(target)


def _write_durably(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name durable. Not every system can open a folder; there it is the system's affair."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _disk(folder: Path, error: OSError) -> str:
    return f"the folder {str(folder)!r} does not take it ({error.strerror or error})"
