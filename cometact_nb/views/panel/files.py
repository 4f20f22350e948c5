"""Reads local files as inputs, within the vendor's limits, to be sent inside a request if the user agrees.

Limits: docs.dev.runwayml.com/assets/inputs, data URIs: 5 MB, encoded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.domain.inputs import note_name
from cometact_nb.domain.media import DATA_URI_MAX_BYTES, EXTENSIONS, data_uri, mime_of
from cometact_nb.domain.sizes import size
from cometact_nb.errors import RequestError
from cometact_nb.views.panel.uploads import PREPARABLE, UPLOAD, Uploads, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UPLOAD", "LocalFiles", "is_local"]

#: At least two letters, since ``C:`` is a drive.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def is_local(address: str) -> bool:
    """Whether an address is a file of this machine: an upload or a path."""
    if address.startswith(UPLOAD):
        return True
    if not address or _SCHEME.match(address):
        return False
    return address[0] in "/~." or address.rpartition(".")[2].lower() in EXTENSIONS.keys() | PREPARABLE


class LocalFiles:
    """Reads files for data URIs, and finds those that a page uploaded.

    Args:
        folder: where a relative path starts.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._read: dict[str, tuple[tuple[int, int], str]] = {}
        #: Takes files from the page.
        self.uploads = Uploads(folder)

    def path(self, address: str) -> Path | None:
        """Return the file of an address, or None: it is no file of this machine, or none that is there."""
        if not is_local(address):
            return None
        if address.startswith(UPLOAD):
            return self.uploads.path(address)
        try:
            path = self._path(address)
            return path if path.is_file() else None
        except (OSError, ValueError):  # ValueError: no file can have such a path
            return None

    def inline(self, address: str) -> str:
        """Return a data URI for a file of this machine; any other address as it is.

        Raises:
            RequestError: there is no such file, or the vendor does not accept its kind or size.
        """
        if not is_local(address):
            return address
        uploaded = self.uploads.path(address) if address.startswith(UPLOAD) else None
        if address.startswith(UPLOAD) and uploaded is None:
            refuse(address, "is not in this kernel any more", "Upload it again.")
        path = uploaded or self._path(address)
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
            refuse(address, f"cannot be read ({why})", "Check the path, or give an https:// URL.")
        return cached[1]

    def _path(self, address: str) -> Path:
        try:
            return self._folder() / Path(address).expanduser()
        except RuntimeError:  # no such user
            return self._folder() / address


def _check(address: str, length: int) -> None:
    kind = EXTENSIONS.get(address.rpartition(".")[2].lower())
    if kind is None:
        refuse(
            address, "is of a kind the vendor does not take", f"Prepare it, or give: {', '.join(EXTENSIONS)}."
        )
    encoded, limit = length * 4 // 3 + 40, DATA_URI_MAX_BYTES[kind]
    if encoded > limit:
        problem = f"is {size(encoded)} once encoded; Runway takes {limit // 1024**2} MB inline"
        refuse(address, problem, "Prepare it, which makes it smaller, or host it and give its https:// URL.")
    if not length:
        refuse(address, "is empty (0 bytes)", "Choose another file.")


def _data_uri(address: str, content: bytes) -> str:
    note_name(content, re.split(r"[\\/]", address.removeprefix(UPLOAD))[-1])
    mime = mime_of(address, "application/octet-stream")  # _check has checked the file's ending
    return data_uri(mime, content)
