"""The record of one run of ``cometact-nb verify-live``."""

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
    """The record of one run of the command.

    Args:
        session: that sends the requests.
        recorder: the client, with all exchanges.
        request: the first request.
        max_cost_usd: US dollars that the whole run may cost.
        price_list: the matching records of the public price list, or the reason why there are none.
        tasks: in the order of their requests.
        declined: the user did not agree to a paid request.
        problems: errors on this machine, in words.
        again: the result of a later look at the link, in words.
        reference_s: the length of the reference clip, in seconds; None for an unknown one.
    """

    session: Session
    recorder: Recorder
    request: ActTwoRequest
    max_cost_usd: float
    price_list: list[dict[str, Any]] | str = ""
    tasks: list[Task] = field(default_factory=list)
    declined: bool = False
    problems: list[str] = field(default_factory=list)
    again: str = ""
    reference_s: float | None = None

    @property
    def price_usd(self) -> float:
        """The expected price of one request, in US dollars."""
        return self.session.config.price.usd_per_request

    @property
    def sandbox(self) -> bool:
        """Whether nothing is billed."""
        return self.session.config.sandbox
