"""Takes files from a panel's page, in pieces: an upload lasts as long as the panel, a recording stays."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import uuid
import weakref
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from cometact_nb.domain.media import EXTENSIONS, Finding
from cometact_nb.domain.sizes import size
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["PREPARABLE", "UPLOAD", "Uploads", "refuse"]

#: The beginning of an uploaded file's address in the form.
UPLOAD = "upload:"
#: Kinds by a name's ending that no vendor takes as they are, and that can be prepared.
PREPARABLE = {"heic", "heif", "avif", "tif", "tiff", "gif", "bmp", "mkv", "avi", "3gp", "ogv", "mpg", "mpeg"}
#: The most bytes of one upload: three minutes of a phone's best clip. A larger one may be given by its path.
_MOST_BYTES = 2_000_000_000
_ROLES = {"character", "reference"}


@dataclass
class _Upload:
    """A file on its way.

    Args:
        name: as the page has it.
        recorded: by the page, from a camera.
        part: its file until it is whole.
        file: the same, open.
        size: of the whole file, bytes.
        digest: of what has come.
    """

    name: str
    recorded: bool
    part: Path
    file: IO[bytes]
    size: int
    digest: Any = field(default_factory=hashlib.sha256)

    def drop(self) -> None:
        self.file.close()
        self.part.unlink(missing_ok=True)


class Uploads:
    """Writes the pieces of files to this disk.

    Args:
        folder: where recordings are kept, beside the notebook.
        now: the time that names a recording.
    """

    def __init__(self, folder: Callable[[], Path], now: Callable[[], datetime] = datetime.now) -> None:
        self._folder = folder
        self._now = now
        self._own: Path | None = None
        self._coming: dict[str, _Upload] = {}
        self._files: dict[str, tuple[Path, str]] = {}  #: path and hash of each, by its address

    def path(self, address: str) -> Path | None:
        """Return the file of an upload's address, or None."""
        path = self._files.get(address, (None, ""))[0]
        return path if path is not None and path.is_file() else None

    def piece(self, content: Mapping[str, Any], buffers: Sequence[Any]) -> str | None:
        """Add one piece of a file; return its address for the form after the last piece.

        Args:
            content: ``role``, ``name``, ``size`` of the whole file and ``offset`` of this piece, in bytes;
                whether it was ``recorded`` from a camera.
            buffers: the piece.

        Raises:
            RequestError: its kind or size is refused, at its first piece; or this disk refuses it.
        """
        role, name, size, offset = (content.get(key) for key in ("role", "name", "size", "offset"))
        if role not in _ROLES or not isinstance(name, str) or not isinstance(size, int) or not buffers:
            return None
        try:
            if offset == 0:
                self._begin(role, name, size, recorded=content.get("recorded") is True)
            upload = self._coming.get(role)
            if upload is None or upload.file.tell() != offset:
                return None
            upload.file.write(buffers[0])
            upload.digest.update(buffers[0])
            if upload.file.tell() < upload.size:
                return None
            del self._coming[role]
            return self._keep_recording(upload) if upload.recorded else self._keep(upload)
        except OSError as error:
            self._give_up(role)
            why = error.strerror or type(error).__name__
            refuse(UPLOAD + name, f"cannot be kept on this disk ({why})", "Make room, or give its path.")

    def _begin(self, role: str, name: str, size: int, *, recorded: bool) -> None:
        self._give_up(role)
        _check(name, size)
        folder = self._folder() if recorded else self._own_folder()
        part = folder / f".recording-{uuid.uuid4().hex[:8]}.part"
        self._coming[role] = _Upload(name, recorded, part, part.open("xb"), size)

    def _give_up(self, role: str) -> None:
        before = self._coming.pop(role, None)
        if before is not None:
            before.drop()

    def _own_folder(self) -> Path:
        """Return a folder that only this user can read, and that goes with the panel."""
        if self._own is None or not self._own.is_dir():
            self._own = Path(tempfile.mkdtemp(prefix="cometact-panel-"))
            weakref.finalize(self, shutil.rmtree, self._own, ignore_errors=True)
        return self._own

    def _keep(self, upload: _Upload) -> str:
        upload.file.close()
        name = re.sub(r"[^\w. ()-]", "_", upload.name.rpartition("/")[2])[-100:]
        address, count, digest = UPLOAD + name, 1, upload.digest.hexdigest()
        while (
            self._files.get(address, (None, digest))[1] != digest
        ):  # two files with the same name are two inputs
            count += 1
            stem, dot, ending = name.rpartition(".")
            address = f"{UPLOAD}{stem} ({count}){dot}{ending}"
        path = upload.part.with_name(address.removeprefix(UPLOAD))
        upload.part.replace(path)
        self._files[address] = (path, digest)
        return address

    def _keep_recording(self, upload: _Upload) -> str:
        """Give a recording its name beside the notebook, which no other file has, and return it."""
        upload.file.flush()
        os.fsync(upload.file.fileno())
        upload.file.close()
        stem, ending = f"recording-{self._now():%Y-%m-%d-%H%M%S}", upload.name.rpartition(".")[2].lower()
        count = 1
        while True:
            name = f"{stem}.{ending}" if count == 1 else f"{stem}-{count}.{ending}"
            try:
                _take_name(upload.part, upload.part.with_name(name))
            except FileExistsError:
                count += 1
                continue
            return name


def _take_name(part: Path, path: Path) -> None:
    """Rename a whole file unless the name is taken.

    Raises:
        FileExistsError: it is taken.
    """
    try:
        os.link(part, path)
        part.unlink()
    except FileExistsError:
        raise
    except OSError:  # a file system without links: nobody else names files like this in one second
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)


def _check(name: str, length: int) -> None:
    address = UPLOAD + name
    if name.rpartition(".")[2].lower() not in EXTENSIONS.keys() | PREPARABLE:
        refuse(address, "is of a kind that is no input", f"Inputs are: {', '.join(EXTENSIONS)}.")
    if not length:
        refuse(address, "is empty (0 bytes)", "Choose another file.")
    if length > _MOST_BYTES:
        refuse(address, f"has {size(length)}, and the form takes {size(_MOST_BYTES)}", "Give its path.")


def refuse(address: str, problem: str, cure: str) -> NoReturn:
    """Raise the error about a local file.

    Raises:
        RequestError: always.
    """
    raise RequestError([Finding("character", address, problem, cure)])
