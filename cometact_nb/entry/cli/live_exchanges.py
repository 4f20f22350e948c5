"""A client that also records all exchanges with the service, for ``cometact-nb verify-live``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cometact_nb.api.client import Client
from cometact_nb.api.flow import Answer

if TYPE_CHECKING:
    from cometact_nb.api.flow import Outcome
    from cometact_nb.domain.service import Endpoint

__all__ = ["Exchange", "Recorder"]

Kind = Literal["create", "poll", "cancel"]


@dataclass(frozen=True)
class Exchange:
    """One request and its outcome.

    Args:
        kind: of the request.
        began_at: Unix seconds, this machine's clock.
        took_s: seconds until the end of the answer.
        outcome: the answer, or the reason why there was none.
        body: of a create.
        task_id: of the request; empty for a create.
    """

    kind: Kind
    began_at: float
    took_s: float
    outcome: Outcome
    body: dict[str, Any] | None = None
    task_id: str = ""

    @property
    def answer(self) -> Answer | None:
        """The answer, or the beginning of one that broke off."""
        if isinstance(self.outcome, Answer):
            return self.outcome
        return getattr(self.outcome, "part", None)


class Recorder(Client):
    """The usual client, which records each exchange with the service in ``exchanges``, by time of its end."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []

    async def create(self, endpoint: Endpoint, body: dict[str, Any]) -> Outcome:
        """See :meth:`Client.create`."""
        began_at, began = time.time(), time.monotonic()
        outcome = await super().create(endpoint, body)
        self.exchanges.append(Exchange("create", began_at, time.monotonic() - began, outcome, body))
        return outcome

    async def retrieve(self, endpoint: Endpoint, task_id: str, *, before_cancel: bool = False) -> Outcome:
        """See :meth:`Client.retrieve`."""
        began_at, began = time.time(), time.monotonic()
        outcome = await super().retrieve(endpoint, task_id, before_cancel=before_cancel)
        took_s = time.monotonic() - began
        self.exchanges.append(Exchange("poll", began_at, took_s, outcome, task_id=task_id))
        return outcome

    async def cancel(self, endpoint: Endpoint, task_id: str) -> Outcome:
        """See :meth:`Client.cancel`."""
        began_at, began = time.time(), time.monotonic()
        outcome = await super().cancel(endpoint, task_id)
        took_s = time.monotonic() - began
        self.exchanges.append(Exchange("cancel", began_at, took_s, outcome, task_id=task_id))
        return outcome
