"""Where the clips of a session go: a local folder, or a store with a local copy of each clip."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

import msgspec

from cometact_nb.errors import ClipError
from cometact_nb.store.clips import media, sidecar
from cometact_nb.store.clips.remote_folder import RemoteFolder, told_by

if TYPE_CHECKING:
    from cometact_nb.domain.task import ClipInfo, TaskState

__all__ = ["Place", "check", "is_missing", "place"]


class Place(Protocol):
    """Where clips go."""

    def adopt(self, state: TaskState, index: int) -> ClipInfo | None:
        """A clip of this task that is there already (a kernel died after writing it), or None.

        Raises:
            ClipError: it is here but cannot be brought there.
        """

    def begin(self, state: TaskState, index: int) -> media.PartialClip:
        """A local file for a clip that is to be downloaded.

        Raises:
            ClipError: the folder cannot be made or written to.
        """

    def keep(self, partial: media.PartialClip) -> ClipInfo:
        """Check what was downloaded and give it its place, with sidecar and poster.

        Raises:
            ClipError: it is no video, or its place does not take it.
        """


def place(folder: Path | str) -> Place:
    """The place that ``output_dir`` names.

    Raises:
        ConfigError: what its store needs is not installed.
    """
    return _Local(folder) if isinstance(folder, Path) else _Remote(RemoteFolder(folder))


def check(folder: Path | str) -> None:
    """Raise if clips could not go to ``folder`` because something is not installed.

    Raises:
        ConfigError: with what to install.
    """
    place(folder)


def is_missing(clips: tuple[ClipInfo, ...]) -> bool:
    """Whether any of these clips is not where it was put. A store that does not answer has lost nothing."""
    return any(_is_gone(clip) for clip in clips)


def _is_gone(clip: ClipInfo) -> bool:
    if clip.url is None:
        return not Path(clip.path).exists()
    folder, _, name = clip.url.rpartition("/")
    try:
        return not RemoteFolder(folder).exists(name)
    except OSError:
        return False


class _Local:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def adopt(self, state: TaskState, index: int) -> ClipInfo | None:
        return media.adopt(self._folder, state, index)

    def begin(self, state: TaskState, index: int) -> media.PartialClip:
        return media.PartialClip(self._folder, state, index)

    def keep(self, partial: media.PartialClip) -> ClipInfo:
        return partial.keep()


class _Remote:
    """Staged as a whole clip in the local cache, then brought to the store; the copy stays."""

    def __init__(self, folder: RemoteFolder) -> None:
        self._folder = folder

    def adopt(self, state: TaskState, index: int) -> ClipInfo | None:
        stem = media.clip_stem(state, index)
        there = self._already_there(f"{stem}.mp4", state.id)
        if there is not None:
            return there
        staged = media.adopt(self._folder.cache, state, index)
        return self._bring(staged) if staged is not None else None

    def begin(self, state: TaskState, index: int) -> media.PartialClip:
        return media.PartialClip(self._folder.cache, state, index)

    def keep(self, partial: media.PartialClip) -> ClipInfo:
        return self._bring(partial.keep())

    def _already_there(self, name: str, task_id: str | None) -> ClipInfo | None:
        told = self._told(name)
        try:
            if told is None or told.task.id != task_id or self._folder.sha256(name) != told.clip.sha256:
                return None
        except OSError:
            return None
        return self._folder.placed(told.clip, name)

    def _bring(self, staged: ClipInfo) -> ClipInfo:
        local = Path(staged.path)
        try:
            name = self._put(local)
        except OSError as error:
            raise ClipError(
                f"the clip is whole at {str(local)!r}, but {self._folder.address!r} did not take it "
                f"({told_by(error)})"
            ) from None
        # The staged file is the copy, also where the store made another name necessary.
        placed = self._folder.placed(staged, name)
        return msgspec.structs.replace(placed, path=staged.path, poster=staged.poster)

    def _put(self, local: Path) -> str:
        """Bring a clip with its sidecar and poster, and return its name there: one that nothing else has."""
        mine = sidecar.decode(local.with_suffix(".json").read_bytes())
        for number in itertools.count(1):
            name = local.name if number == 1 else f"{local.stem}-{number}.mp4"
            told = self._told(name)
            ours = mine is not None and told is not None and told.task.id == mine.task.id is not None
            if self._folder.exists(name):
                continue
            try:
                # The clip last: under its final name it always has its sidecar.
                for suffix in (".json", ".jpg", ".mp4"):
                    if local.with_suffix(suffix).exists():
                        # What an earlier attempt left beside a clip is ours to replace, a clip never is.
                        replace = ours and suffix != ".mp4"
                        self._folder.bring(local.with_suffix(suffix), _beside(name, suffix), replace=replace)
            except FileExistsError:
                continue  # another machine's clip has the same name
            return name
        raise AssertionError("the numbers have no end")

    def _told(self, name: str) -> sidecar.Sidecar | None:
        """What lies beside this name, if it is a sidecar and can be read."""
        try:
            return sidecar.decode(self._folder.read(_beside(name, ".json")))
        except OSError:
            return None


def _beside(name: str, suffix: str) -> str:
    return str(PurePosixPath(name).with_suffix(suffix))
