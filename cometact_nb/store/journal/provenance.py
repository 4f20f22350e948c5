"""Tells where a history comes from, and which of its approvals are this user's.

A code binds an approval to its user, and to the history's id. The user's state folder remembers by that id
the file's path and its number of events. So a history that was copied, moved, restored from a backup or made
by somebody else is recognised, and buys nothing by itself.
"""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from cometact_nb.store.journal.place import is_default_history
from cometact_nb.store.user import Record, User

__all__ = ["Provenance"]

log = logging.getLogger("cometact_nb")
_FOREIGN = "this history was made by somebody else, or by you as another user or on another machine"
_OLD = "this history does not say who made it"
_UNKNOWN = "nothing on this machine says that you approved anything in this history"
_CHANGED = "the record of its approval was not written by you in this history"


class _Database(Protocol):
    """The part of a history that this module uses."""

    path: str

    def query(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        """Return the rows of a query."""

    def write(self, sql: str, values: tuple[Any, ...]) -> int:
        """Change rows, and return their number."""


class Provenance:
    """Knows whose one history is, and whether it was copied or restored.

    Args:
        history: the history; one in memory is always its user's own.
    """

    def __init__(self, history: _Database) -> None:
        self._history = history
        self._in_memory = history.path == ":memory:"
        #: The id under which the state folder knows this very file; None until that is certain.
        self._own_id: str | None = None

    @cached_property
    def _user(self) -> User:
        return User()

    # --- whose it is -------------------------------------------------------------------------------

    def sign(self) -> None:
        """Record in the file that this user made the history.

        Raises:
            HistoryError: nothing was written.
        """
        if not self._in_memory:
            _, birth, _ = self._about()
            self._history.write("UPDATE about SET maker = ?", (self._user.sign("maker", birth),))

    @cached_property
    def is_own(self) -> bool:
        """Whether this user made it. In somebody else's history, paths are not trusted."""
        if self._in_memory:
            return True
        _, birth, maker = self._about()
        if maker is None:  # written by a version without makers, or where no state folder can be written
            return is_default_history(self._history.path)
        return self._user.verify(maker, "maker", birth)

    def doubt(self) -> str:
        """Say why no approval of this history holds here, as a sentence's beginning; empty when they may."""
        if self._in_memory:
            return ""
        if self._user.problem:
            return f"{self._user.problem}, so that no approval outlives its kernel"
        history_id, _, maker = self._about()
        record = self._user.record(history_id)
        if record is None:
            return (_UNKNOWN if self.is_own else _FOREIGN) if maker is not None else _OLD
        if not _is_same(record.path, self._history.path):
            if Path(record.path).is_file():
                return f"this history was copied from {record.path!r}, and both would buy the same cells"
            return f"this history was moved or copied from {record.path!r}"
        if self._writes() < record.writes:
            return "this history is an earlier state of itself, which does not know what was bought since"
        self._own_id = history_id
        return ""

    # --- approvals ---------------------------------------------------------------------------------

    def bind(self, *row: str, anew: bool) -> str | None:
        """Return the code that binds a sweep's row to this user and this file; within a transaction.

        Args:
            row: the content that the code vouches for: the sweep's name, service, specification and terms.
            anew: the user has just approved it here, which makes this file a history of its own; otherwise a
                row gets no code where no approval holds.

        Raises:
            HistoryError: nothing was written.
        """
        if self._in_memory:
            return None
        if self.doubt() and not (anew and not self._user.problem and self._settle()):
            return None
        return self._user.sign("approval", self._about()[0], *row)

    def doubt_of(self, code: str | None, *row: str) -> str:
        """Say why the approval in a sweep's row does not hold here; empty when it does.

        Args:
            code: of the row, from :meth:`bind`.
            row: in the history.
        """
        if self._in_memory:
            return ""
        doubt = self.doubt()
        if not doubt and not self._user.verify(code, "approval", self._about()[0], *row):
            doubt = _CHANGED if self.is_own else _FOREIGN
        return doubt

    def note_purchase(self) -> None:
        """Record the history's number of events, so that an earlier state of it is recognised."""
        if self._own_id is not None:
            with suppress(OSError):
                self._user.remember(self._own_id, Record(_absolute(self._history.path), self._writes()))

    def _settle(self) -> bool:
        """Give this file a new id, under which no approval from elsewhere holds."""
        history_id = uuid.uuid4().hex
        try:
            self._user.remember(history_id, Record(_absolute(self._history.path), self._writes()))
        except OSError as error:
            log.warning("this approval ends with its kernel: %s", error)
            return False
        self._history.write("UPDATE about SET id = ?", (history_id,))
        self._own_id = history_id
        return True

    def _about(self) -> tuple[str, str, str | None]:
        rows = self._history.query("SELECT id, birth, maker FROM about LIMIT 1", ())
        return rows[0] if rows else ("", "", "")

    def _writes(self) -> int:
        rows = self._history.query("SELECT seq FROM sqlite_sequence WHERE name = 'events'", ())
        return int(rows[0][0]) if rows else 0


def _absolute(path: str) -> str:
    return str(Path(path).resolve())


def _is_same(recorded: str, path: str) -> bool:
    """Whether two paths name one file, also by a link or another mount."""
    with suppress(OSError):
        return recorded == path or recorded == _absolute(path) or Path(recorded).samefile(path)
    return False
