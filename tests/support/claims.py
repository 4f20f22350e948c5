"""Tasks and cells in a history, as an engine writes them."""

from __future__ import annotations

from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import Snapshot, Status, TaskState
from cometact_nb.store.journal.claims import CellClaim, CellTaken
from cometact_nb.store.journal.history import History

SERVICE = "https://a.b"


BODY = {"model": "act_two", "seed": 1}
#: What may become of a task, as an event.
ENDS: dict[Status, events.TaskEvent] = {
    Status.REFUSED: events.Refused(at=3, message="no"),
    Status.UNCONFIRMED: events.Unconfirmed(at=3, reason="lost"),
    Status.FORGOTTEN: events.Forgotten(at=3),
    **{
        status: events.Observed(at=3, snapshot=Snapshot(status=status, raw_status=status.value))
        for status in (
            Status.PENDING, Status.THROTTLED, Status.RUNNING, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED,
            Status.UNKNOWN, Status.NOT_FOUND,
        )
    },
}  # fmt: skip


def cell(replicate: int = 1, *, sweep: str = "s", **fields: object) -> CellClaim:
    return CellClaim(sweep, replicate, **fields)  # type: ignore[arg-type]


def buy(
    history: History,
    key: str,
    claim: CellClaim | None = None,
    *,
    price: float = 0.4,
    at: str = SERVICE,
    seed: int = 1,
) -> None:
    intent = events.Intended(at=1, request=BODY | {"seed": seed}, base_url=at, price_usd=price)
    history.append(key, intent, reduce(TaskState(key=key), intent), content_hash=f"hash-{seed}", cell=claim)


def end(history: History, key: str, status: Status) -> None:
    row = history.find(key)
    assert row is not None
    history.append(key, ENDS[status], reduce(row.state, ENDS[status]))


def taken(history: History, key: str, claim: CellClaim, **fields: object) -> str | None:
    """The task that has the cell already, if one has; then nothing may have been written."""
    try:
        buy(history, key, claim, **fields)  # type: ignore[arg-type]
    except CellTaken as error:
        assert history.find(key) is None
        assert history.events(key) == []
        return error.key
    assert history.find(key) is not None
    return None
