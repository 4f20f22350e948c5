"""The one HTTP client. It sends each request once and judges nothing.

Errors leave this module as values, not as httpx exceptions, so no traceback can carry a header with the key
or a signed URL to a notebook.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import zlib
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

import httpx
import msgspec

from cometact_nb.api.connections import (
    ASK_PATIENCE,
    CONNECT_S,
    CREATE_PATIENCE,
    WRITE_CURE,
    Lane,
    Patience,
    Sending,
    connections,
    failure,
    no_connections,
    trust_context,
    within,
)
from cometact_nb.api.flow import Answer, Lost, NotSent
from cometact_nb.api.proxies import proxies
from cometact_nb.api.quiet_log import Redact, quiet_urls
from cometact_nb.domain.service import is_loopback
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cometact_nb.api.flow import Outcome
    from cometact_nb.domain.service import Endpoint, Secret

__all__ = ["Client", "Download"]

_ANSWER_MAX_BYTES = 1_000_000
#: A clip's body is handed over in pieces of this size.
_PIECE_BYTES = 1 << 20
_REDIRECTS = 3
#: A compressed answer would have another length than the file.
_PLAIN = {"Accept-Encoding": "identity"}
#: docs.dev.runwayml.com/assets/inputs: the vendor fetches with a user agent that begins so.
_AS_VENDOR = {"User-Agent": "RunwayML API/ (a look by cometact_nb)"}


@dataclass
class Download:
    """The answer to a request for a clip, before its body is read.

    Args:
        status: HTTP status; 206 when ``start`` was honoured.
        content_type: lower case, without parameters.
        encoding: the compression of the body, or an empty string; the body is not unpacked here.
        version: the server's name for the file's present state (ETag, else its date), or an empty string.
        start: first byte of the clip that this body holds.
        total: bytes of the whole clip as announced, or None.
        chunks: the body.
    """

    status: int
    content_type: str
    encoding: str
    version: str
    start: int
    total: int | None
    chunks: AsyncIterator[bytes]


class Client:
    """Creates, retrieves, cancels and downloads. To be used from one event loop only.

    Args:
        transport: a stand-in for the network in tests; None for the real one.
        create: how long the paid request may take.
        ask: how long a poll or a cancel may take.

    Raises:
        ConfigError: a proxy or certificates that the environment names cannot be used.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        create: Patience = CREATE_PATIENCE,
        ask: Patience = ASK_PATIENCE,
    ) -> None:
        quiet_urls()
        self._transport, self._create, self._ask = transport, create, ask
        self._pools: dict[Lane, httpx.AsyncClient] = {}
        try:
            # A stand-in for the network needs no certificates, and reading them takes a tenth of a second.
            self._trust = trust_context() if transport is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._proxies = proxies()
            self._pool(Lane.CREATE)  # settings that cannot be used raise now, before anything is paid for
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            raise ConfigError(no_connections(error)) from None

    async def create(self, endpoint: Endpoint, body: dict[str, Any]) -> Outcome:
        """Send the paid POST, once, on a fresh connection."""
        url = f"{endpoint.base_url}/runwayml/v1/character_performance"
        headers = {"Content-Type": "application/json", "X-Runway-Version": endpoint.runway_version}
        try:
            content = msgspec.json.encode(body)
        except (TypeError, ValueError, RecursionError) as error:
            return NotSent(f"the request cannot be written as JSON ({type(error).__name__})", WRITE_CURE)
        return await self._exchange(
            Lane.CREATE, "POST", url, self._create, endpoint, content=content, headers=headers
        )

    async def retrieve(self, endpoint: Endpoint, task_id: str, *, before_cancel: bool = False) -> Outcome:
        """Ask once for a task's state.

        Args:
            endpoint: the service.
            task_id: the service's id.
            before_cancel: use the connections of cancels, which polls that hang cannot fill up.
        """
        lane = Lane.CANCEL if before_cancel else Lane.POLL
        return await self._exchange(lane, "GET", _task_url(endpoint, task_id), self._ask, endpoint)

    async def cancel(self, endpoint: Endpoint, task_id: str) -> Outcome:
        """Ask once for a task to be cancelled. The route is Runway's; CometAPI does not document it."""
        return await self._exchange(Lane.CANCEL, "DELETE", _task_url(endpoint, task_id), self._ask, endpoint)

    @asynccontextmanager
    async def download(
        self, url: str, start: int = 0, *, sandbox: bool = False
    ) -> AsyncIterator[Download | NotSent | Lost]:
        """Open a clip's URL, without the key, following a few redirects to https.

        Args:
            url: signed URL of the output.
            start: first byte wanted; the answer is 206 where the server honours it.
            sandbox: the service is on this machine, so that its links may be, too.
        """
        headers = {**_PLAIN, "Range": f"bytes={start}-"} if start else _PLAIN
        response: httpx.Response | None = None
        failed: NotSent | Lost | None = None
        try:
            response = await self._follow(url, headers, sandbox=sandbox)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            failed = failure(error)
        try:
            yield failed if response is None else _opened(response)  # type: ignore[misc]
        finally:
            if response is not None:
                await response.aclose()

    async def head(self, url: str, timeout_s: float, *, as_vendor: bool = False) -> Outcome:
        """Ask a public host about a file, without the key and without following a redirect.

        Args:
            url: of the file.
            timeout_s: seconds for all of it.
            as_vendor: with the vendor's kind of user agent, which hosts may treat otherwise.
        """
        headers = _AS_VENDOR if as_vendor else _PLAIN
        return await self._exchange(Lane.LOOK, "HEAD", url, within(timeout_s), headers=headers)

    async def read_range(
        self,
        url: str,
        start: int,
        length: int,
        timeout_s: float,
        *,
        ranged: bool = True,
        as_vendor: bool = False,
    ) -> Outcome:
        """Read a part of a public file, without the key and without following a redirect.

        Args:
            url: of the file.
            start: first byte wanted.
            length: bytes wanted; no more are read, even where the answer is 200 and the whole file.
            timeout_s: seconds for all of it.
            ranged: ask for the part; otherwise for the file, of which no more is read.
            as_vendor: see :meth:`head`.
        """
        headers = {**_PLAIN, "Range": f"bytes={start}-{start + length - 1}"} if ranged else _PLAIN
        if as_vendor:
            headers = {**headers, **_AS_VENDOR}
        return await self._exchange(
            Lane.LOOK, "GET", url, within(timeout_s), headers=headers, max_bytes=length
        )

    async def account_count(self, url: str, key: Secret, timeout_s: float) -> Outcome:
        """Ask for the count of an account, **with the key in the address**, as CometAPI wants it.

        Args:
            url: of the route, without the key.
            key: of the account.
            timeout_s: seconds for all of it.
        """
        Redact.secrets.add(key)
        return await self._exchange(
            Lane.LOOK, "GET", f"{url}?key={quote(key.reveal(), safe='')}", within(timeout_s)
        )

    async def change_input(
        self, endpoint: Endpoint, name: str, content: bytes | None, mime: str, timeout_s: float
    ) -> Outcome:
        """Put an input into the sandbox, which alone takes one, or delete it there.

        Args:
            endpoint: the sandbox.
            name: of the input.
            content: of the file; None deletes it.
            mime: its media type.
            timeout_s: seconds for all of it.
        """
        url = f"{endpoint.base_url}/inputs/{name}"
        method, headers = ("DELETE", None) if content is None else ("PUT", {"Content-Type": mime})
        patience = within(timeout_s)
        return await self._exchange(
            Lane.UPLOAD, method, url, patience, endpoint, content=content, headers=headers
        )

    async def addresses(self, host: str, timeout_s: float) -> tuple[str, ...]:
        """Resolve ``host`` to IP addresses; none where this machine cannot (a proxy may)."""
        try:
            async with asyncio.timeout(timeout_s):
                infos = await asyncio.get_running_loop().getaddrinfo(host, None)
        except (OSError, UnicodeError):
            return ()
        return tuple({str(address[0]) for *_, address in infos})

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()

    def _pool(self, lane: Lane) -> httpx.AsyncClient:
        if lane not in self._pools:
            self._pools[lane] = connections(lane, self._transport, self._trust, self._proxies)
        return self._pools[lane]

    async def _exchange(
        self,
        lane: Lane,
        method: str,
        url: str,
        patience: Patience,
        endpoint: Endpoint | None = None,
        *,
        content: bytes | None = None,
        headers: Any = None,
        max_bytes: int = _ANSWER_MAX_BYTES,
    ) -> Outcome:
        """Send one request and return its outcome, with the beginning of an answer that broke off.

        The key goes to an ``endpoint`` only; without one the host is a stranger.
        """
        status, received, body = 0, httpx.Headers(), bytearray()
        sending = Sending(method, is_watched=self._transport is None)
        try:
            async with asyncio.timeout(patience.whole_s):
                request = self._pool(lane).build_request(
                    method,
                    url,
                    content=content,
                    headers={**_PLAIN, **(headers or {})},
                    timeout=httpx.Timeout(patience.answer_s, connect=CONNECT_S),
                    extensions={"trace": sending.note},
                )
                if endpoint is not None:
                    _authorise(request, endpoint)
                sending.is_built = True
                response = await self._pool(lane).send(request, stream=True)
                status, received = response.status_code, response.headers.copy()
                await _read(response, body, max_bytes)
        except Exception as error:  # noqa: BLE001  (whatever it is, it must not look like "not sent")
            part = _answer(status, received, body, endpoint)
            # To a cancel, and to a stranger's refusal, the body adds nothing.
            if status and (method == "DELETE" or (endpoint is None and 400 <= status < 500)):  # noqa: PLR2004
                return part
            return failure(error, sending, part if status and endpoint is not None else None)
        return _answer(status, received, body, endpoint)

    async def _follow(self, url: str, headers: dict[str, str], *, sandbox: bool) -> httpx.Response:
        for _ in range(_REDIRECTS):
            here = is_loopback(url)  # a service elsewhere has no business with this machine's own servers
            if (here and not sandbox) or (not here and not url.lower().startswith("https://")):
                raise httpx.UnsupportedProtocol("the clip's link, or where it redirects to, is not https")
            http = self._pool(Lane.DOWNLOAD)
            response = await http.send(http.build_request("GET", url, headers=headers), stream=True)
            target = response.headers.get("location")
            if not response.is_redirect or not target:
                return response
            await response.aclose()
            url = urljoin(url, target)
        raise httpx.TooManyRedirects("the clip's link redirects too often")


def _task_url(endpoint: Endpoint, task_id: str) -> str:
    segment = quote(task_id, safe="")
    # Of dots alone, it would be taken for a step up the path.
    return f"{endpoint.base_url}/runwayml/v1/tasks/{segment if segment.strip('.') else f'id={segment}'}"


def _authorise(request: httpx.Request, endpoint: Endpoint) -> None:
    if endpoint.api_key is not None:
        Redact.secrets.add(endpoint.api_key)
        request.headers["Authorization"] = f"Bearer {endpoint.api_key.reveal()}"


def _answer(status: int, headers: httpx.Headers, body: bytearray, endpoint: Endpoint | None) -> Answer:
    """Make an answer of the bytes that arrived. A stranger's body stays packed: it might swell endlessly."""
    content = bytes(body)
    if endpoint is not None and headers.get("content-encoding", "").strip().lower() in {"gzip", "deflate"}:
        with suppress(zlib.error):  # it was not packed, or not so
            content = zlib.decompressobj(wbits=47).decompress(content, _ANSWER_MAX_BYTES)
    return Answer(status, dict(headers.items()), content, endpoint.api_key if endpoint else None)


async def _read(response: httpx.Response, body: bytearray, most: int) -> None:
    """Add up to ``most`` bytes of an answer to ``body``, also those before a break, and close the answer."""
    try:
        _encoding(response)
        async for chunk in response.aiter_bytes():
            body += chunk[: most - len(body)]
            if len(body) >= most:
                return
    finally:
        await response.aclose()


def _encoding(response: httpx.Response) -> str:
    """Take the compression out of the headers, so that httpx does not unpack a stranger's body endlessly."""
    encoding = response.headers.pop("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


def _opened(response: httpx.Response) -> Download:
    headers, partial = response.headers, response.status_code == httpx.codes.PARTIAL_CONTENT
    content_range = re.fullmatch(r"bytes ([0-9]+)-[0-9]+/([0-9]+)", headers.get("content-range", ""))
    size = content_range.group(2) if content_range else headers.get("content-length") if not partial else None
    return Download(
        status=response.status_code,
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        encoding=_encoding(response),
        version=headers.get("etag") or headers.get("last-modified", ""),
        start=(_number(content_range.group(1)) or 0) if content_range else 0,
        total=_number(size),
        chunks=_chunks(response),
    )


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body; raise an OSError where it breaks off, so that no caller needs httpx's names.

    The pieces are large, since a busy cell lets this thread go on only every 5 ms after each write and hash.
    The bytes before a break are handed over, too.
    """
    broken = ""
    piece = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            piece += chunk
            if len(piece) >= _PIECE_BYTES:
                yield bytes(piece)
                piece.clear()
    except httpx.HTTPError as error:
        broken = type(error).__name__
    if piece:
        yield bytes(piece)
    if broken:
        raise ConnectionError(f"the download broke off ({broken})")


def _number(text: str | None) -> int | None:
    """Read a number of bytes; at most 18 digits, since Python reads no more than 4,300."""
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text) else None
