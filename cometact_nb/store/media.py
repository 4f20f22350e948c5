"""Clips on disk: written under a temporary name, checked, made durable, then given their name.

A clip's final name never shows a half-written file, and never replaces another file. Beside each clip lie a
JSON with what made it (``.json``) and, with the extra ``video``, its first frame (``.jpg``).
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb._version import __version__
from cometact_nb.domain.task import ClipInfo
from cometact_nb.errors import ClipError
from cometact_nb.store import video

if TYPE_CHECKING:
    from cometact_nb.domain.task import TaskState

__all__ = ["CLIP_MAX_BYTES", "PartialClip", "adopt", "clip_stem", "is_missing"]

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
        stem: its file name without the extension.

    Raises:
        ClipError: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        self._path = folder / f".{stem}.{os.getpid()}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(f".{glob.escape(stem)}.*.part"):
                left.unlink(missing_ok=True)  # of a process that died: only one at a time fetches a clip
            self._file = self._path.open("wb")
        except OSError as error:
            raise ClipError(_disk(folder, error)) from None
        self._digest = hashlib.sha256()
        self.size = 0

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
        """Remove the temporary file."""
        with suppress(OSError):
            self._file.close()
            self._path.unlink(missing_ok=True)

    def keep(self, state: TaskState) -> ClipInfo:
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
            return self._name_it(state)
        except OSError as error:
            raise ClipError(_disk(self._folder, error)) from None
        finally:
            self.discard()

    def _name_it(self, state: TaskState) -> ClipInfo:
        target = _free_name(self._folder, self._stem)
        poster = target.with_suffix(".jpg")
        facts, has_poster = video.read_facts(self._path, poster)
        info = ClipInfo(
            path=str(target),
            bytes=self.size,
            sha256=self._digest.hexdigest(),
            poster=str(poster) if has_poster else None,
            width=facts.width,
            height=facts.height,
            fps=facts.fps,
            duration_s=facts.duration_s,
        )
        # The sidecar first: a clip under its final name always has one, also after a kill in between.
        _write_whole(
            target.with_suffix(".json"), msgspec.json.format(msgspec.json.encode(_sidecar(state, info)))
        )
        try:
            os.link(self._path, target)
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            self._path.rename(target)
        _sync_folder(self._folder)
        return info


def adopt(folder: Path, state: TaskState, index: int = 0) -> ClipInfo | None:
    """A clip of this task that is on disk already (a kernel died after writing it), or None."""
    path = folder / f"{clip_stem(state, index)}.mp4"
    try:
        sidecar = msgspec.json.decode(path.with_suffix(".json").read_bytes())
        known = msgspec.convert(sidecar["clip"], ClipInfo)
        if sidecar["task"]["id"] != state.id or path.stat().st_size != known.bytes:
            return None
        with path.open("rb") as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == known.sha256
    except (OSError, msgspec.MsgspecError, KeyError, TypeError):
        return None
    poster = path.with_suffix(".jpg")
    moved = msgspec.structs.replace(known, path=str(path), poster=str(poster) if poster.exists() else None)
    return moved if same else None


def is_missing(clips: tuple[ClipInfo, ...]) -> bool:
    """Whether any of these clips is not where it was written."""
    return any(not Path(clip.path).exists() for clip in clips)


def _sidecar(state: TaskState, info: ClipInfo) -> dict[str, Any]:
    named = {**msgspec.structs.asdict(info), "path": Path(info.path).name}
    named["poster"] = Path(info.poster).name if info.poster else None
    return {
        "made_by": f"cometact_nb {__version__}",
        "task": {
            "id": state.id,
            "key": state.key,
            "base_url": state.base_url,
            "submitted_at": state.submitted_at,
            "created_at": state.created_at,
            "ended_at": state.ended_at,
            "price_usd": state.price_usd,
        },
        "request": state.request,
        "clip": named,
    }


def _free_name(folder: Path, stem: str) -> Path:
    path = folder / f"{stem}.mp4"
    number = 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.mp4"
    return path


def _write_whole(path: Path, content: bytes) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


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
