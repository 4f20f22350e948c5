"""Upgrades a history's file to the newest form by the scripts in `migrations`, one after the other."""

from __future__ import annotations

import sqlite3
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.identity import body_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["migrate"]


def migrate(db: sqlite3.Connection) -> bool:
    """Run the scripts that the file lacks, in the caller's transaction; return True for an empty file.

    Raises:
        sqlite3.DatabaseError: a newer version wrote the file, or it cannot be changed.
    """
    scripts = _scripts()
    (done,) = db.execute("PRAGMA user_version").fetchone()
    if done > len(scripts):
        raise sqlite3.DatabaseError("it was written by a newer version of cometact_nb")
    db.create_function("request_identity", 1, _request_identity, deterministic=True)
    for number, script in enumerate(scripts[done:], done + 1):
        for statement in script:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
    return bool(done == 0)


@cache
def _scripts() -> tuple[tuple[str, ...], ...]:
    """Read the statements of all scripts, once in a process."""
    folder = resources.files("cometact_nb.store.journal").joinpath("migrations")
    scripts = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name
    )
    return tuple(tuple(_statements(script.read_text("utf-8"))) for script in scripts)


class _OnlyRequest(msgspec.Struct):
    request: dict[str, Any] | None = None


def _request_identity(state: str) -> str | None:
    """Return the identity of the request in a recorded state; the scripts call this."""
    try:
        request = msgspec.json.decode(state, type=_OnlyRequest).request
    except msgspec.MsgspecError:
        return None
    return None if request is None else body_identity(request)


def _statements(script: str) -> Iterator[str]:
    """Split a migration into statements, since ``executescript`` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
