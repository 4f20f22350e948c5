"""The facts about one task that all its views show, each computed once for a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.advice import advise
from cometact_nb.domain.task import Status
from cometact_nb.errors import RequestError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import AMBER, BLUE, GREEN, GREY, RED, VIOLET

if TYPE_CHECKING:
    from cometact_nb.domain.advice import Advice
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import TaskState

__all__ = ["CardFacts", "live_of", "request_of", "tone"]

_TONES = {
    Status.SUBMITTING: GREY,
    Status.PENDING: GREY,
    Status.THROTTLED: AMBER,
    Status.RUNNING: BLUE,
    Status.SUCCEEDED: GREEN,
    Status.FAILED: RED,
    Status.REFUSED: RED,
    Status.NOT_FOUND: RED,
    Status.UNCONFIRMED: AMBER,
    Status.UNKNOWN: VIOLET,
    Status.CANCELLED: GREY,
    Status.FORGOTTEN: GREY,
}


@dataclass(frozen=True)
class CardFacts:
    """A task at one moment.

    Args:
        state: the task.
        now: Unix seconds, this machine's clock.
        sandbox: the task runs on this machine and nothing is billed.
    """

    state: TaskState
    now: float
    sandbox: bool

    @cached_property
    def advice(self) -> Advice:
        """The advice: the event, the cure, and whether it was billed."""
        return advise(self.state)

    @cached_property
    def request(self) -> ActTwoRequest | None:
        """See :func:`request_of`."""
        return request_of(self.state)

    @cached_property
    def tone(self) -> str:
        """The colour of its status."""
        return tone(self.state)

    @cached_property
    def elapsed_s(self) -> float | None:
        """Seconds from submission to the end or to ``now``; None when nobody here can know."""
        return words.elapsed(self.state, self.now)

    @cached_property
    def elapsed(self) -> str:
        """The same in words; an empty string when nobody here can know."""
        return "" if self.elapsed_s is None else words.duration(self.elapsed_s)

    @cached_property
    def money(self) -> str:
        """Its cost, as far as anyone here can know."""
        return words.money(self.state, self.advice.billed, sandbox=self.sandbox)


def tone(state: TaskState) -> str:
    """Return the colour of a state."""
    if not state.watching and not state.status.is_terminal:
        return AMBER
    if state.status is Status.SUCCEEDED and state.clip_error and not state.clips:
        return AMBER
    return _TONES.get(state.status, GREY)


def request_of(state: TaskState) -> ActTwoRequest | None:
    """Return the request of a task, or None if it is unknown or this version cannot read it."""
    try:
        return state.to_request()
    except (RequestError, TypeError):
        return None


def live_of(facts: CardFacts) -> dict[str, Any]:
    """Describe what changes from poll to poll; the browser goes on counting ``elapsed`` seconds.

    No moment in time is sent: the kernel's clock and the browser's may differ.
    """
    state, advice, settled = facts.state, facts.advice, facts.state.is_settled
    waiting = " · ".join(filter(None, [words.message(advice.headline), words.reported(state)]))
    return {
        "id": words.clean(state.id or state.key, 200),
        "short": words.short_id(state),
        "label": words.label(state),
        "tone": facts.tone,
        "progress": None if state.progress is None else round(state.progress, 3),
        "waiting": "" if settled else waiting,
        "problem": "" if settled else words.message(advice.cure),
        "cancel": f"Not cancelled. {words.message(state.cancel_message)}" if state.cancel_message else "",
        "elapsed": facts.elapsed_s,
        "ticking": not settled and state.ended_at is None,
    }
