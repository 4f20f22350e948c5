"""Reads only clips as clips and, for somebody else's history, only from the project's own folders.

A history may come from others with their project, and its rows may name any file of this machine.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.media import CLIP_MAX_BYTES, clip_at
from cometact_nb.store.clips.remote_folder import RemoteFolder
from cometact_nb.store.clips.video import looks_like_video

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.task import ClipInfo, TaskState

__all__ = ["allowed_folders", "confined", "copy_clip", "copy_poster", "is_poster", "read_clip"]

_JPEG = b"\xff\xd8\xff"
_HEAD_BYTES = 16


# --- what a file must be ----------------------------------------------------------------------------


def is_poster(path: str | Path) -> bool:
    """Whether this is a regular file that begins like a JPEG."""
    return _head(Path(path)).startswith(_JPEG)


def read_clip(path: Path, sha256: str) -> bytes:
    """Read a clip's file.

    Args:
        path: of the file.
        sha256: the recorded hash.

    Raises:
        ClipError: it is no video, or another one than the record's.
        OSError: it cannot be read.
    """
    _need_video(path)
    with path.open("rb") as file:
        content = file.read(CLIP_MAX_BYTES)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ClipError(_CHANGED)
    return content


def copy_clip(path: Path, target: Path, sha256: str) -> None:
    """Copy a clip's file with the checks of :func:`read_clip`; leave nothing at ``target`` on an error."""
    _need_video(path)
    digest = hashlib.sha256()
    with path.open("rb") as source, target.open("xb") as copy:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            copy.write(chunk)
    if digest.hexdigest() != sha256:
        target.unlink()
        raise ClipError(_CHANGED)


def copy_poster(path: Path, target: Path) -> bool:
    """Copy a poster's file; return False when it is no JPEG.

    Raises:
        OSError: it cannot be read.
    """
    if not is_poster(path):
        return False
    target.write_bytes(path.read_bytes())
    return True


_CHANGED = "Its file was changed since it was written."


def _need_video(path: Path) -> None:
    head = _head(path)
    if not head and not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    if not looks_like_video(head):
        raise ClipError("Its file is no video.")


def _head(path: Path) -> bytes:
    """Read the first bytes of a regular file; none of a pipe, device or folder, which may never answer."""
    with suppress(OSError, ValueError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(_HEAD_BYTES)
    return b""


# --- where a file must be ---------------------------------------------------------------------------


def allowed_folders(history_path: str, output: Path | str) -> tuple[Path | str, ...]:
    """List the folders in which somebody else's history may name files.

    Args:
        history_path: its project's folder is allowed, unless that is the user's home or holds it.
        output: the folder of this kernel's clips, or its URL.
    """
    project = Path(history_path).expanduser().absolute().parent
    with suppress(RuntimeError, OSError):
        if Path.home().resolve().is_relative_to(project.resolve()):
            return (output,)
    return output, project


def confined(state: TaskState, folders: Sequence[Path | str]) -> TaskState:
    """Keep the clips of ``state`` that lie in one of ``folders``; look there for others by their name.

    If one is missing, the state has no clips and says why.
    """
    clips = [_find_clip(clip, state, folders) for clip in state.clips]
    inside = tuple(clip for clip in clips if clip is not None)
    if len(inside) == len(clips):
        return msgspec.structs.replace(state, clips=inside) if inside != state.clips else state
    reason = (
        "its file was not read: somebody else made this history, and names a place outside of the project's "
        "folder and output_dir. task.refresh() fetches the video anew, as long as the service has it"
    )
    return msgspec.structs.replace(state, clips=(), clip_error=reason)


def _find_clip(clip: ClipInfo, state: TaskState, folders: Sequence[Path | str]) -> ClipInfo | None:
    if clip.url is not None:
        return _at_store(clip, clip.url, folders)
    local = [folder for folder in folders if isinstance(folder, Path)]
    if _is_in(clip.path, local):
        poster = clip.poster if clip.poster and _is_in(clip.poster, local) else None
        return msgspec.structs.replace(clip, poster=poster)
    name = Path(clip.path).name
    for folder in local if name.strip(".") else []:
        path = folder / name
        if _is_in(str(path), local) and (info := clip_at(path, state.id)) and info.sha256 == clip.sha256:
            return info
    return None


def _at_store(clip: ClipInfo, url: str, folders: Sequence[Path | str]) -> ClipInfo | None:
    """Keep a clip in the configured folder of a store, with the copy in this user's own cache."""
    folder, _, name = url.rpartition("/")
    if folder not in folders or not name.strip("."):
        return None
    try:
        return RemoteFolder(folder).locate(clip, name)
    except ConfigError:
        return None


def _is_in(path: str, folders: Sequence[Path]) -> bool:
    """Whether a path leads into one of ``folders``, also behind its links."""
    with suppress(OSError, ValueError, RuntimeError):
        real = Path(path).resolve()
        return any(real.is_relative_to(folder.resolve()) for folder in folders)
    return False
