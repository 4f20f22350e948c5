"""What one run of ``cometact-nb verify-live`` brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.entry.cli.live_exchanges import Recorder
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.task import Task

__all__ = ["Run"]


@dataclass
class Run:
    """What one run of the command brought.

    Args:
        session: that sent the requests.
        recorder: what went over the wire.
        request: the first request.
        max_cost_usd: US dollars that all of it may cost.
        listed: the records of the public price list that fit, or why there are none.
        tasks: those that were sent, in order.
        declined: a paid request was not agreed to.
        problems: what went wrong here, in words.
        again: what a later look at the link brought, in words.
    """

    session: Session
    recorder: Recorder
    request: ActTwoRequest
    max_cost_usd: float
    listed: list[dict[str, Any]] | str = ""
    tasks: list[Task] = field(default_factory=list)
    declined: bool = False
    problems: list[str] = field(default_factory=list)
    again: str = ""

    @property
    def price_usd(self) -> float:
        """US dollars that one request is expected to cost."""
        return self.session.config.price.usd_per_request

    @property
    def sandbox(self) -> bool:
        """Whether nothing is billed."""
        return self.session.config.sandbox
