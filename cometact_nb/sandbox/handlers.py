"""What every handler shares: documented errors, authorisation, bytes with ranges, broken wires."""

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

#: Names by which a program reaches this machine.
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
    """The documented error body; a request id stands inside the message."""
    request_id = time.strftime("%Y%m%d%H%M%S") + uuid.uuid4().hex[:6]
    text = f"{message} (request id: {request_id})"
    return {"error": {"message": text, "type": "comet_api_error", "param": param, "code": code}}


class Handler(tornado.web.RequestHandler):
    """A handler that knows the sandbox and can break its connection."""

    sandbox: State

    def prepare(self) -> None:
        """Refuse what a web page sends: one of another origin, or one whose name was made to lead here."""
        if not self.is_welcome:
            self.turn_away()

    @property
    def is_welcome(self) -> bool:
        """Whether the request may be answered."""
        return self._is_read_only or (self._is_for_loopback and self._is_of_no_page)

    def turn_away(self) -> None:
        """Answer what a web page sent."""
        self.answer(403, {"error": "This is for programs on this machine, and for no web page."})

    @property
    def _is_read_only(self) -> bool:
        return False

    @property
    def _is_for_loopback(self) -> bool:
        """Whether the address names this machine: any other name was made to lead here (DNS rebinding)."""
        host = urlsplit(f"//{self.request.headers.get('Host', '')}").hostname
        return host in LOOPBACK

    @property
    def _is_of_no_page(self) -> bool:
        """Whether a program sent it: a page would tell its origin."""
        origin = self.request.headers.get("Origin")
        return origin is None or origin == f"http://{self.request.headers.get('Host', '')}"

    def initialize(self, sandbox: State) -> None:
        """Called by tornado with the route's arguments."""
        self.sandbox = sandbox

    def set_default_headers(self) -> None:
        """Say on every answer what this is."""
        self.set_header("Server", "cometact_nb-sandbox")

    def compute_etag(self) -> str | None:
        """None: only files have one, and a poll's answer is never "not modified"."""
        return None

    def answer(self, status: int, body: Any) -> Future[None]:
        """A JSON answer; the future is done once it is on its way."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        return self.finish(json.dumps(body))

    def web_page(self, status: int = 200, page: str = WEB_PAGE) -> None:
        """A web page where JSON was expected."""
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

    async def break_off(self, announced: int, sent: bytes, content_type: str) -> None:
        """Announce ``announced`` bytes, send fewer, and close."""
        if self.request.method == "HEAD":
            self.set_header("Content-Type", content_type)
            self.set_header("Content-Length", str(announced))
            self.finish()
            raise tornado.web.Finish
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {announced}\r\n"
        await self.stream.write(head.encode() + b"Accept-Ranges: bytes\r\n\r\n" + sent)
        self.stream.close()
        raise tornado.web.Finish

    def log_exception(self, *args: Any) -> None:
        """A client that goes away is no news; a defect of the sandbox is."""
        if not self.stream.closed():
            super().log_exception(*args)


class ApiHandler(Handler):
    """A route of the imitated API."""

    def authorised(self) -> bool:
        """Whether the request carries a key the sandbox takes; answers 401 if not."""
        scheme, _, key = self.request.headers.get("Authorization", "").partition(" ")
        wanted = self.sandbox.api_key
        ok = scheme == "Bearer" and key.strip() and not key.startswith("invalid")
        if ok and (wanted is None or key.strip() == wanted):
            return True
        self.answer(401, error_body("invalid token", "invalid_api_key"))
        return False


class BytesHandler(Handler):
    """A route that serves a file from memory, whole or in parts."""

    @property
    def _is_read_only(self) -> bool:
        """Pages show samples and clips, from wherever they are; nothing here changes by it."""
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
        """First and last byte that is asked for; all of them when the header makes no sense (RFC 9110)."""
        found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", self.request.headers.get("Range", ""))
        if not found or found.groups() == ("", ""):
            return 0, size - 1
        first, last = found.groups()
        if not first:
            return (max(0, size - int(last)) if int(last) else size), size - 1
        if last and int(last) < int(first):
            return 0, size - 1
        return int(first), min(int(last) if last else size - 1, size - 1)
