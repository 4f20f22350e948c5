"""The tasks of the history as rows, to look at, to compute with, and to take up again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact, search
from cometact_nb.domain.doors import doors
from cometact_nb.domain.money import expected
from cometact_nb.errors import RequestError
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.find import adopt
from cometact_nb.handles.table import Rows
from cometact_nb.handles.views import views
from cometact_nb.store.clips.media import find_moved
from cometact_nb.store.journal import search as store
from cometact_nb.store.journal.history import Row
from cometact_nb.store.journal.spending import in_all
from cometact_nb.store.journal.sweeps import sweeps_of

if TYPE_CHECKING:
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.search import Query
    from cometact_nb.domain.task import Status, TaskState
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.task import Task

__all__ = ["HistoryRow", "TaskHistory", "find_history"]


def find_history(
    session: Session, status: Any = None, since: Any = None, text: Any = None, limit: Any = 50
) -> TaskHistory:
    """See :func:`cometact_nb.history`."""
    return TaskHistory(session, search.query(status, since, text, limit, now=time.time()))


@doors
class HistoryRow:
    """One task in the history, read without asking the service; :meth:`task` takes it up.

    Args:
        session: to take it up in.
        row: of the history.
        sweep: the sweep it was bought for.
    """

    def __init__(self, session: Session, row: Row, sweep: str | None = None) -> None:
        self._session = session
        self._row = row
        #: The name of the sweep it was bought for, or None.
        self.sweep = sweep

    @property
    def state(self) -> TaskState:
        """The whole state when the history was read, as one immutable value."""
        return self._row.state

    @property
    def id(self) -> str | None:
        """The service's id, or None before it has one."""
        return self.state.id

    @property
    def key(self) -> str:
        """The local identity, which exists before the service's id."""
        return self.state.key

    @property
    def status(self) -> Status:
        """The status when the history was read."""
        return self.state.status

    @property
    def begun_at(self) -> datetime:
        """The time of its submission here, or else of its creation at the service or first poll; UTC."""
        seconds = self.state.begun_at
        return datetime.fromtimestamp(self._row.updated_at if seconds is None else seconds, UTC)

    @property
    def request(self) -> ActTwoRequest | None:
        """The request; None for a task made elsewhere, or in a form that this version cannot read."""
        try:
            return self.state.to_request()
        except (RequestError, TypeError):
            return None

    @property
    def clip(self) -> Clip | None:
        """The video when the history was read, or None. The file may have been moved or deleted since."""
        return Clip(self.state.clip) if self.state.clip else None

    @property
    def sandbox(self) -> bool:
        """Whether it ran in the sandbox, where nothing is billed."""
        return self.state.in_sandbox

    def task(self) -> Task:
        """Return the task itself, and watch it from now on if it has not ended."""
        return adopt(self._session, self._row)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values: times in UTC, seconds, US dollars, paths as text."""
        state, request = self.state, self.request
        ended = state.ended_at
        return {
            "id": self.id,
            "key": self.key,
            "status": self.status.value,
            "begun_at": self.begun_at,
            "ended_at": None if ended is None else datetime.fromtimestamp(ended, UTC),
            "elapsed_s": None if ended is None or state.begun_at is None else state.elapsed_s(ended),
            "character": redact.public(request.character.uri) if request else None,
            "reference": redact.public(request.reference.uri) if request else None,
            **_knobs(request),
            "clip": state.clip.path if state.clip else None,
            "clip_url": state.clip.url if state.clip else None,
            "poster": state.clip.poster if state.clip else None,
            "price_usd": state.price_usd,
            "failure_code": state.failure_code,
            "problem": state.failure or state.problem or state.clip_error,
            "sweep": self.sweep,
            "base_url": state.base_url,
            "sandbox": self.sandbox,
        }

    def __repr__(self) -> str:
        parts = [f"{self.begun_at:%Y-%m-%d %H:%M}", (self.id or self.key)[:13], self.status.value]
        parts += [Path(self.state.clip.place).name] if self.state.clip else []
        parts += ["sandbox"] if self.sandbox else []
        return f"<{' · '.join(parts)}>"


@doors
class TaskHistory(Rows[HistoryRow]):
    """Tasks of the history, the newest first: a list of :class:`HistoryRow`, in a notebook a table.

    Args:
        session: with the history.
        query: to select tasks by.

    Raises:
        HistoryError: the history cannot be read.
    """

    def __init__(self, session: Session, query: Query) -> None:
        self.session = session
        #: The query.
        self.query = query
        #: What all paid tasks of the query's time were expected to cost, in words, whatever else it asks for.
        self.money = ""
        self.refresh()

    def refresh(self) -> TaskHistory:
        """Read the history again.

        Returns:
            this list.

        Raises:
            HistoryError: the history cannot be read.
        """

        async def read() -> tuple[HistoryRow, ...]:
            history = self.session.engine.history
            rows = [_where_it_is(self.session, row) for row in store.search(history, self.query)]
            sweeps = sweeps_of(history, [row.state.key for row in rows])
            self.money = expected(in_all(history, self.query.since))
            return tuple(HistoryRow(self.session, row, sweeps.get(row.state.key)) for row in rows)

        self._rows = self.session.run(read())
        return self

    def _display_(self) -> Any:
        """Return what marimo shows, by its protocol for objects."""
        return views().widget(self)

    def __repr__(self) -> str:
        return f"<TaskHistory: {len(self)} tasks, the newest first>"


def _where_it_is(session: Session, row: Row) -> Row:
    """Update a row whose clip moved with its project, once, and record that."""
    row = session.confined(row)
    if not row.state.clips or not find_moved(row.state, session.output_folder()):
        return row
    return Row(session.adopt(row).state, row.owner, row.updated_at)


def _knobs(request: ActTwoRequest | None) -> dict[str, Any]:
    from cometact_nb.domain.knobs import KNOBS  # noqa: PLC0415  (states are read without it)

    return {knob.name: getattr(request, knob.name) if request else None for knob in KNOBS}
