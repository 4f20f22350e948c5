"""Changes a task's state by events.

``reduce(state, event)`` is the only place where a task's state changes; history, engine and views all
replay the same events through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from cometact_nb.domain import events
from cometact_nb.domain.task import FINAL, Snapshot, Status, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["reduce"]

#: The words that the service itself documents. Only these revoke an announced end.
_ITS_OWN = FINAL | {Status.PENDING, Status.THROTTLED, Status.RUNNING}


def reduce(state: TaskState, event: events.TaskEvent) -> TaskState:
    """Return ``state`` after ``event``. Pure; an unknown event changes nothing."""
    change = _CHANGES.get(type(event))
    return state if change is None else change(state, event)


def _intended(state: TaskState, event: events.Intended) -> TaskState:
    return replace(
        state,
        request=event.request,
        allow_unlisted=event.allow_unlisted,
        input_names=event.input_names,
        base_url=event.base_url,
        output_dir=event.output_dir,
        price_usd=event.price_usd,
        price_source=event.price_source,
        sandbox=event.sandbox,
        submitted_at=event.at if event.request is not None else None,
    )


def _postponed(state: TaskState, event: events.Postponed) -> TaskState:
    return replace(state, waiting_for=event.reason)


def _accepted(state: TaskState, event: events.Accepted) -> TaskState:
    return replace(
        state,
        id=event.id,
        status=Status.PENDING,
        waiting_for=None,
        problem=None,
        ended_at=None,
        watching=True,
    )


def _refused(state: TaskState, event: events.Refused) -> TaskState:
    return replace(
        state,
        status=Status.REFUSED,
        failure=event.message,
        failure_code=event.code,
        http_status=event.status,
        request_id=event.request_id,
        param=event.param,
        sent=event.sent,
        waiting_for=None,
        ended_at=event.at,
    )


def _unconfirmed(state: TaskState, event: events.Unconfirmed) -> TaskState:
    return replace(
        state,
        status=Status.UNCONFIRMED,
        problem=event.reason,
        raw_answer=event.answer,
        waiting_for=None,
        ended_at=event.at,
    )


def _forgotten(state: TaskState, event: events.Forgotten) -> TaskState:
    return replace(state, status=Status.FORGOTTEN, ended_at=event.at, billed=event.billed)


def _poll_failed(state: TaskState, event: events.PollFailed) -> TaskState:
    return replace(state, problem=event.reason)


def _watch_ended(state: TaskState, event: events.WatchEnded) -> TaskState:
    return replace(state, problem=event.reason, watching=False)


def _watch_began(state: TaskState, _: events.WatchBegan) -> TaskState:
    return replace(state, problem=None, watching=True, clip_error=None)


def _cancel_answered(state: TaskState, event: events.CancelAnswered) -> TaskState:
    return replace(state, cancel_message=None if event.accepted else event.message)


def _clip_saved(state: TaskState, event: events.ClipSaved) -> TaskState:
    return replace(state, clips=(*state.clips, event.clip), clip_error=None, problem=None)


def _clip_failed(state: TaskState, event: events.ClipFailed) -> TaskState:
    return replace(state, clip_error=event.reason)


def _clips_moved(state: TaskState, event: events.ClipsMoved) -> TaskState:
    return replace(state, clips=event.clips)


def _clips_lost(state: TaskState, _: events.ClipsLost) -> TaskState:
    return replace(state, clips=())


def _observed(state: TaskState, event: events.Observed) -> TaskState:
    """Return the state after an answer to a poll. Progress never runs backwards."""
    snapshot = event.snapshot
    if state.status in FINAL and not _revokes(state, snapshot):
        if snapshot.status is not state.status:
            return state
        return replace(
            state,
            output_urls=snapshot.output_urls or state.output_urls,
            credits=_first(snapshot.credits, state.credits),
            observed_at=event.at,
        )
    so_far = [progress for progress in (snapshot.progress, state.progress) if progress is not None]
    return replace(
        state,
        id=state.id or snapshot.id or None,
        status=snapshot.status,
        raw_status=snapshot.raw_status,
        progress=1.0 if snapshot.status is Status.SUCCEEDED else max(so_far, default=None),
        failure=snapshot.failure,
        failure_code=snapshot.failure_code,
        output_urls=snapshot.output_urls or state.output_urls,
        created_at=snapshot.created_at or state.created_at,
        credits=_first(snapshot.credits, state.credits),
        estimated_credits=_first(snapshot.estimated_credits, state.estimated_credits),
        observed_at=event.at,
        ended_at=event.at if snapshot.status.is_terminal else None,
        waiting_for=None,
        problem="; ".join(snapshot.notes) or None,
    )


def _revokes(state: TaskState, snapshot: Snapshot) -> bool:
    """Whether a later answer revokes an announced end, when somebody asks again.

    It never revokes a success with an output, whose clip can be fetched. Unknown words revoke nothing.
    """
    if snapshot.status is state.status or snapshot.status not in _ITS_OWN:
        return False
    if state.status is Status.SUCCEEDED:
        has_output = bool(state.output_urls or state.clips)
        return not has_output and snapshot.status in FINAL
    return True


def _first(new: float | None, old: float | None) -> float | None:
    return old if new is None else new


#: The function for each event. Every event of ``AnyEvent`` has its row.
_CHANGES: dict[type[events.TaskEvent], Callable[[TaskState, Any], TaskState]] = {
    events.Intended: _intended,
    events.Postponed: _postponed,
    events.Accepted: _accepted,
    events.Refused: _refused,
    events.Unconfirmed: _unconfirmed,
    events.Forgotten: _forgotten,
    events.Observed: _observed,
    events.PollFailed: _poll_failed,
    events.WatchEnded: _watch_ended,
    events.WatchBegan: _watch_began,
    events.CancelAsked: lambda state, _: state,
    events.CancelAnswered: _cancel_answered,
    events.ClipSaved: _clip_saved,
    events.ClipFailed: _clip_failed,
    events.ClipsMoved: _clips_moved,
    events.ClipsLost: _clips_lost,
}
