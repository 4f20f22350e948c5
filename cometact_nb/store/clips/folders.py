"""A folder of clips to read and check: on this machine, or the interface of any other."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from cometact_nb.errors import ClipError
from cometact_nb.store.clips.media import file_sha256
from cometact_nb.store.journal.processes import has_ended

if TYPE_CHECKING:
    from cometact_nb.domain.task import ClipInfo

__all__ = ["Folder", "LocalFolder"]

_PART = re.compile(r"\.(\d+)\.part$")


class Folder(Protocol):
    """A folder from which clips can be read and checked. Names are relative, with ``/``."""

    @property
    def address(self) -> str:
        """The folder itself, as its user writes it."""

    def files(self) -> dict[str, int]:
        """Map every file in it and below it to its size in bytes.

        Raises:
            ClipError: there is no such folder, or it cannot be read.
        """

    def read(self, name: str) -> bytes:
        """Read a whole file.

        Raises:
            OSError: it cannot be read.
        """

    def sha256(self, name: str) -> str:
        """Compute the hash of a file, hexadecimal.

        Raises:
            OSError: it cannot be read.
        """

    def locate(self, clip: ClipInfo, name: str) -> ClipInfo:
        """Set the paths of ``clip`` to this folder, its file called ``name``."""

    def is_being_written(self, name: str) -> bool:
        """Whether a ``.part`` file certainly belongs to a running process."""


class LocalFolder:
    """A folder on this machine.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def address(self) -> str:
        """See :class:`Folder`."""
        return str(self._path)

    def files(self) -> dict[str, int]:
        """See :class:`Folder`. It skips hidden folders: checkpoints and caches of other programs."""
        if not self._path.is_dir():
            raise ClipError(f"There is no folder {self.address!r}.")
        sizes: dict[str, int] = {}
        try:
            for folder, below, names in os.walk(self._path, onerror=_raise):
                below[:] = sorted(name for name in below if not name.startswith("."))
                for name in names:
                    path = Path(folder, name)
                    if path.is_file():
                        sizes[path.relative_to(self._path).as_posix()] = path.stat().st_size
        except OSError as error:
            raise ClipError(f"{self.address!r} cannot be read ({error.strerror or error}).") from None
        return sizes

    def read(self, name: str) -> bytes:
        """See :class:`Folder`."""
        return (self._path / name).read_bytes()

    def sha256(self, name: str) -> str:
        """See :class:`Folder`."""
        return file_sha256(self._path / name)

    def locate(self, clip: ClipInfo, name: str) -> ClipInfo:
        """See :class:`Folder`."""
        path = self._path / name
        poster = path.with_suffix(".jpg")
        return msgspec.structs.replace(clip, path=str(path), poster=str(poster) if poster.exists() else None)

    def is_being_written(self, name: str) -> bool:
        """See :class:`Folder`."""
        match = _PART.search(name)
        return match is not None and not has_ended(int(match[1]))


def _raise(error: OSError) -> None:
    raise error
