"""Connections for small GET requests, below httpx: one callback of the loop an answer, and h11 to read it.

A kernel that watches tasks does little else than poll, and httpx's own connections (httpcore on anyio) took
most of a poll's CPU; docs/benchmarks.md has the numbers. Errors are httpx's, in httpx's words.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import h11
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["DirectTransport"]

#: The head of an answer may have this many bytes, as httpcore allows.
_HEAD_MAX_BYTES = 100 * 1024
#: A body that nobody reads is received up to about this size.
_WAITING_MAX_BYTES = 256 * 1024
#: Seconds before the second address of a host is tried beside the first (RFC 8305).
_NEXT_ADDRESS_S = 0.25

_Origin = tuple[str, str, int]


class DirectTransport(httpx.AsyncBaseTransport):
    """Sends requests without a body, each on a connection that was kept or a new one; knows no proxies.

    To be used from one event loop only.

    Args:
        trust: the certificates.
        most: connections at once.
        kept_s: an idle connection that is older, in seconds, is not used again.
    """

    def __init__(self, trust: ssl.SSLContext, *, most: int, kept_s: float) -> None:
        self._trust, self._kept_s = trust, kept_s
        self._places = asyncio.Semaphore(most)
        self._idle: dict[_Origin, list[_Connection]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` and return its answer, the body yet to be read.

        Raises:
            httpx.TransportError: there is no connection, or no answer that can be read.
        """
        timeouts = request.extensions.get("timeout", {})
        await self._place(timeouts.get("pool"))
        connection: _Connection | None = None
        try:
            connection = await self._connection(request.url, timeouts.get("connect"))
            head = await connection.send(request, timeouts.get("read"))
        except BaseException:
            if connection is not None:
                connection.close()
            self._places.release()
            raise
        body = _Body(self, connection, timeouts.get("read"))
        extensions = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": bytes(head.reason)}
        return httpx.Response(
            head.status_code, headers=head.headers.raw_items(), stream=body, extensions=extensions
        )

    async def aclose(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def take_back(self, connection: _Connection) -> None:
        """Keep a connection whose answer was read to its end; close any other."""
        self._places.release()
        if connection.renew():
            self._idle.setdefault(connection.origin, []).append(connection)
        else:
            connection.close()

    async def _place(self, timeout_s: float | None) -> None:
        try:
            if self._places.locked():
                async with asyncio.timeout(timeout_s):
                    await self._places.acquire()
            else:
                await self._places.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("") from None

    async def _connection(self, url: httpx.URL, timeout_s: float | None) -> _Connection:
        if url.scheme not in {"http", "https"}:
            raise httpx.UnsupportedProtocol(f"Request URL has an unsupported protocol '{url.scheme}://'.")
        is_tls = url.scheme == "https"
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or (443 if is_tls else 80))
        oldest = asyncio.get_running_loop().time() - self._kept_s
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.idle_since >= oldest:
                return connection
            connection.close()
        return await self._connect(origin, timeout_s, self._trust if is_tls else None)

    @staticmethod
    async def _connect(origin: _Origin, timeout_s: float | None, trust: ssl.SSLContext | None) -> _Connection:
        loop = asyncio.get_running_loop()
        how: dict[str, Any] = {}
        if trust is not None:
            trust.set_alpn_protocols(["http/1.1"])
            how = {"ssl": trust, "server_hostname": origin[1], "ssl_handshake_timeout": timeout_s}
        try:
            async with asyncio.timeout(timeout_s):
                _, connection = await loop.create_connection(
                    lambda: _Connection(origin), *origin[1:], happy_eyeballs_delay=_delay_s(origin[1]), **how
                )
        except TimeoutError:
            raise httpx.ConnectTimeout("") from None
        except OSError as error:  # of a certificate or a name, the text says more
            says_why = isinstance(error, ssl.SSLError) or type(error).__module__ == "socket"
            raise httpx.ConnectError(str(error) if says_why else "All connection attempts failed") from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection, with one request on it at a time."""

    def __init__(self, origin: _Origin) -> None:
        self.origin = origin
        self.is_open = True
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_MAX_BYTES)
        self._is_asked = False
        self._arrived: deque[h11.Response | bytes] = deque()
        self._waiting_bytes = 0
        self._is_whole = False
        self._broken: httpx.TransportError | None = None
        self._waiter: asyncio.Future[None] | None = None

    # --- for its user --------------------------------------------------------------------------------

    async def send(self, request: httpx.Request, timeout_s: float | None) -> h11.Response:
        """Send a request without a body, and wait for the head of its answer.

        Raises:
            httpx.TransportError: it cannot be written, or no answer that can be read came in time.
        """
        trace = request.extensions.get("trace")
        if trace is not None:
            await trace("http11.send_request_headers.started", {"request": request})
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        self._is_asked = True
        try:
            data = (self._parser.send(head) or b"") + (self._parser.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        if self._transport is not None:
            self._transport.write(data)
        if trace is not None:
            await trace("http11.send_request_headers.complete", {"request": request})
        part = await self._next(timeout_s)
        assert isinstance(part, h11.Response)
        return part

    async def chunk(self, timeout_s: float | None) -> bytes | None:
        """Wait for the next bytes of the body; None at its end.

        Raises:
            httpx.TransportError: it broke off, or nothing came in time.
        """
        part = await self._next(timeout_s)
        assert not isinstance(part, h11.Response)
        return part

    def renew(self) -> bool:
        """Prepare for another request; return False when this connection takes none."""
        if not (self.is_open and self._is_whole) or self._parser.our_state is not h11.DONE:
            return False
        if self._parser.their_state is not h11.DONE or self._parser.trailing_data[0]:
            return False
        self._parser.start_next_cycle()
        self._is_asked = self._is_whole = False
        self.idle_since = asyncio.get_running_loop().time()
        return True

    def close(self) -> None:
        """Close it; what is not sent yet is dropped."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    async def _next(self, timeout_s: float | None) -> h11.Response | bytes | None:
        while not self._arrived and not self._is_whole and self._broken is None:
            await self._wait(timeout_s)
        if self._arrived:
            part = self._arrived.popleft()
            if isinstance(part, bytes):
                self._waiting_bytes -= len(part)
                if self._transport is not None and self.is_open:
                    self._transport.resume_reading()
            return part
        if self._broken is not None:
            raise self._broken
        return None

    async def _wait(self, timeout_s: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = loop.call_later(timeout_s, _expire, waiter) if timeout_s is not None else None
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    # --- called by the loop --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read what arrived. Without a request, nothing should."""
        if self._is_asked:
            self._read(data)
        else:
            self.close()

    def eof_received(self) -> None:
        """Read the end, which may be the end of a body."""
        self.is_open = False
        if not self._is_asked or self._is_whole:
            return
        if self._parser.their_state is h11.SEND_RESPONSE:
            self._broken = httpx.RemoteProtocolError("Server disconnected without sending a response.")
            self._wake()
        else:
            self._read(b"")

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits."""
        self.is_open = False
        if self._is_asked and not self._is_whole and self._broken is None:
            self._broken = httpx.ReadError("" if error is None else str(error))
        self._wake()

    def _read(self, data: bytes) -> None:
        try:
            self._parser.receive_data(data)
            while (event := self._parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Response):
                    self._arrived.append(event)
                elif isinstance(event, h11.Data):
                    self._arrived.append(bytes(event.data))
                    self._waiting_bytes += len(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self._is_whole = True
                    break
                elif isinstance(event, h11.ConnectionClosed):
                    break
        except h11.RemoteProtocolError as error:
            self._broken = httpx.RemoteProtocolError(str(error))
        if self._waiting_bytes > _WAITING_MAX_BYTES and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Body(httpx.AsyncByteStream):
    """The body of one answer. Closing it frees the connection."""

    def __init__(self, owner: DirectTransport, connection: _Connection, timeout_s: float | None) -> None:
        self._owner, self._timeout_s = owner, timeout_s
        self._connection: _Connection | None = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None:
            chunk = await self._connection.chunk(self._timeout_s)
            if chunk is None:
                return
            yield chunk

    async def aclose(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._owner.take_back(connection)


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(httpx.ReadTimeout(""))


def _delay_s(host: str) -> float | None:
    """Return after how many seconds the next address of ``host`` is tried; None where there is only one.

    asyncio tries addresses in tasks of their own, and leaves a socket open when all tasks of a loop are
    cancelled at once, as they are at the end of a kernel, while one has just connected.
    """
    try:
        ip_address(host)
    except ValueError:
        return _NEXT_ADDRESS_S
    return None
