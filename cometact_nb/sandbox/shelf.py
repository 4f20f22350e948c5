"""Stores what outlives a sandbox's process: its tasks, their clips, its books, its token, and its port."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sqlite3
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["InUse", "Shelf", "is_served"]

_CARD, _HOST = "sandbox.json", "127.0.0.1"

#: Limits: seconds for finished tasks and books; bytes for clips.
_KEPT_S = 30 * 86_400.0
_CLIP_BYTES = 512 << 20

_TABLES = """
CREATE TABLE IF NOT EXISTS tasks (id TEXT PRIMARY KEY, at REAL NOT NULL, task TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS posts (at REAL NOT NULL, post TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class InUse(Exception):
    """Another process has this folder."""


class Shelf:
    """A folder that belongs to one sandbox while it runs.

    Args:
        folder: made when missing, for this user alone.

    Raises:
        InUse: it belongs to another sandbox.
        OSError: it cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self._clips = folder / "clips"
        self._clips.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        #: The folder for inputs that clients put here.
        self.inputs = folder / "inputs"
        #: The file with address and token, by which this user's clients find the sandbox.
        self.card = folder / _CARD
        self._database = _opened(folder / "state.sqlite")
        self.token = self._fact("token", secrets.token_hex(16))
        self.secret = bytes.fromhex(self._fact("secret", secrets.token_hex(16)))
        self._forget_old()

    @property
    def port(self) -> int:
        """The last port, so that clients find the sandbox there again; 0 at first."""
        return int(self._fact("port", "0"))

    def announce(self, facts: dict[str, Any]) -> None:
        """Write the address of the sandbox, whole, readable for this user only.

        Args:
            facts: address, port, and further facts for clients.
        """
        self._database.execute("REPLACE INTO facts VALUES ('port', ?)", (str(facts["port"]),))
        part = self.card.with_name(f".{uuid.uuid4().hex}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({**facts, "token": self.token}, file)
        part.replace(self.card)

    @property
    def is_there(self) -> bool:
        """Whether the folder still exists."""
        return self.card.exists()

    def tasks(self) -> Iterator[dict[str, Any]]:
        """Yield the tasks, the oldest first."""
        for (text,) in self._database.execute("SELECT task FROM tasks ORDER BY at").fetchall():
            with suppress(ValueError):
                yield json.loads(text)

    def keep_task(self, task: dict[str, Any]) -> None:
        """Write the present state of a task.

        Args:
            task: with ``id`` and ``created``.
        """
        values = (task["id"], task["created"], json.dumps(task))
        self._database.execute("REPLACE INTO tasks VALUES (?, ?, ?)", values)

    def drop_task(self, task_id: str) -> None:
        """Forget a task and its clip."""
        self._database.execute("DELETE FROM tasks WHERE id = ?", (task_id,))
        self._clip(task_id).unlink(missing_ok=True)

    def posts(self) -> list[dict[str, Any]]:
        """List the paid requests so far, the oldest first."""
        return [json.loads(text) for (text,) in self._database.execute("SELECT post FROM posts ORDER BY at")]

    def keep_post(self, post: dict[str, Any]) -> None:
        """Record a paid request.

        Args:
            post: with the time ``at``.
        """
        self._database.execute("INSERT INTO posts VALUES (?, ?)", (post["at"], json.dumps(post)))

    def keep_clip(self, task_id: str, clip: bytes) -> bool:
        """Write a task's clip; return False without room."""
        part = self._clips / f".{uuid.uuid4().hex}.part"
        try:
            part.write_bytes(clip)
            part.replace(self._clip(task_id))
        except OSError:
            part.unlink(missing_ok=True)
            return False
        self._make_room()
        return True

    def clip(self, task_id: str) -> bytes | None:
        """Read a task's clip; None if it is not there."""
        try:
            return self._clip(task_id).read_bytes()
        except OSError:
            return None

    def clear(self) -> None:
        """Forget all tasks, clips and books."""
        self._database.executescript("DELETE FROM tasks; DELETE FROM posts;")
        for path in self._clips.iterdir():
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the folder for another process."""
        self._database.close()

    def _clip(self, task_id: str) -> Path:
        return self._clips / f"{task_id}.mp4"

    def _fact(self, name: str, first: str) -> str:
        self._database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, first))
        return str(self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()[0])

    def _forget_old(self) -> None:
        before = time.time() - _KEPT_S
        for (task_id,) in self._database.execute("SELECT id FROM tasks WHERE at < ?", (before,)).fetchall():
            self.drop_task(task_id)
        self._database.execute("DELETE FROM posts WHERE at < ?", (before,))
        self._make_room()

    def _make_room(self) -> None:
        """Delete the oldest clips of too many; a later download renders such a clip again."""
        sizes = [(path.stat(), path) for path in self._clips.glob("*.mp4")]
        excess = sum(stat.st_size for stat, _ in sizes) - _CLIP_BYTES
        for stat, path in sorted(sizes, key=lambda one: one[0].st_mtime):
            if excess <= 0:
                return
            excess -= stat.st_size
            path.unlink(missing_ok=True)


def is_served(folder: Path, build: str) -> bool:
    """Whether a sandbox of this build listens at the address in a folder.

    Args:
        folder: of a sandbox's state.
        build: of that sandbox.
    """
    try:
        facts = json.loads((folder / _CARD).read_bytes())
        if facts["build"] != build:
            return False
        with socket.create_connection((_HOST, facts["port"]), timeout=1):
            return True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _opened(path: Path) -> sqlite3.Connection:
    """Open the database and lock it for the life of this process; put a broken one aside."""
    try:
        return _locked(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            if "locked" in str(error):
                raise InUse from None
            raise OSError(f"{path}: {error}") from None
    path.replace(path.with_suffix(".broken"))
    return _locked(path)


def _locked(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        # A killed process loses nothing by it, and a sandbox's tasks need no more safety.
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
        database.executescript(_TABLES)
    except BaseException:
        database.close()
        raise
    return database
