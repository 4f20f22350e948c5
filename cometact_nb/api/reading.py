"""An HTTP client that can only read: there is no way through it to a paid request, a cancel or an upload."""

from __future__ import annotations

from typing import Any

from cometact_nb.api.client import Client
from cometact_nb.api.flow import NotSent, Outcome

__all__ = ["ReadingClient"]

_READING = {"GET", "HEAD"}


class ReadingClient(Client):
    """A client whose every request passes a gate that lets GET and HEAD through."""

    async def _exchange(self, lane: Any, method: str, url: str, *more: Any, **options: Any) -> Outcome:
        if method not in _READING:
            return NotSent("this process only reads")
        return await super()._exchange(lane, method, url, *more, **options)
