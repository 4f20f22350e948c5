"""Writes clips to disk under a temporary name, checks them, makes them durable and gives them their name.

A clip's final name never shows a half-written file, and never replaces another file. Beside each clip lie a
JSON that says how it was made (``.json``) and, with the extra ``video``, an early frame (``.jpg``).
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.knobs import KNOBS
from cometact_nb.domain.task import ClipInfo
from cometact_nb.errors import ClipError
from cometact_nb.store.clips import sidecar, video

if TYPE_CHECKING:
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

#: Far above any Act-Two clip (30 s), so that an endless download does not fill the disk.
CLIP_MAX_BYTES = 256 * 1024 * 1024
#: Of the knobs in a file's name; many disks allow 255 bytes for all of it.
_KNOBS_MAX_CHARS = 90


def clip_stem(state: TaskState, index: int = 0) -> str:
    """Make a clip's file name without its extension: day, time, short id, knobs; it can hold no path."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(state.begun_at or 0))
    short = re.sub(r"[^A-Za-z0-9_-]", "", (state.id or state.key))[:8] or "task"
    knobs = re.sub(r"[^A-Za-z0-9_-]+", "-", "_".join(_knobs(state.request or {})))[:_KNOBS_MAX_CHARS]
    return "_".join(filter(None, [moment, short, knobs.strip("-_")])) + (f"_{index + 1}" if index else "")


def _knobs(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield name and value of each knob that a request sets."""
    for knob in KNOBS:
        value: Any = body
        for name in knob.wire:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, (bool, int, str)):
            yield f"{knob.name}-{value}"


class PartialClip:
    """A clip while it is downloaded.

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
            self._file = self._path.open("xb")  # never follow a link that somebody put there
        except OSError as error:
            raise ClipError(_disk(folder, error)) from None
        self._digest = hashlib.sha256()
        self.size = 0
        #: The server's name for the state of the file that the bytes so far belong to; empty without one.
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
        """Delete the bytes so far: the server sends the whole clip again."""
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
            poster_path = str(target.with_suffix(".jpg")) if has_poster else None
            info = msgspec.structs.replace(info, path=str(target), poster=poster_path)
            content = sidecar.make(self._state, info, poster_sha256)
            # The sidecar first: a clip under its final name always has one, also after a kill in between.
            if self._claim(target, sidecar.encode(content)):
                break
        if info.poster is not None:
            poster.replace(info.poster)
        _link(self._path, Path(info.path))
        _sync_folder(self._folder)
        return info

    def _claim(self, target: Path, content: bytes) -> bool:
        """Reserve a name for this clip by writing its sidecar, unless another file has the name."""
        path, spare = target.with_suffix(".json"), self._spare("json")
        ours = _is_of(path, self._state.id)
        if os.path.lexists(target) or (not ours and os.path.lexists(target.with_suffix(".jpg"))):
            return False
        _write_durably(spare, content)
        if ours:  # the sidecar of a clip that was deleted, or whose kernel died
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
        """Return the temporary name of the clip (``mp4``), its sidecar (``json``) or its poster (``jpg``)."""
        return self._folder / f".{self._stem}.{_own(self._state)}.{kind}.{os.getpid()}.part"


def adopt(folder: Path, state: TaskState, index: int = 0) -> ClipInfo | None:
    """Find a clip of this task that is already on disk (a kernel died after writing it), or None."""
    stem = clip_stem(state, index)
    for path in sorted(folder.glob(f"{glob.escape(stem)}*.mp4")):
        same_name = re.fullmatch(re.escape(stem) + r"(-\d+)?", path.stem)
        if same_name and (clip := clip_at(path, state.id)):
            _clear(folder, state, stem)
            return clip
    return None


def clip_at(path: Path, task_id: str | None) -> ClipInfo | None:
    """Read the clip of a task at ``path``; None unless it is there with its sidecar and is whole."""
    try:
        record = sidecar.decode(path.with_suffix(".json").read_bytes())
        if record is None or record.task.id != task_id or path.stat().st_size != record.clip.bytes:
            return None
        if file_sha256(path) != record.clip.sha256:
            return None
    except (OSError, ValueError):  # ValueError: no file can have such a name
        return None
    poster = path.with_suffix(".jpg")
    return msgspec.structs.replace(
        record.clip, path=str(path), poster=str(poster) if poster.exists() else None
    )


def find_moved(state: TaskState, folder: Path | str) -> tuple[ClipInfo, ...]:
    """Find in ``folder`` the clips of ``state`` that are gone from where they were written.

    So a project's notebooks keep their clips when the project's folder is moved or renamed.

    Returns:
        all clips, each with its present path; empty when none was moved, or when one is missing.
    """
    missing = [clip for clip in state.clips if clip.url is None and not Path(clip.path).exists()]
    if not missing or isinstance(folder, str):
        return ()
    by_path = {clip.path: clip_at(folder / Path(clip.path).name, state.id) for clip in missing}
    clips = [by_path.get(clip.path, clip) for clip in state.clips]
    present = [clip for clip in clips if clip is not None]
    same = [clip.sha256 for clip in present] == [clip.sha256 for clip in state.clips]
    return tuple(present) if same else ()


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
    """Whether a sidecar belongs to this task."""
    try:
        record = sidecar.decode(path.read_bytes())
    except OSError:
        return False
    return record is not None and record.task.id == task_id is not None


def _own(state: TaskState) -> str:
    """Return the part of temporary file names that stands for this task."""
    return re.sub(r"[^A-Za-z0-9_-]", "", state.key)[:40]


def _clear(folder: Path, state: TaskState, stem: str) -> None:
    """Delete the temporary files of a process that died; only one at a time fetches a clip."""
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
    """Make a new name durable, where the system can open a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _disk(folder: Path, error: OSError) -> str:
    return f"the folder {str(folder)!r} does not take it ({error.strerror or error})"
