"""The connections for each kind of request, the certificates they trust, and what their failures mean."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from enum import Enum
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from cometact_nb._version import __version__
from cometact_nb.api.answers import Answer, Lost, NotSent
from cometact_nb.api.direct import DirectTransport

if TYPE_CHECKING:
    import ssl

__all__ = [
    "ASK_PATIENCE",
    "CONNECT_S",
    "CREATE_PATIENCE",
    "WRITE_CURE",
    "Lane",
    "Patience",
    "Sending",
    "connections",
    "failure",
    "no_connections",
    "trust_context",
    "within",
]

log = logging.getLogger("cometact_nb")

CONNECT_S = 10.0
#: An idle connection is kept for this many seconds.
_KEPT_S = 20.0
#: How to make this machine trust a company's certificates.
_TRUST_CURE = (
    "If your company's network signs the traffic, set SSL_CERT_FILE to a file with its certificates "
    "(REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are read, too) and restart the kernel"
)

_ADDRESS_CURE = "Check base_url (act.configure(base_url=…) or COMETAPI_BASE_URL)"
WRITE_CURE = "Give runway_version and the request's texts in plain characters, without line breaks"
#: The exceptions that httpx raises before anything of the request has left this machine: a description, and a
#: cure where a second try would fail alike.
_NOT_SENT: dict[type[Exception], tuple[str, str]] = {
    httpx.ConnectError: ("the connection was refused or its name or certificate is wrong", ""),
    httpx.ConnectTimeout: ("no connection within 10 s", ""),
    httpx.PoolTimeout: ("too many requests at once on this machine", ""),
    httpx.ProxyError: ("the proxy refused", ""),
    httpx.UnsupportedProtocol: ("the address cannot be used", _ADDRESS_CURE),
    httpx.InvalidURL: ("the address cannot be used", _ADDRESS_CURE),
}


class Lane(Enum):
    """The purpose of connections. Each has its own, so that none waits for another that hangs."""

    CREATE = "create"
    CANCEL = "cancel"
    POLL = "poll"
    DOWNLOAD = "download"
    UPLOAD = "upload"  #: of files of the user's own
    LOOK = "look"


#: The most connections at once, and how many stay open while idle. A gateway may close an idle connection
#: just as it is used again, which would leave the outcome in doubt: the paid request gets a fresh one.
#: (httpcore counts busy connections as idle: with fewer to keep than are in use, it keeps none of them.)
_CONNECTIONS = {
    Lane.CREATE: (32, 0),
    Lane.CANCEL: (32, 0),
    Lane.POLL: (8, 8),
    Lane.DOWNLOAD: (8, 8),
    Lane.UPLOAD: (4, 0),
    Lane.LOOK: (16, 2),
}


@dataclass(frozen=True)
class Patience:
    """How long an exchange may take, in seconds.

    Args:
        answer_s: until the next byte of the answer comes.
        whole_s: for the whole exchange, since an answer may trickle for ever and megabytes leave slowly.
    """

    answer_s: float
    whole_s: float


#: The vendor switches channels and tries again by itself, so a create may be answered late
#: (apidoc.cometapi.com/guides/error-codes-and-retry-strategy).
CREATE_PATIENCE = Patience(120.0, 300.0)
ASK_PATIENCE = Patience(30.0, 60.0)


class Sending:
    """Follows one request through httpx and tells whether a byte of it has left this machine.

    Args:
        method: HTTP method; a proxy's own CONNECT is another request.
        is_watched: httpx reports its steps; a stand-in for the network reports none.
    """

    def __init__(self, method: str, *, is_watched: bool) -> None:
        self._methods, self._is_watched = (method, method.encode()), is_watched
        self.is_built = False
        self._has_begun = self._headers_left = False

    async def note(self, step: str, info: dict[str, Any]) -> None:
        """Record a step of the request; httpx calls this."""
        request = info.get("request")
        if step.endswith("send_request_headers.started"):
            self._has_begun = self._has_begun or getattr(request, "method", None) in self._methods
        elif step.endswith("send_request_headers.complete"):
            self._headers_left = self._has_begun

    def has_left(self, error: Exception) -> bool:
        """Whether a byte may have left before ``error``. In doubt, it has."""
        if not self.is_built:
            return False
        if isinstance(error, httpx.LocalProtocolError):  # headers are checked before they are written
            return self._headers_left
        return self._has_begun or not self._is_watched


class _NoCookies(CookieJar):
    """Keeps nothing of what hosts set: it would go on to their neighbours."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Leave them where they are."""


def within(seconds: float) -> Patience:
    """Return a patience that bounds only the whole exchange."""
    return Patience(seconds, seconds)


def connections(
    lane: Lane,
    transport: httpx.AsyncBaseTransport | None,
    trust: ssl.SSLContext,
    proxies: dict[str, str | None],
) -> httpx.AsyncClient:
    """Make the connections of one lane."""
    most, idle = _CONNECTIONS[lane]
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=idle, keepalive_expiry=_KEPT_S)
    mounts: dict[str, httpx.AsyncBaseTransport | None] = {
        pattern: httpx.AsyncHTTPTransport(verify=trust, limits=limits, proxy=proxy) if proxy else transport
        for pattern, proxy in (proxies if transport is None else {}).items()
    }
    if lane is Lane.POLL and transport is None:
        transport = DirectTransport(trust, most=most, kept_s=_KEPT_S)
    # Loopback never goes through a proxy, whatever the environment says.
    mounts |= {f"all://{host}": transport for host in ("127.0.0.1", "localhost", "[::1]")}
    return httpx.AsyncClient(
        timeout=httpx.Timeout(ASK_PATIENCE.answer_s, connect=CONNECT_S),
        verify=trust,
        trust_env=False,  # certificates and proxies are read here
        follow_redirects=False,
        transport=transport,
        mounts=mounts,
        limits=limits,
        headers={"User-Agent": f"cometact_nb/{__version__}"},
        cookies=_NoCookies(),
    )


def trust_context() -> ssl.SSLContext:
    """Trust httpx's certificates or SSL_CERT_FILE's, and those that requests and curl are told to trust."""
    trust = httpx.create_ssl_context()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        place = os.environ.get(name, "")
        if not place or os.environ.get("SSL_CERT_FILE"):
            continue
        try:
            trust.load_verify_locations(**{"capath" if Path(place).is_dir() else "cafile": place})
        except OSError as error:  # httpx users do not need it, so it stops nothing
            log.warning("%s: no certificates could be read from it (%s)", name, type(error).__name__)
    return trust


def no_connections(error: Exception) -> str:
    """Explain why no connection can be made, without the error's text, which may hold a proxy's password."""
    why = str(error) if isinstance(error, ImportError) else type(error).__name__
    return (
        f"No connection can be made with the proxy or the certificates that the environment names ({why}). "
        "Look at HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR. Nothing was "
        "sent."
    )


def failure(error: Exception, sending: Sending | None = None, part: Answer | None = None) -> NotSent | Lost:
    """Judge by an exception whether the request was sent, in words that hold no URL."""
    if part is None and "CERTIFICATE_VERIFY_FAILED" in str(error):
        reason = re.search(r"verify failed: ([^(]{3,100})", str(error))
        why = f" ({reason.group(1).strip()})" if reason else ""
        return NotSent(f"its certificate is not trusted on this machine{why}", _TRUST_CURE)
    for kind, (words, cure) in _NOT_SENT.items():
        if isinstance(error, kind):
            return NotSent(words + _detail(error), cure)
    if sending is not None and not sending.has_left(error):
        if isinstance(error, httpx.LocalProtocolError) or not sending.is_built:
            return NotSent("a header of the request cannot be written", WRITE_CURE)
        if isinstance(error, UnicodeError):
            return NotSent("the address cannot be used", _ADDRESS_CURE)
        return NotSent(f"the connection broke before anything was sent ({type(error).__name__})")
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return Lost("no answer in time" if part is None else "no more of the answer came in time", part)
    return Lost(f"the connection broke ({type(error).__name__})", part)


def _detail(error: Exception) -> str:
    text = str(error).strip()
    return f" ({text[:200]})" if text and "://" not in text else ""
