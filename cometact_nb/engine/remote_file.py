"""Looks at a file of a public host: HEAD, then by Range only the parts that matter, within fixed limits."""

from __future__ import annotations

import asyncio
import io
import ipaddress
import re
import zlib
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from cometact_nb.api.flow import Answer, Lost, NotSent
from cometact_nb.domain.inspection.facts import MediaFacts
from cometact_nb.domain.inspection.sniff import sniff
from cometact_nb.domain.media import Finding, MediaRef, check_uri
from cometact_nb.domain.service import is_loopback
from cometact_nb.domain.sizes import size
from cometact_nb.engine.contents import with_content

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import Any

    from cometact_nb.api.client import Client

__all__ = ["BLOCK", "Limits", "Observation", "RemoteFile"]

#: Bytes of one ranged request: the header of nearly every image, and of a clip whose index comes first.
BLOCK = 256 * 1024
_OK, _PARTIAL, _NO_SUCH_RANGE = 200, 206, 416
#: Answers of a host in trouble, which say nothing about the file.
_IN_TROUBLE = {408, 425, 429, 500, 502, 503, 504}
#: If HEAD and GET get the same of these answers, the address is at fault and not the method.
_NOBODYS = {401, 404, 410}
#: Clash and similar proxies give every name an address in this network, which says nothing about the name.
_FAKE_ADDRESSES = ipaddress.ip_network("198.18.0.0/15")


@dataclass(frozen=True)
class Limits:
    """The most that one look may cost in all: seconds, bytes to read, requests."""

    seconds: float = 10.0
    bytes: int = 4 * 1024**2
    requests: int = 12


@dataclass(frozen=True)
class Observation:
    """An observation of an input, before it is judged for a role.

    Args:
        facts: known facts.
        early: faults of the address or path; a file at a URL is then not looked at.
        unchecked: open questions, as sentences.
        unreachable: the reason why no answer came, when the network is the problem.
        hurried: the time did not suffice.
        path: of a file of this machine, as its user wrote it; an empty string for any other.
    """

    facts: MediaFacts
    early: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = ()
    unreachable: str | None = None
    hurried: bool = False
    path: str = ""


class RemoteFile:
    """A file at a URL, to be looked at once; made and awaited on the client's event loop.

    Args:
        client: the shared HTTP client. It sends no key here.
        url: of the file.
        limits: of the look.
        pool: its threads read and judge content; None for those of the loop.
    """

    def __init__(self, client: Client, url: str, limits: Limits, pool: Executor | None = None) -> None:
        self.requests = 0
        self.bytes = 0
        self.range_status: int | None = None  #: of the answer by which the host refused a part of the file
        self._pool = pool
        self._client = client
        self._url = url
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + limits.seconds

    async def look(self, *, sandbox: bool) -> Observation:
        """Observe everything that the limits allow.

        Args:
            sandbox: the service is on this machine, so that it can fetch from loopback.
        """
        early = tuple(check_uri("input", MediaRef("video", self._url), allow_unlisted=False))
        early = early or await self._private(sandbox=sandbox)
        if early:
            return Observation(MediaFacts(), early)
        self.requests += 1
        answer = await self._client.head(self._url, self._left())
        if isinstance(answer, NotSent) or (isinstance(answer, Lost) and "time" in answer.reason):
            return Observation(MediaFacts(), unreachable=answer.reason)
        if not isinstance(
            answer, Answer
        ):  # it breaks the connection; whether at any request, a GET will tell
            return await self._see_content(MediaFacts(supports_head=False), ())
        facts = _from_headers(self._url, answer)
        if answer.status in _IN_TROUBLE:
            unchecked = f"Whether the host answers HEAD: it said HTTP {answer.status}."
            return await self._see_content(MediaFacts(), (unchecked,))
        if answer.status >= 400:  # noqa: PLR2004  (whether HEAD alone is refused, a GET will tell)
            facts = MediaFacts(supports_head=False, head_status=answer.status)
        elif facts.redirected_to is not None:
            return Observation(facts)
        return await self._see_content(facts, ())

    async def read(self, start: int, length: int, *, ranged: bool = True) -> Answer | str:
        """Read a part of the file within the limits, or return the reason why there is none.

        Args:
            start: first byte to read.
            length: number of bytes to read.
            ranged: ask for the part; otherwise for the file, of which no more is read.
        """
        length = min(length, self._limits.bytes - self.bytes)
        if self.requests >= self._limits.requests or length <= 0:
            return f"{self.requests} requests and {size(self.bytes)} did not suffice"
        self.requests += 1
        answer = await self._client.read_range(self._url, start, length, self._left(), ranged=ranged)
        if not isinstance(answer, Answer):
            return answer.reason
        self.bytes += len(answer.content)
        return answer

    async def _private(self, *, sandbox: bool) -> tuple[Finding, ...]:
        """Report a host that only this machine or its network reaches; it is not asked at all."""
        host = urlsplit(self._url).hostname or ""
        if is_loopback(self._url):
            problem = "is an address on this machine, which the service cannot reach"
            cure = "Give an https:// URL; http is for the sandbox."
            return () if sandbox else (Finding("input", host, problem, cure),)
        if not any(map(_is_private, await self._client.addresses(host, self._left()))):
            return ()
        problem = "leads into a private network, where the service cannot fetch"
        return (Finding("input", host, problem, "Host the file where anyone can fetch it."),)

    async def _see_content(self, facts: MediaFacts, unchecked: tuple[str, ...]) -> Observation:
        """Read the beginning of the file, then what its format needs."""
        first = await self._first(facts)
        if not isinstance(first, Answer):
            if facts.supports_head is False or unchecked:
                return Observation(facts, unreachable=first)
            return self._observation(facts, (f"What the file holds: {first}.",))
        if first.status in _IN_TROUBLE or first.status >= 500:  # noqa: PLR2004
            return Observation(facts, unreachable=f"the host answers HTTP {first.status}")
        if first.status == _NO_SUCH_RANGE:  # an empty file has no first byte
            return self._observation(replace(facts, bytes=0), unchecked)
        got = _from_headers(self._url, first)
        if first.status not in {_OK, _PARTIAL}:
            return self._observation(replace(got, supports_head=facts.supports_head), unchecked)
        facts = self._merge(facts, got, first)
        encoding, content = facts.encoding, first.content
        if encoding:
            content = _unpacked(content, encoding)
            facts = replace(facts, container=sniff(content).container, other=sniff(content).other)
            return self._observation(
                facts, (*unchecked, f"What the file holds: it is sent packed ({encoding}).")
            )
        file = _RangedFile(self, first, facts.bytes, ranged=facts.range_status is None)
        work = asyncio.get_running_loop().run_in_executor(
            self._pool, with_content, facts, sniff(content), file, facts.bytes
        )
        facts, more = await work
        return self._observation(facts, (*unchecked, *more))

    async def _first(self, facts: MediaFacts) -> Answer | str:
        """Read the beginning of the file; ask a host that refuses a part once for the file itself."""
        first = await self.read(0, BLOCK)
        if not isinstance(first, Answer):
            return first
        if first.status == _PARTIAL:
            refused = _range_start(first) != 0
        else:
            is_missing = first.status in _NOBODYS and first.status == facts.head_status
            empty = first.status == _NO_SUCH_RANGE and first.headers.get("content-range", "").endswith("/0")
            busy = first.status in _IN_TROUBLE
            refused = first.status >= 400 and not (is_missing or empty or busy)  # noqa: PLR2004
        if not refused:
            return first
        again = await self.read(0, BLOCK, ranged=False)
        if isinstance(again, Answer) and again.status == _OK:
            self.range_status = first.status
            return again
        return first

    def _merge(self, facts: MediaFacts, got: MediaFacts, first: Answer) -> MediaFacts:
        """Merge the facts from HEAD and from the first GET."""
        count = got.bytes
        if count is None and first.status == _OK and len(first.content) < BLOCK:
            count = len(first.content)  # the whole file has come
        head_bytes = facts.bytes
        encoding = got.encoding or facts.encoding
        return replace(
            facts,
            content_type=facts.content_type if facts.supports_head else got.content_type,
            # The length of a packed body is not the file's.
            bytes=None if encoding else count if count is not None else head_bytes,
            head_bytes=None if encoding else head_bytes,
            supports_range=first.status == _PARTIAL and self.range_status is None,
            range_status=self.range_status,
            status=first.status,
            read=True,
            encoding=encoding,
        )

    def _observation(self, facts: MediaFacts, unchecked: tuple[str, ...]) -> Observation:
        late = self._deadline - asyncio.get_running_loop().time() <= 0
        return Observation(facts, unchecked=unchecked, hurried=late)

    def _left(self) -> float:
        return max(0.01, self._deadline - asyncio.get_running_loop().time())


class _RangedFile(io.RawIOBase):
    """A remote file for a library that reads and seeks, on a worker thread; it fetches each block once.

    It asks a host that sends no parts once for the beginning, as much of it as the limits allow.

    Attributes:
        problem: the reason why the file seems to end early. It is no exception, because PyAV prints those
            twice, with their tracebacks, into the notebook.
    """

    def __init__(self, look: RemoteFile, first: Answer, size: int | None, *, ranged: bool) -> None:
        self._look = look
        self._ranged = ranged
        self._loop = asyncio.get_running_loop()
        self._blocks = {0: first.content}
        self._whole = first.status == _OK
        self._size = len(first.content) if size is None else size
        self._at = 0
        self.problem = ""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Read the bytes of one block; none at the end and after a problem."""
        if self._at >= self._size or self.problem:
            return 0
        index, offset = (0, self._at) if self._whole else divmod(self._at, BLOCK)
        part = self._block(index, offset)[offset : offset + len(buffer)]
        if not part:
            parts = "the host sends no parts of a file, and the beginning does not tell"
            self.problem = self.problem or (parts if self._whole else "the host sent less than it announced")
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _block(self, index: int, offset: int) -> bytes:
        block = self._blocks.get(index, b"")
        if len(block) > offset:
            return block
        request = (0, self._size, _OK) if self._whole else (index * BLOCK, BLOCK, _PARTIAL)
        self._blocks[index] = self._fetch(*request)
        return self._blocks[index]

    def _fetch(self, start: int, length: int, status: int) -> bytes:
        reading = self._look.read(start, length, ranged=self._ranged)
        # The look's own deadline ends this wait; the timeout is for a loop that stopped meanwhile.
        try:
            answer = asyncio.run_coroutine_threadsafe(reading, self._loop).result(30)
        except (TimeoutError, CancelledError):
            answer = "the session was closed"
        except RuntimeError:  # the loop accepts no more work
            reading.close()
            answer = "the session was closed"
        if isinstance(answer, str):
            self.problem = answer
            return b""
        if answer.status != status or (status == _PARTIAL and _range_start(answer) != start):
            self.problem = f"the host sent no such part (HTTP {answer.status})"
            return b""
        return answer.content


def _from_headers(url: str, answer: Answer) -> MediaFacts:
    """Read facts from an answer to HEAD or to a ranged GET."""
    target = answer.headers.get("location", "")
    redirects = 300 <= answer.status < 400  # noqa: PLR2004
    length = answer.headers.get("content-length", "")
    if answer.status == _PARTIAL and "content-range" in answer.headers:
        length = answer.headers["content-range"].rpartition("/")[2]
    announced = re.fullmatch("[0-9]{1,18}", length) is not None  # Python reads no more than 4,300 digits
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    return MediaFacts(
        content_type=answer.headers.get("content-type", "").partition(";")[0].strip().lower() or None,
        bytes=int(length) if announced else None,
        redirected_to=_host(urljoin(url, target)) if redirects else None,
        supports_head=True,
        status=answer.status,
        head_status=answer.status,
        announced=announced,
        encoding="" if encoding == "identity" else encoding,
    )


def _unpacked(content: bytes, encoding: str) -> bytes:
    """Unpack the beginning of a body, as much as shows its format."""
    try:
        return zlib.decompressobj(47 if encoding == "gzip" else 15).decompress(content, BLOCK)
    except zlib.error:
        return b""


def _range_start(answer: Answer) -> int | None:
    match = re.match(r"bytes ([0-9]{1,18})-", answer.headers.get("content-range", ""))
    return int(match.group(1)) if match else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_private(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return not ip.is_global and ip not in _FAKE_ADDRESSES
