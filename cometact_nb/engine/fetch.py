"""Downloads clips from signed URLs: resumes after a break, and gets new URLs after an expiry."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cometact_nb.api.client import Download
from cometact_nb.api.flow import NotSent, backoff_s
from cometact_nb.domain.service import is_loopback
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.places import place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from cometact_nb.api.client import Client
    from cometact_nb.domain.task import ClipInfo, TaskState
    from cometact_nb.store.clips.media import PartialClip

__all__ = ["Fetcher"]

#: A link lives at least this long (24–48 h, Runway), and a busy store is asked for as long, in seconds.
LINK_LIFE_S = 86_400.0
#: A store may answer a fresh link with anything but (more of) a video for this many seconds.
REFUSED_S = 1800.0
#: This many attempts come soon after each other, the others after this many seconds, or twice as many.
_OFTEN, _RARELY_S = 10, 300.0
#: A longer attempt ends, and the next one goes on from there. At 20 KB a second a clip of 60 MB still
#: arrives, but a host that trickles does not keep a task open for ever.
_ATTEMPT_S = 600.0
#: Answers of a busy storage service. Any other means that a link is no longer good, or never was.
_BUSY, _BUSY_FROM = {408, 425, 429}, 500
_OK, _PARTIAL, _NO_SUCH_RANGE = 200, 206, 416


class FetchClock(Protocol):
    """The part of a clock that a fetch needs."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class _Refused(Exception):
    """The store answered with something else than the video."""


class _BrokenOff(Exception):
    """The store sent only a part of the video."""


@dataclass
class Fetcher:
    """Fetches clips of one session.

    Args:
        client: the shared HTTP client.
        clock: for the pauses between attempts.
        random: uniform in [0, 1), for their jitter.
        time_scale: shortens the pauses, and the life of links, for a sandbox whose clock runs fast.
        tell: called with a sentence after a failed attempt that is followed by another.
        attempt_s: the most seconds of one attempt, on this machine's own clock.
    """

    client: Client
    clock: FetchClock
    random: Callable[[], float]
    time_scale: float = 1.0
    attempt_s: float = _ATTEMPT_S
    tell: Callable[[str], None] = lambda _: None

    async def clip(
        self,
        state: TaskState,
        index: int,
        folder: Path | str,
        fresh: Callable[[], Awaitable[tuple[str, ...]]],
    ) -> ClipInfo:
        """Download the ``index``-th clip of a succeeded task to its folder, under its final name.

        Args:
            state: the task, with the URLs of its last poll.
            index: which of its outputs.
            folder: for the clip, or the URL of a folder.
            fresh: polls the task again and returns its URLs, when the present ones have expired.

        Raises:
            ClipError: it cannot be downloaded or written; the message says which.
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
        deadline, refused_until = self._in(LINK_LIFE_S), None
        attempt, had = 0, 0
        while True:
            attempt += 1
            if index >= len(urls) or "?" not in urls[index]:
                # Signatures are never written: after a restart, only the address without one is left.
                urls = await fresh() or urls
            url = urls[index] if index < len(urls) else ""
            try:
                async with asyncio.timeout(self.attempt_s):
                    return await self._read(partial, url, sandbox=sandbox)
            except _Refused as error:
                reason, is_first = str(error), refused_until is None
                refused_until = refused_until or self._in(REFUSED_S)
                urls = await fresh() or urls
            except _BrokenOff as error:  # the file itself may be cut off
                reason, is_first = str(error), False
                refused_until = None if partial.size > had else refused_until or self._in(REFUSED_S)
            except (ConnectionError, TimeoutError) as error:
                reason, is_first, refused_until = str(error) or "it took too long", False, None
            if self.clock.monotonic() > min(deadline, refused_until or deadline):
                raise ClipError(f"the clip could not be fetched: {reason}")
            if not is_first:  # with a fresh link, the next attempt comes at once
                attempt, had = 1 if partial.size > had else attempt, max(had, partial.size)
                await self._pause(attempt, reason)

    def _in(self, seconds: float) -> float:
        return self.clock.monotonic() + seconds * self.time_scale

    async def _pause(self, attempt: int, reason: str) -> None:
        """Wait before the next attempt: for seconds at first, later for minutes."""
        often = attempt <= _OFTEN
        delay_s = backoff_s(attempt, self.random) if often else _RARELY_S * (1 + self.random())
        self.tell(f"The clip cannot be fetched yet ({reason}); trying again in {delay_s:.0f} s.")
        await self.clock.sleep(delay_s * self.time_scale)

    async def _read(self, partial: PartialClip, url: str, *, sandbox: bool) -> None:
        """Download on from where ``partial`` ends.

        Raises:
            ConnectionError: the store is busy, or was not reached.
            _BrokenOff: the body broke off, or was shorter than announced.
            _Refused: the store sent something else.
            ClipError: the disk refuses the clip.
        """
        async with self.client.download(url, start=partial.size, sandbox=sandbox) as answer:
            if not isinstance(answer, Download):
                alike = isinstance(answer, NotSent) and answer.cure  # a second try would fail alike
                raise (_Refused if alike else ConnectionError)(answer.reason)
            _check(partial, answer)
            _continue(partial, answer)
            try:
                async for chunk in answer.chunks:
                    partial.write(chunk)
            except ConnectionError as error:
                raise _BrokenOff(str(error)) from None
            if answer.total is not None and partial.size != answer.total:
                raise _BrokenOff(f"{partial.size} of {answer.total} bytes came")


def _check(partial: PartialClip, answer: Download) -> None:
    """Raise unless ``answer`` is (a part of) a video."""
    if answer.status == _NO_SUCH_RANGE:
        partial.restart()
        raise ConnectionError("the server does not have that part")
    if answer.status not in {_OK, _PARTIAL}:
        kind = ConnectionError if answer.status >= _BUSY_FROM or answer.status in _BUSY else _Refused
        raise kind(f"its link answered HTTP {answer.status}")
    if answer.content_type in {"text/html", "application/json"}:
        raise _Refused(f"its link leads to {answer.content_type}, not to a video")
    if answer.encoding:
        raise _Refused(f"its host sends it compressed ({answer.encoding[:20]}), as no video should be")


def _continue(partial: PartialClip, answer: Download) -> None:
    """Make sure that the answer goes on where ``partial`` ends, in the same file.

    Raises:
        ConnectionError: it does not, and the next attempt begins anew.
    """
    changed = partial.size and partial.version and answer.version and answer.version != partial.version
    if changed or answer.start != partial.size:
        partial.restart()
        if answer.start:
            raise ConnectionError("the server sent another part than was asked for")
    partial.version = answer.version or partial.version
