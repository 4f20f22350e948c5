"""From signed URLs to clips on disk: resumed after a break, with fresh URLs after an expiry."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cometact_nb.api.client import Download
from cometact_nb.api.flow import backoff_s
from cometact_nb.domain.service import is_loopback
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.places import place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from cometact_nb.api.client import Client
    from cometact_nb.domain.task import ClipInfo, TaskState
    from cometact_nb.store.media import PartialClip

__all__ = ["Fetcher"]

_ATTEMPTS = 5
#: An attempt that takes longer is broken off; the next one goes on from there. At 20 KB a second a clip of
#: 60 MB still arrives, but a host that trickles does not keep a task open for ever.
_ATTEMPT_S = 600.0
#: Answers of a storage service to a link that is no longer good.
_EXPIRED = {400, 401, 403, 404, 410}
_FRESH_LINKS = 2
_OK, _PARTIAL, _NO_SUCH_RANGE = 200, 206, 416


class Clock(Protocol):
    """What a fetch needs of time."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass
class Fetcher:
    """Fetches clips of one session.

    Args:
        client: the shared HTTP client.
        clock: for the pauses between attempts.
        random: uniform in [0, 1), for their jitter.
        time_scale: shortens them for a sandbox whose clock runs fast.
        attempt_s: seconds that one attempt may take, on this machine's own clock.
    """

    client: Client
    clock: Clock
    random: Callable[[], float]
    time_scale: float = 1.0
    attempt_s: float = _ATTEMPT_S

    async def clip(
        self,
        state: TaskState,
        index: int,
        folder: Path | str,
        fresh: Callable[[], Awaitable[tuple[str, ...]]],
    ) -> ClipInfo:
        """The ``index``-th clip of a succeeded task, in its folder under its final name.

        Args:
            state: the task, with the URLs of its last poll.
            index: which of its outputs.
            folder: where the clip goes; or the URL of a folder.
            fresh: polls the task again and gives its URLs, when the present ones have expired.

        Raises:
            ClipError: it cannot be had, or not be kept; the message says which.
        """
        try:
            goal = await asyncio.to_thread(place, folder)
        except ConfigError as error:
            raise ClipError(str(error)) from None
        adopted = await asyncio.to_thread(goal.adopt, state, index)
        if adopted is not None:
            return adopted
        partial = goal.begin(state, index)
        try:
            await self._fill(partial, state, index, fresh)
            return await asyncio.to_thread(goal.keep, partial)
        finally:
            partial.discard()

    async def _fill(
        self,
        partial: PartialClip,
        state: TaskState,
        index: int,
        fresh: Callable[[], Awaitable[tuple[str, ...]]],
    ) -> None:
        urls, sandbox = state.output_urls, is_loopback(state.base_url)
        renewed = 0
        reason = ""
        for attempt in range(1, _ATTEMPTS + 1):
            if index >= len(urls) or "?" not in urls[index]:
                # Signatures are not kept on disk: after a restart there is only the address without one.
                urls = await fresh() or urls
            try:
                async with asyncio.timeout(self.attempt_s):
                    url = urls[index] if index < len(urls) else ""
                    status = await self._read(partial, url, sandbox=sandbox)
            except (ConnectionError, TimeoutError) as error:
                reason = str(error) or "it took too long"
                await self._pause(attempt)
                continue
            if status in {_OK, _PARTIAL}:
                return
            reason = f"its link answered HTTP {status}"
            if status in _EXPIRED and renewed < _FRESH_LINKS:
                renewed += 1
                urls = await fresh()
            else:
                await self._pause(attempt)
        raise ClipError(f"the clip could not be fetched: {reason}")

    async def _pause(self, attempt: int) -> None:
        await self.clock.sleep(backoff_s(attempt, self.random) * self.time_scale)

    async def _read(self, partial: PartialClip, url: str, *, sandbox: bool) -> int:
        """Read on from where ``partial`` ends; the HTTP status of the answer.

        Raises:
            ConnectionError: it broke off, or was shorter than announced.
            ClipError: what comes is no video.
        """
        async with self.client.download(url, start=partial.size, sandbox=sandbox) as answer:
            if not isinstance(answer, Download):
                raise ConnectionError(answer.reason)
            if answer.status == _NO_SUCH_RANGE:
                partial.restart()
            if answer.status not in {_OK, _PARTIAL}:
                return answer.status
            if answer.content_type in {"text/html", "application/json"}:
                raise ClipError(f"its link leads to {answer.content_type}, not to a video")
            if answer.encoding:
                raise ClipError(
                    f"its host sends it compressed ({answer.encoding[:20]}), as no video should be"
                )
            _continue(partial, answer)
            async for chunk in answer.chunks:
                partial.write(chunk)
            if answer.total is not None and partial.size != answer.total:
                raise ConnectionError(f"{partial.size} of {answer.total} bytes came")
            return answer.status


def _continue(partial: PartialClip, answer: Download) -> None:
    """Make sure that what comes goes on where ``partial`` ends, in the same file.

    Raises:
        ConnectionError: it does not; the next attempt begins anew.
    """
    changed = partial.size and partial.version and answer.version and answer.version != partial.version
    if changed or answer.start != partial.size:
        partial.restart()
        if answer.start:
            raise ConnectionError("the server sent another part than was asked for")
    partial.version = answer.version or partial.version
