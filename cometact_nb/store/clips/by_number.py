"""Finds a task's clip or poster for a page that asks by number, and gives out nothing else of this machine.

The row names a path, which may have been changed since. So the path counts only where this package's own
record lies beside the clip and names the same task and content; no link leads elsewhere, and no folder on the
way is hidden.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cometact_nb.errors import ClipError
from cometact_nb.store.clips import sidecar
from cometact_nb.store.clips.confine import is_poster
from cometact_nb.store.clips.video import looks_like_video

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.task import TaskState

__all__ = ["ClipFile", "clip_file", "poster_file"]

#: A larger poster was not written by this package.
_POSTER_MAX_BYTES = 1 << 20


class ClipFile(NamedTuple):
    """A file that may be given out.

    Args:
        path: absolute, without links.
        size: bytes.
        version: changes with the content.
        mime: its media type.
    """

    path: Path
    size: int
    version: str
    mime: str


def clip_file(state: TaskState, number: int, roots: Sequence[Path]) -> ClipFile:
    """Return a clip's file.

    Args:
        state: the task.
        number: of the clip, from 0.
        roots: folders below which alone the names of folders are judged; others may be hidden.

    Raises:
        ClipError: there is no such clip, or its file may not be given out.
    """
    try:
        return _clip_file(state, number, roots)
    except (OSError, ValueError, RuntimeError) as error:
        raise ClipError(f"Its file cannot be read ({type(error).__name__}).") from None


def poster_file(state: TaskState, number: int, roots: Sequence[Path]) -> ClipFile:
    """Return the early frame beside a clip; see :func:`clip_file`.

    Raises:
        ClipError: there is none, or it may not be given out.
    """
    clip = clip_file(state, number, roots)
    poster = clip.path.with_suffix(".jpg")
    try:
        size = poster.stat().st_size
        if poster.is_symlink() or not is_poster(poster) or size > _POSTER_MAX_BYTES:
            raise ClipError("It has no poster of this package.")
    except OSError:
        raise ClipError("It has no poster.") from None
    return ClipFile(poster, size, f"{clip.version}-poster-{size}", "image/jpeg")


def _clip_file(state: TaskState, number: int, roots: Sequence[Path]) -> ClipFile:
    if not 0 <= number < len(state.clips):
        raise ClipError("The task has no such clip.")
    clip = state.clips[number]
    path = Path(clip.path)
    if not path.is_absolute() or path.is_symlink() or not path.is_file():
        raise ClipError("Its file is not there any more.")
    path = path.resolve(strict=True)
    if _is_hidden(path, roots):
        raise ClipError("Its folder is hidden.")
    record = _record_of(path)
    is_ours = record is not None and record.task.id == state.id and record.clip.sha256 == clip.sha256
    if not is_ours:
        raise ClipError("No record of this clip lies beside its file.")
    size = path.stat().st_size
    with path.open("rb") as file:
        is_video = looks_like_video(file.read(16))
    if size != clip.bytes or not is_video:
        raise ClipError("Its file was changed since it was written.")
    return ClipFile(path, size, f"{clip.sha256[:32]}-{size}", "video/mp4")


def _record_of(clip: Path) -> sidecar.Sidecar | None:
    """Return the record beside a clip; None for what this package did not write, such as a link."""
    path = clip.with_suffix(".json")
    return None if path.is_symlink() else sidecar.read(path)


def _is_hidden(path: Path, roots: Sequence[Path]) -> bool:
    """Whether the file or a folder on its way has a name that begins with a dot."""
    holding = [root for root in roots if path.is_relative_to(root)]
    nearest = max(holding, key=lambda root: len(root.parts), default=None)
    parts = path.parts if nearest is None else path.relative_to(nearest).parts
    return any(part.startswith(".") for part in parts)
