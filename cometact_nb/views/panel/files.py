"""Reads local files as inputs, within the vendor's limits, to be sent inside a request if the user agrees.

Limits: docs.dev.runwayml.com/assets/inputs, data URIs: 5 MB, encoded.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cometact_nb.domain.inputs import note_name
from cometact_nb.domain.media import DATA_URI_MAX_BYTES, EXTENSIONS, Finding, mime_of
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["UPLOAD", "LocalFiles", "is_local"]

#: The beginning of an uploaded file's address in the form.
UPLOAD = "upload:"
#: At least two letters, since ``C:`` is a drive.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def is_local(address: str) -> bool:
    """Whether an address is a file of this machine: an upload or a path."""
    if address.startswith(UPLOAD):
        return True
    if not address or _SCHEME.match(address):
        return False
    return address[0] in "/~." or address.rpartition(".")[2].lower() in EXTENSIONS


class LocalFiles:
    """Reads files for data URIs, and holds those that a browser uploaded.

    Args:
        folder: where a relative path starts.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._uploads: dict[str, bytes] = {}
        self._coming: dict[str, bytearray] = {}
        self._read: dict[str, tuple[tuple[int, int], str]] = {}

    def keep(self, name: str, content: bytes) -> str:
        """Keep an uploaded file in memory, and return its address for the form.

        Raises:
            RequestError: the vendor does not accept its kind or its size.
        """
        safe_name = re.sub(r"[^\w. ()-]", "_", name.rpartition("/")[2])[-100:]
        _check(UPLOAD + safe_name, len(content))
        address, count = UPLOAD + safe_name, 1
        while self._uploads.get(address, content) != content:  # two files with the same name are two inputs
            count += 1
            stem, dot, ending = safe_name.rpartition(".")
            address = f"{UPLOAD}{stem} ({count}){dot}{ending}"
        self._uploads[address] = content
        return address

    def piece(self, content: Mapping[str, Any], buffers: Sequence[Any]) -> str | None:
        """Add one piece of an upload; return the file's address after the last piece.

        Args:
            content: ``role``, ``name``, ``size`` of the whole file and ``offset`` of this piece, in bytes.
            buffers: the piece.

        Raises:
            RequestError: see :meth:`keep`; raised at the first piece.
        """
        role, name, size, offset = (content.get(key) for key in ("role", "name", "size", "offset"))
        if role not in {"character", "reference"} or not isinstance(name, str) or not isinstance(size, int):
            return None
        if offset == 0:
            self._coming[role] = bytearray()
            _check(UPLOAD + name, size)
        coming = self._coming.get(role)
        if coming is None or len(coming) != offset or not buffers:
            return None
        coming += bytes(buffers[0])
        if len(coming) < size:
            return None
        return self.keep(name, bytes(self._coming.pop(role)))

    def inline(self, address: str) -> str:
        """Return a data URI for a file of this machine; any other address as it is.

        Raises:
            RequestError: there is no such file, or the vendor does not accept its kind or size.
        """
        if not is_local(address):
            return address
        if address.startswith(UPLOAD):
            if address not in self._uploads:
                _refuse(address, "is not in this kernel's memory any more", "Upload it again.")
            return _data_uri(address, self._uploads[address])
        path = self._path(address)
        try:
            facts = path.stat()
            _check(address, facts.st_size)
            stamp = (facts.st_mtime_ns, facts.st_size)
            cached = self._read.get(address)
            if cached is None or cached[0] != stamp:
                cached = (stamp, _data_uri(address, path.read_bytes()))
                self._read = {**dict(list(self._read.items())[-1:]), address: cached}  # a form has two inputs
        except RequestError:
            raise
        except (OSError, ValueError) as error:  # ValueError: no file can have such a path
            why = getattr(error, "strerror", None) or type(error).__name__
            _refuse(address, f"cannot be read ({why})", "Check the path, or give an https:// URL.")
        return cached[1]

    def _path(self, address: str) -> Path:
        try:
            return self._folder() / Path(address).expanduser()
        except RuntimeError:  # no such user
            return self._folder() / address


def _check(address: str, size: int) -> None:
    kind = EXTENSIONS.get(address.rpartition(".")[2].lower())
    if kind is None:
        kinds = ", ".join(EXTENSIONS)
        _refuse(address, "is of a kind the vendor does not take", f"It takes: {kinds}.")
    encoded, limit = size * 4 // 3 + 40, DATA_URI_MAX_BYTES[kind]
    if encoded > limit:
        problem = f"is {encoded / 1024**2:.1f} MB once encoded; Runway takes {limit // 1024**2} MB inline"
        _refuse(address, problem, "Make it smaller, or host it and give its https:// URL.")
    if not size:
        _refuse(address, "is empty (0 bytes)", "Choose another file.")


def _data_uri(address: str, content: bytes) -> str:
    note_name(content, re.split(r"[\\/]", address.removeprefix(UPLOAD))[-1])
    mime = mime_of(address, "application/octet-stream")  # _check has checked the file's ending
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def _refuse(address: str, problem: str, cure: str) -> NoReturn:
    raise RequestError([Finding("character", address, problem, cure)])
