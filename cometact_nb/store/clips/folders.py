"""A folder of clips to look through, wherever it is."""

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
    """What reading and checking clips needs of the place they are in. Names are relative, with ``/``."""

    @property
    def address(self) -> str:
        """The folder itself, as its user would write it."""

    def files(self) -> dict[str, int]:
        """Every file in it and in the folders below it, with its size in bytes.

        Raises:
            ClipError: there is no such folder, or it cannot be read.
        """

    def read(self, name: str) -> bytes:
        """A whole file.

        Raises:
            OSError: it cannot be read.
        """

    def sha256(self, name: str) -> str:
        """Hash of a file, hexadecimal.

        Raises:
            OSError: it cannot be read.
        """

    def placed(self, clip: ClipInfo, name: str) -> ClipInfo:
        """``clip`` as it lies in this folder, its file called ``name``."""

    def is_being_written(self, name: str) -> bool:
        """Whether a ``.part`` file is known to belong to a process that runs."""


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
        """See :class:`Folder`. Hidden folders are left out: checkpoints and caches of other programs."""
        if not self._path.is_dir():
            raise ClipError(f"There is no folder {self.address!r}.")
        found: dict[str, int] = {}
        try:
            for folder, below, names in os.walk(self._path, onerror=_raise):
                below[:] = sorted(name for name in below if not name.startswith("."))
                for name in names:
                    path = Path(folder, name)
                    if path.is_file():
                        found[path.relative_to(self._path).as_posix()] = path.stat().st_size
        except OSError as error:
            raise ClipError(f"{self.address!r} cannot be read ({error.strerror or error}).") from None
        return found

    def read(self, name: str) -> bytes:
        """See :class:`Folder`."""
        return (self._path / name).read_bytes()

    def sha256(self, name: str) -> str:
        """See :class:`Folder`."""
        return file_sha256(self._path / name)

    def placed(self, clip: ClipInfo, name: str) -> ClipInfo:
        """See :class:`Folder`."""
        path = self._path / name
        poster = path.with_suffix(".jpg")
        return msgspec.structs.replace(clip, path=str(path), poster=str(poster) if poster.exists() else None)

    def is_being_written(self, name: str) -> bool:
        """See :class:`Folder`."""
        found = _PART.search(name)
        return found is not None and not has_ended(int(found[1]))


def _raise(error: OSError) -> None:
    raise error
