"""The base of all handlers: documented errors, authorisation, bytes with ranges, broken connections."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import time
import uuid
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import tornado.web

if TYPE_CHECKING:
    from asyncio import Future

    from tornado.iostream import IOStream

    from cometact_nb.sandbox.clients import Caller
    from cometact_nb.sandbox.state import State

__all__ = [
    "FIREWALL_PAGE",
    "MAINTENANCE_PAGE",
    "WEB_PAGE",
    "ApiHandler",
    "BytesHandler",
    "Handler",
    "error_body",
]

#: The names of this machine.
LOOPBACK = {"127.0.0.1", "localhost", "::1"}

WEB_PAGE = "<!doctype html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
FIREWALL_PAGE = (
    "<!doctype html><html><head><title>Attention Required!</title></head><body><h1>Sorry, you have been "
    "blocked</h1><p>This website is using a security service.</p></body></html>"
)
MAINTENANCE_PAGE = (
    "<!doctype html><html><head><title>Maintenance</title></head>"
    "<body><h1>We will be back soon</h1></body></html>"
)


def error_body(message: str, code: str = "", param: str = "") -> dict[str, Any]:
    """Make the documented error body, with a request id inside the message."""
    request_id = time.strftime("%Y%m%d%H%M%S") + uuid.uuid4().hex[:6]
    text = f"{message} (request id: {request_id})"
    return {"error": {"message": text, "type": "comet_api_error", "param": param, "code": code}}


class Handler(tornado.web.RequestHandler):
    """A handler that knows the sandbox and can break its connection."""

    sandbox: State

    def prepare(self) -> None:
        """Refuse requests from web pages: of another origin, or under a name that was made to lead here."""
        if not self.is_welcome:
            self.turn_away()

    @property
    def is_welcome(self) -> bool:
        """Whether the request gets an answer."""
        return self._is_read_only or (self._is_for_loopback and self._is_of_no_page)

    def turn_away(self) -> None:
        """Refuse the request of a web page."""
        self.answer(403, {"error": "This is for programs on this machine, and for no web page."})

    @property
    def _is_read_only(self) -> bool:
        return False

    @property
    def _is_for_loopback(self) -> bool:
        """Whether the address names this machine; any other name was made to lead here (DNS rebinding)."""
        host = urlsplit(f"//{self.request.headers.get('Host', '')}").hostname
        return host in LOOPBACK

    @property
    def _is_of_no_page(self) -> bool:
        """Whether a program sent the request: a page would name its origin."""
        origin = self.request.headers.get("Origin")
        return origin is None or origin == f"http://{self.request.headers.get('Host', '')}"

    def initialize(self, sandbox: State) -> None:
        """Take the route's arguments from tornado."""
        self.sandbox = sandbox
        sandbox.was_asked()

    @property
    def client(self) -> Caller | None:
        """The caller, by the key; None when there is none, or it is refused."""
        scheme, _, key = self.request.headers.get("Authorization", "").partition(" ")
        return self.sandbox.clients.of(key.strip()) if scheme == "Bearer" else None

    def set_default_headers(self) -> None:
        """Mark every answer as the sandbox's."""
        self.set_header("Server", "cometact_nb-sandbox")

    def compute_etag(self) -> str | None:
        """Return None: only files have one, and a poll's answer is never "not modified"."""
        return None

    def answer(self, status: int, body: Any) -> Future[None]:
        """Answer with JSON; the future is done when the answer is on its way."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        return self.finish(json.dumps(body))

    def web_page(self, status: int = 200, page: str = WEB_PAGE) -> None:
        """Answer with a web page instead of JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)

    @property
    def stream(self) -> IOStream:
        """The connection itself."""
        return cast("IOStream", self.request.connection.stream)  # type: ignore[union-attr]

    def reset(self) -> None:
        """Break the connection so that the client sees a reset, not an end."""
        if self.stream.socket is not None:
            self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()
        raise tornado.web.Finish

    async def break_off(self, announced: int, part: bytes, content_type: str) -> None:
        """Announce ``announced`` bytes, send fewer, and close."""
        if self.request.method == "HEAD":
            self.set_header("Content-Type", content_type)
            self.set_header("Content-Length", str(announced))
            self.finish()
            raise tornado.web.Finish
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {announced}\r\n"
        await self.stream.write(head.encode() + b"Accept-Ranges: bytes\r\n\r\n" + part)
        self.stream.close()
        raise tornado.web.Finish

    def log_exception(self, *args: Any) -> None:
        """Log defects of the sandbox, but not a client that goes away."""
        if not self.stream.closed():
            super().log_exception(*args)


class ApiHandler(Handler):
    """A route of the imitated API."""

    def authorised(self) -> bool:
        """Whether the request has a key that the sandbox accepts; answers 401 if not."""
        if self.client is not None:
            return True
        self.answer(401, error_body("invalid token", "invalid_api_key"))
        return False


class BytesHandler(Handler):
    """A route that serves a file from memory, whole or in parts."""

    @property
    def _is_read_only(self) -> bool:
        """True: pages of any origin show samples and clips, which changes nothing here."""
        return self.request.method in {"GET", "HEAD"}

    def set_default_headers(self) -> None:
        """Let a page of another origin use the file, as storage services do."""
        super().set_default_headers()
        self.set_header("Access-Control-Allow-Origin", "*")

    def serve(self, content: bytes, content_type: str) -> None:
        """Answer GET or HEAD, with 206 for a range."""
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        self.set_header("Content-Type", content_type)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("ETag", etag)
        whole = self.request.headers.get("If-Range", etag) != etag
        first, last = (0, len(content) - 1) if whole else self.range(len(content))
        if first >= len(content):
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{len(content)}")
            self.finish()
            return
        if (first, last) != (0, len(content) - 1):
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.set_header("Content-Length", str(last - first + 1))
        if self.request.method == "HEAD":
            self.finish()
        else:
            self.finish(content[first : last + 1])

    def range(self, size: int) -> tuple[int, int]:
        """Read the first and last byte of the range; all bytes when the header makes no sense (RFC 9110)."""
        match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", self.request.headers.get("Range", ""))
        if not match or match.groups() == ("", ""):
            return 0, size - 1
        first, last = match.groups()
        if not first:
            return (max(0, size - int(last)) if int(last) else size), size - 1
        if last and int(last) < int(first):
            return 0, size - 1
        return int(first), min(int(last) if last else size - 1, size - 1)
