"""The place of a session's clips: a local folder, or a store with a local copy of each clip."""

from __future__ import annotations

import itertools
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

import msgspec

from cometact_nb.errors import ClipError
from cometact_nb.store.clips import media, sidecar
from cometact_nb.store.clips.remote_folder import RemoteFolder, describe_error

if TYPE_CHECKING:
    from cometact_nb.domain.task import ClipInfo, TaskState

__all__ = ["Place", "check", "is_missing", "place"]


class Place(Protocol):
    """A place that clips are written to."""

    def adopt(self, state: TaskState, index: int) -> ClipInfo | None:
        """Find a clip of this task that is already there (a kernel died after writing it), or None.

        Raises:
            ClipError: it is on this machine but cannot be brought there.
        """

    def begin(self, state: TaskState, index: int) -> media.PartialClip:
        """Make a local file for a clip to be downloaded.

        Raises:
            ClipError: the folder cannot be made or written to.
        """

    def keep(self, partial: media.PartialClip) -> ClipInfo:
        """Check a download and put it in its place, with sidecar and poster.

        Raises:
            ClipError: it is no video, or the place refuses it.
        """


def place(folder: Path | str) -> Place:
    """Return the place that ``output_dir`` names.

    Raises:
        ConfigError: what its store needs is not installed.
    """
    return _Local(folder) if isinstance(folder, Path) else _Remote(RemoteFolder(folder))


def check(folder: Path | str) -> None:
    """Raise if clips cannot go to ``folder`` because a package is not installed.

    Raises:
        ConfigError: with what to install.
    """
    place(folder)


def is_missing(clips: tuple[ClipInfo, ...]) -> bool:
    """Whether any of these clips is gone; a clip at a store that does not answer counts as there."""
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
    """Writes a whole clip to the local cache, then brings it to the store; the copy stays."""

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
        record = self._sidecar_of(name)
        try:
            if record is None or record.task.id != task_id or self._folder.sha256(name) != record.clip.sha256:
                return None
        except OSError:
            return None
        return self._folder.locate(record.clip, name)

    def _bring(self, staged: ClipInfo) -> ClipInfo:
        local = Path(staged.path)
        try:
            name = self._bring_all(local)
        except OSError as error:
            raise ClipError(
                f"the clip is whole at {str(local)!r}, but {self._folder.address!r} did not take it "
                f"({describe_error(error)})"
            ) from None
        # The file in the cache is the copy, also where the store needed another name.
        remote = self._folder.locate(staged, name)
        return msgspec.structs.replace(remote, path=staged.path, poster=staged.poster)

    def _bring_all(self, local: Path) -> str:
        """Bring a clip with its sidecar and poster under a free name, and return that name."""
        mine = sidecar.decode(local.with_suffix(".json").read_bytes())
        for number in itertools.count(1):
            name = local.name if number == 1 else f"{local.stem}-{number}.mp4"
            record = self._sidecar_of(name)
            ours = mine is not None and record is not None and record.task.id == mine.task.id is not None
            if self._folder.exists(name):
                continue
            try:
                # The clip last: under its final name it always has its sidecar.
                for suffix in (".json", ".jpg", ".mp4"):
                    if local.with_suffix(suffix).exists():
                        # The files of an earlier attempt beside a clip may be replaced, a clip never.
                        replace = ours and suffix != ".mp4"
                        self._folder.bring(local.with_suffix(suffix), _beside(name, suffix), replace=replace)
            except FileExistsError:
                continue  # another machine's clip has the same name
            return name
        raise AssertionError("the numbers have no end")

    def _sidecar_of(self, name: str) -> sidecar.Sidecar | None:
        """Read the sidecar beside this name; None where there is none that can be read."""
        try:
            return sidecar.decode(self._folder.read(_beside(name, ".json")))
        except OSError:
            return None


def _beside(name: str, suffix: str) -> str:
    return str(PurePosixPath(name).with_suffix(suffix))
