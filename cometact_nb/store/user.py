"""Recognises this user on this machine by a random secret in the state folder, never beside a history.

The secret holds no host name, which changes with each pod of a JupyterHub. It moves with the user's home.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Record", "User", "state_folder"]

#: Not ``cometact_nb``, since on macOS and Windows the default history lies in that state folder.
_NAME = "cometact_nb-user"
_SECRET_BYTES = 32


@dataclass(frozen=True)
class Record:
    """The facts about one history in this user's state folder.

    Args:
        path: of the file when its sweeps were approved.
        writes: the number of its events when a cell was last bought.
    """

    path: str
    writes: int


class User:
    """Signs for this user, and remembers in which histories sweeps were approved, and where files go public.

    Args:
        folder: for the secret, made when missing; default in the user's state folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or state_folder()
        self._secret = b""
        #: The reason why nothing can be signed; empty when it can.
        self.problem = ""
        try:
            self._secret = _secret(self.folder)
        except (OSError, ValueError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            self.problem = f"{str(self.folder)!r} cannot keep your id ({reason})"

    def sign(self, *parts: str) -> str | None:
        """Return a code for ``parts`` that only this user can compute; None without a secret."""
        if not self._secret:
            return None
        return hmac.new(self._secret, json.dumps(parts).encode(), hashlib.sha256).hexdigest()

    def verify(self, code: str | None, *parts: str) -> bool:
        """Whether ``code`` is this user's code for ``parts``."""
        own = self.sign(*parts)
        return own is not None and isinstance(code, str) and hmac.compare_digest(own.encode(), code.encode())

    def record(self, history_id: str) -> Record | None:
        """Return the facts about the history with this id; None where this user has none."""
        try:
            fields = json.loads(self._place(history_id).read_bytes())
            return Record(str(fields["path"]), int(fields["writes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, history_id: str, record: Record) -> None:
        """Write ``record``, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        text = json.dumps({"path": record.path, "writes": record.writes})
        self._put(self._place(history_id), text.encode())

    def has_agreed(self, place: str) -> bool:
        """Whether this user has agreed, on this machine, that files become public at ``place``."""
        try:
            return self.verify(self._consent(place).read_text("ascii").strip(), "publish", place)
        except (OSError, ValueError):
            return False

    def agree(self, place: str) -> None:
        """Record that files may become public at ``place``, whole or not at all.

        Raises:
            OSError: it cannot be recorded.
        """
        code = self.sign("publish", place)
        if code is None:
            raise OSError(self.problem)
        self._put(self._consent(place), code.encode())

    def _consent(self, place: str) -> Path:
        return self.folder / "public" / hashlib.sha256(place.encode()).hexdigest()[:32]

    def _put(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            _write(part, content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _place(self, history_id: str) -> Path:
        """Return a file name that is safe for any text in a history."""
        return self.folder / "histories" / hashlib.sha256(history_id.encode()).hexdigest()[:32]


def state_folder() -> Path:
    """This user's state folder, which may not exist yet."""
    import platformdirs  # noqa: PLC0415  (27 ms that `import cometact_nb` need not pay)

    return Path(platformdirs.user_state_dir(_NAME, appauthor=False))


def _secret(folder: Path) -> bytes:
    """Read this user's secret; make one when there is none.

    Raises:
        OSError: it cannot be read or made.
        ValueError: the file holds something else.
    """
    path = folder / "id"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    if path.stat().st_mode & 0o077:
        with suppress(OSError):
            path.chmod(0o600)
    with suppress(ValueError):
        secret = bytes.fromhex(path.read_text("ascii").strip())
        if len(secret) >= _SECRET_BYTES:
            return secret
    raise ValueError("its content is no id; delete it")


def _make(path: Path) -> None:
    """Write a new secret, whole, unless another process has just done so."""
    part = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        _write(part, secrets.token_hex(_SECRET_BYTES).encode(), durably=True)
        try:
            os.link(part, path)
        except FileExistsError:
            return
        except OSError:  # a file system without links
            if not path.exists():
                part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _write(path: Path, content: bytes, *, durably: bool = False) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        if durably:
            file.flush()
            os.fsync(file.fileno())
