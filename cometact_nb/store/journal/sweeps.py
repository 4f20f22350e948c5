"""The sweeps in the history: their specifications and terms, and the tasks of their cells."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.sweep.grid import Spec
from cometact_nb.domain.sweep.rules import Owned
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.domain.task import TaskState
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal.claims import SPENT
from cometact_nb.store.journal.history import Row
from cometact_nb.store.journal.processes import is_dead
from cometact_nb.store.journal.records import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cometact_nb.store.journal.history import History

__all__ = [
    "OwnedRow",
    "SweepRow",
    "Terms",
    "batched",
    "cost_usd",
    "find",
    "latest",
    "owned",
    "run_by_another",
    "running",
    "save",
    "state_of",
    "status_counts",
    "stop",
    "sweeps_of",
    "unagreed_elsewhere",
]

#: One query to SQLite takes up to this many values.
_CHUNK = 500


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a sweep that its user agreed to.

    Args:
        state: a :class:`SweepState`, or what another version wrote; ``"running"`` goes on by itself.
        approved_usd: US dollars that the sweep may cost in all, by the user's approval or the limit.
        agreed_usd: the part of it that the user approved; the rest needed no approval.
        problem: the reason of a pause; None when its user paused it.
        canary: whether one cell of each pair of inputs goes first; None leaves it to the number of cells.
        sandbox: whether it was run in the sandbox; None in records of earlier versions.
        approved_cells: the approval is for so many cells, the first ones; None for all. Cells that another
            kernel has added come after them.
    """

    state: str = SweepState.RUNNING
    approved_usd: float = 0.0
    agreed_usd: float = 0.0
    problem: str | None = None
    canary: bool | None = None
    sandbox: bool | None = None
    approved_cells: int | None = None


class SweepRow(msgspec.Struct, frozen=True):
    """One sweep in the history.

    Args:
        name: under which :func:`cometact_nb.sweep_by_name` finds it.
        base_url: the service it belongs to.
        created_at: Unix seconds, this machine's clock.
        updated_at: Unix seconds: when it was last run, paused or cancelled.
        spec: the specification.
        terms: of the user; without any approval, where the approval does not hold here.
        doubt: the reason why the approval does not hold here, as a sentence's beginning; empty when it does.
    """

    name: str
    base_url: str
    created_at: float
    updated_at: float
    spec: Spec
    terms: Terms
    doubt: str = ""

    @property
    def sandbox(self) -> bool:
        """Whether it runs in the sandbox; in records of earlier versions, whether its price was 0."""
        if self.terms.sandbox is None:
            return self.base_url.startswith("http:") and self.terms.approved_usd == 0
        return self.terms.sandbox


class OwnedRow(msgspec.Struct, frozen=True):
    """A task with a cell's content, and the sweep it was bought for, if any."""

    owned: Owned
    row: Row
    sweep: str | None


def save(history: History, name: str, base_url: str, spec: Spec, terms: Terms) -> None:
    """Write a sweep, in place of one with the same name at the same service, whose tasks stay.

    Rows that another kernel has added to the same sweep stay in its specification. Terms that say
    ``"running"`` are its user's approval, and are bound to that user; see
    :class:`~cometact_nb.store.journal.provenance.Provenance`.

    Raises:
        HistoryError: nothing was written.
    """
    now = time.time()
    sql = (
        "INSERT INTO sweeps (name, base_url, created_at, updated_at, spec, terms, approval)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at, spec = excluded.spec,"
        " terms = excluded.terms, approval = excluded.approval"
    )
    with history.together():
        before = history.query("SELECT spec FROM sweeps WHERE name = ? AND base_url = ?", (name, base_url))
        if before:
            with suppress(HistoryError):  # of another version: replaced, as any other sweep of this name
                spec = spec.joined(_decoded(before[0][0], Spec, history))
        row = (name, base_url, _text(spec), _text(terms))
        approval = history.provenance.bind(*row, anew=terms.state == SweepState.RUNNING)
        history.write(sql, (name, base_url, now, now, row[2], row[3], approval))


def stop(history: History, name: str, base_url: str, state: str) -> None:
    """Record that the user pauses or cancels a sweep that a kernel runs; its other terms stay.

    Args:
        history: where it is kept.
        name: the sweep's.
        base_url: its service.
        state: ``"paused"`` or ``"cancelled"``.

    Raises:
        HistoryError: nothing was written.
    """
    row = find(history, name, base_url)
    if row is not None and row.base_url == base_url:
        terms = msgspec.structs.replace(row.terms, state=state, problem=None)
        save(history, name, base_url, row.spec, terms)


def find(history: History, name: str, base_url: str) -> SweepRow | None:
    """Find the sweep of this name at this service, else the newest of this name at another.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    rows = _sweeps(
        history, "WHERE name = ? ORDER BY base_url = ? DESC, updated_at DESC LIMIT 1", name, base_url
    )
    return rows[0] if rows else None


def latest(history: History, limit: int) -> list[SweepRow]:
    """List the sweeps that ran last, the newest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    return _sweeps(history, "ORDER BY updated_at DESC LIMIT ?", limit)


def running(history: History) -> list[SweepRow]:
    """List the sweeps that go on by themselves, the oldest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    clause = "WHERE json_extract(terms, '$.state') = ? ORDER BY created_at"
    return _sweeps(history, clause, SweepState.RUNNING)


def run_by_another(history: History, name: str, base_url: str, now: float) -> bool:
    """Whether another, living process sends or polls a task of this sweep, and thus runs the sweep.

    Args:
        history: where it is kept.
        name: the sweep's.
        base_url: its service.
        now: Unix seconds.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT CASE WHEN watched_until > ? THEN watcher END, CASE status WHEN 'SUBMITTING' THEN owner END"
        " FROM tasks WHERE sweep = ? AND base_url = ?"
    )
    processes = {process for pair in history.query(sql, (now, name, base_url)) for process in pair if process}
    return any(not is_dead(process) for process in processes - {history.owner})


def owned(history: History, base_url: str, identities: Iterable[str]) -> list[OwnedRow]:
    """List all tasks of one service whose requests ask for one of these videos.

    Args:
        history: where they are kept.
        base_url: the service.
        identities: of requests; see :attr:`cometact_nb.ActTwoRequest.identity`.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    return list(_owned(history, base_url, list(identities)))


def _owned(history: History, base_url: str, identities: list[str]) -> Iterator[OwnedRow]:
    for chunk in batched(identities):
        sql = (
            "SELECT t.identity, t.content_hash, c.replicate, t.sweep, t.state, t.owner, t.updated_at"  # noqa: S608
            " FROM tasks t LEFT JOIN cells c ON c.key = t.key"
            f" WHERE t.identity IN ({', '.join('?' * len(chunk))}) AND t.base_url = ?"
            # A task that a retry replaced belongs to no cell any more, but was not submitted alone either. It
            # counts once it has brought a video all the same, or may bring one.
            " AND (c.key IS NOT NULL OR t.sweep IS NULL OR t.status NOT IN"
            " ('REFUSED', 'FORGOTTEN', 'FAILED', 'CANCELLED', 'UNCONFIRMED', 'NOT_FOUND'))"
        )
        for identity, as_sent, replicate, sweep, text, owner, updated_at in history.query(
            sql, (*chunk, base_url)
        ):
            state = _decoded(text, TaskState, history)
            yield OwnedRow(Owned(identity, replicate, state, as_sent), Row(state, owner, updated_at), sweep)


def in_doubt(history: History, base_url: str, identity: str) -> list[str]:
    """List the keys of a service's tasks for one video that are being sent, or may be paid for, unsettled.

    It leaves out tasks that a retry has replaced: their user has decided.

    Args:
        history: where they are kept.
        base_url: the service.
        identity: of the request.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT key FROM tasks WHERE identity = ? AND base_url = ?"
        " AND status IN ('UNCONFIRMED', 'NOT_FOUND', 'SUBMITTING')"
        " AND (sweep IS NULL OR EXISTS (SELECT 1 FROM cells WHERE cells.key = tasks.key)) ORDER BY rowid"
    )
    return [key for (key,) in history.query(sql, (identity, base_url))]


def state_of(history: History, name: str, base_url: str) -> tuple[str, str | None] | None:
    """Return state and problem of a sweep, as any kernel recorded them last; None for one that never ran.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT json_extract(terms, '$.state'), json_extract(terms, '$.problem') FROM sweeps"
        " WHERE name = ? AND base_url = ?"
    )
    rows = history.query(sql, (name, base_url))
    return rows[0] if rows else None


def unagreed_elsewhere(history: History, name: str, base_url: str, identities: Iterable[str]) -> float:
    """Add up the US dollars that other sweeps have cost for these videos without anybody's approval.

    So a limit holds whatever a sweep is called, and however it is widened.

    Args:
        history: where they are kept.
        name: of the sweep to leave out.
        base_url: the service.
        identities: of its requests.

    Raises:
        HistoryError: the file could not be read.
    """
    here: dict[str, float] = {}
    for chunk in batched(list(identities)):
        sql = (
            "SELECT sweep, TOTAL(json_extract(state, '$.price_usd')) FROM tasks"  # noqa: S608
            f" WHERE identity IN ({', '.join('?' * len(chunk))}) AND base_url = ?"
            " AND sweep IS NOT NULL AND sweep <> ? AND status NOT IN ('REFUSED', 'FORGOTTEN') GROUP BY sweep"
        )
        for other, usd in history.query(sql, (*chunk, base_url, name)):
            here[other] = here.get(other, 0.0) + usd
    return sum(min(usd, _unagreed(history, other, base_url)) for other, usd in here.items() if usd)


def _unagreed(history: History, name: str, base_url: str) -> float:
    row = find(history, name, base_url)
    agreed = row.terms.agreed_usd if row is not None and row.base_url == base_url else 0.0
    return max(0.0, cost_usd(history, name, base_url) - agreed)


def cost_usd(history: History, name: str, base_url: str) -> float:
    """Add up the US dollars that the tasks of a sweep cost or may have cost, by the prices at purchase.

    Raises:
        HistoryError: the file could not be read.
    """
    return float(history.query(SPENT, (name, base_url))[0][0])


def model_missing_at(history: History, base_url: str, since: float) -> float:
    """Return when the service last said that it has no channel for the model; 0 if it accepted one since.

    Args:
        history: with the requests of all kernels.
        base_url: the service.
        since: Unix seconds.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT coalesce(max(CASE WHEN json_extract(state, '$.failure_code') = 'model_not_found'"
        " THEN begun_at END), 0), coalesce(max(CASE WHEN status NOT IN"
        " ('SUBMITTING', 'REFUSED', 'UNCONFIRMED', 'FORGOTTEN') THEN begun_at END), 0)"
        " FROM tasks WHERE begun_at >= ? AND base_url = ?"
    )
    ((missing, accepted),) = history.query(sql, (since, base_url))
    return float(missing) if missing > accepted else 0.0


def status_counts(history: History, name: str, base_url: str) -> dict[str, int]:
    """Count the requests that a sweep has sent, by the status of their tasks, the most frequent first.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT status, count(*) FROM tasks WHERE sweep = ? AND base_url = ?"
        " GROUP BY status ORDER BY count(*) DESC, status"
    )
    return dict(history.query(sql, (name, base_url)))


def sweeps_of(history: History, keys: Iterable[str]) -> dict[str, str]:
    """Map tasks, by key, to the sweeps they were bought for; tasks without a sweep are left out.

    Raises:
        HistoryError: the file could not be read.
    """
    by_key: dict[str, str] = {}
    for chunk in batched(list(keys)):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT key, sweep FROM tasks WHERE key IN ({marks}) AND sweep IS NOT NULL"  # noqa: S608
        by_key.update(history.query(sql, tuple(chunk)))
    return by_key


def batched(values: list[str]) -> Iterator[list[str]]:
    """Split values into as many as one query takes."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _sweeps(history: History, clause: str, *values: Any) -> list[SweepRow]:
    sql = f"SELECT name, base_url, created_at, updated_at, spec, terms, approval FROM sweeps {clause}"  # noqa: S608
    rows = []
    for name, base_url, created, updated, spec, text, approval in history.query(sql, values):
        terms = _decoded(text, Terms, history)
        doubt = history.provenance.doubt_of(approval, name, base_url, spec, text)
        if doubt:
            terms = msgspec.structs.replace(terms, approved_usd=0.0, agreed_usd=0.0)
        rows.append(SweepRow(name, base_url, created, updated, _decoded(spec, Spec, history), terms, doubt))
    return rows


def _decoded(text: str, kind: Any, history: History) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise HistoryError(
            f"The history {history.path!r} holds a sweep that this version cannot read: {error}. "
            "Give another file with act.configure(history=…)."
        ) from None


def _text(value: Any) -> str:
    try:
        return encode(value, type(value))
    except Exception as error:  # noqa: BLE001  (nothing was written, whatever it is)
        raise HistoryError(f"{type(value).__name__} cannot be written to the history: {error}.") from None
