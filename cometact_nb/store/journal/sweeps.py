"""What the history knows of sweeps: their specifications and terms, which tasks their cells have, ratings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.sweep.grid import Spec
from cometact_nb.domain.sweep.rules import NO_RATING, Owned, Rating
from cometact_nb.domain.task import TaskState
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal.history import SPENT, Row, is_dead
from cometact_nb.store.journal.records import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cometact_nb.store.journal.history import History

__all__ = [
    "OwnedRow",
    "SweepRow",
    "Terms",
    "find",
    "latest",
    "owned",
    "ratings",
    "run_by_another",
    "running",
    "save",
    "sent",
    "set_rating",
    "spent",
    "state_of",
    "stop",
    "sweeps_of",
    "unagreed_elsewhere",
]

#: Values in one question to SQLite.
_CHUNK = 500


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the user agreed to.

    Args:
        state: ``"running"`` when it is meant to go on by itself, else ``"paused"`` or ``"cancelled"``.
        approved_usd: what the sweep may cost in all, because the user said so or it was below the limit.
        agreed_usd: as much of it as the user has said a yes to; the rest went without one.
        problem: what paused it; None when its user did.
        canary: whether one cell of each pair of inputs goes first; None leaves it to the number of cells.
        sandbox: whether it was run in the sandbox; None in what earlier versions wrote.
    """

    state: str = "running"
    approved_usd: float = 0.0
    agreed_usd: float = 0.0
    problem: str | None = None
    canary: bool | None = None
    sandbox: bool | None = None


class SweepRow(msgspec.Struct, frozen=True):
    """One sweep as the history has it.

    Args:
        name: under which :func:`cometact_nb.sweep_by_name` finds it.
        base_url: the service it belongs to.
        created_at: Unix seconds, this machine's clock.
        updated_at: Unix seconds: when it was last run, paused or cancelled.
        spec: what was asked for.
        terms: what was agreed to; nothing is, where the approval does not hold here.
        doubt: why the approval does not hold here, as a sentence's beginning; empty when it does.
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
        """Whether it runs in the sandbox; in what earlier versions wrote, whether nothing was to be paid."""
        if self.terms.sandbox is None:
            return self.base_url.startswith("http:") and self.terms.approved_usd == 0
        return self.terms.sandbox


class OwnedRow(msgspec.Struct, frozen=True):
    """A task with a cell's content, and the sweep it was bought for, if it was for one."""

    owned: Owned
    row: Row
    sweep: str | None


def save(history: History, name: str, base_url: str, spec: Spec, terms: Terms) -> None:
    """Keep a sweep; one of the same name at the same service is replaced, its tasks stay.

    Terms that say ``"running"`` are its user's approval, and bound to them; see
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
    row = (name, base_url, _text(spec), _text(terms))
    with history.together():
        approval = history.provenance.bind(*row, anew=terms.state == "running")
        history.write(sql, (name, base_url, now, now, row[2], row[3], approval))


def stop(history: History, name: str, base_url: str, state: str) -> None:
    """Record that the user pauses or cancels a sweep that a kernel runs; what was agreed to stays.

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
    """The sweep of this name at this service, else the newest of this name at another.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    found = _sweeps(
        history, "WHERE name = ? ORDER BY base_url = ? DESC, updated_at DESC LIMIT 1", name, base_url
    )
    return found[0] if found else None


def latest(history: History, limit: int) -> list[SweepRow]:
    """The sweeps that were last run, the newest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    return _sweeps(history, "ORDER BY updated_at DESC LIMIT ?", limit)


def running(history: History) -> list[SweepRow]:
    """Each sweep that is meant to go on by itself, the oldest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    return _sweeps(history, "WHERE json_extract(terms, '$.state') = 'running' ORDER BY created_at")


def run_by_another(history: History, name: str, base_url: str, now: float) -> bool:
    """Whether another, living process sends or polls a task of this sweep, and so runs the sweep.

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
    found = {process for pair in history.query(sql, (now, name, base_url)) for process in pair if process}
    return any(not is_dead(process) for process in found - {history.owner})


def owned(history: History, base_url: str, identities: Iterable[str]) -> list[OwnedRow]:
    """All tasks of one service whose requests ask for one of these videos.

    Args:
        history: where they are kept.
        base_url: the service.
        identities: of requests; see :attr:`cometact_nb.ActTwoRequest.identity`.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    return list(_owned(history, base_url, list(identities)))


def _owned(history: History, base_url: str, identities: list[str]) -> Iterator[OwnedRow]:
    for chunk in _batched(identities):
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
    """Keys of a service's tasks for one video that may be paid for and are not settled, or are being sent.

    Those that a retry has replaced are left out: their user has decided.

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
    """State and problem of a sweep as any kernel recorded them last; None for one that was never run.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT json_extract(terms, '$.state'), json_extract(terms, '$.problem') FROM sweeps"
        " WHERE name = ? AND base_url = ?"
    )
    found = history.query(sql, (name, base_url))
    return found[0] if found else None


def unagreed_elsewhere(history: History, name: str, base_url: str, identities: Iterable[str]) -> float:
    """US dollars that other sweeps have cost for these videos, and that nobody has said a yes to.

    So that a limit holds however a sweep is called, and however it is widened.

    Args:
        history: where they are kept.
        name: the sweep's own, which is left out.
        base_url: the service.
        identities: of its requests.

    Raises:
        HistoryError: the file could not be read.
    """
    here: dict[str, float] = {}
    for chunk in _batched(list(identities)):
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
    return max(0.0, spent(history, name, base_url) - agreed)


def spent(history: History, name: str, base_url: str) -> float:
    """US dollars that the tasks of a sweep cost or may have cost, by the prices they were bought at.

    Raises:
        HistoryError: the file could not be read.
    """
    return float(history.query(SPENT, (name, base_url))[0][0])


def sent(history: History, name: str, base_url: str) -> dict[str, int]:
    """How many requests were sent for a sweep, by what has become of them, the most frequent first.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        "SELECT status, count(*) FROM tasks WHERE sweep = ? AND base_url = ?"
        " GROUP BY status ORDER BY count(*) DESC, status"
    )
    return dict(history.query(sql, (name, base_url)))


def sweeps_of(history: History, keys: Iterable[str]) -> dict[str, str]:
    """The sweeps that tasks were bought for; those bought alone are left out.

    Raises:
        HistoryError: the file could not be read.
    """
    found: dict[str, str] = {}
    for chunk in _batched(list(keys)):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT key, sweep FROM tasks WHERE key IN ({marks}) AND sweep IS NOT NULL"  # noqa: S608
        found.update(history.query(sql, tuple(chunk)))
    return found


def set_rating(history: History, key: str, rating: Rating) -> None:
    """Keep what the user thinks of a task's clip.

    Raises:
        HistoryError: nothing was written.
    """
    sql = (
        "INSERT INTO ratings (key, at, rating) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET at = excluded.at, rating = excluded.rating"
    )
    history.write(sql, (key, time.time(), _text(rating)))


def ratings(history: History, keys: Iterable[str]) -> dict[str, Rating]:
    """The ratings of these tasks; those without one are left out.

    Raises:
        HistoryError: the file could not be read.
    """
    found = {}
    for chunk in _batched(list(keys)):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT key, rating FROM ratings WHERE key IN ({marks})"  # noqa: S608
        for key, text in history.query(sql, tuple(chunk)):
            try:
                found[key] = msgspec.json.decode(text, type=Rating)
            except msgspec.MsgspecError:
                found[key] = NO_RATING  # of a newer version; a sweep is shown without it
    return found


def _batched(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _sweeps(history: History, clause: str, *values: Any) -> list[SweepRow]:
    sql = f"SELECT name, base_url, created_at, updated_at, spec, terms, approval FROM sweeps {clause}"  # noqa: S608
    found = []
    for name, base_url, created, updated, spec, text, approval in history.query(sql, values):
        terms = _decoded(text, Terms, history)
        doubt = history.provenance.doubt_of(approval, name, base_url, spec, text)
        if doubt:
            terms = msgspec.structs.replace(terms, approved_usd=0.0, agreed_usd=0.0)
        found.append(SweepRow(name, base_url, created, updated, _decoded(spec, Spec, history), terms, doubt))
    return found


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
        return encoded(value, type(value))
    except Exception as error:  # noqa: BLE001  (nothing was written, whatever it is)
        raise HistoryError(f"{type(value).__name__} cannot be written to the history: {error}.") from None
