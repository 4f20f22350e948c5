"""The base of all routes: who may ask, and how an error is said."""

from __future__ import annotations

import asyncio
import json
from http.client import responses
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from cometact_nb.domain import redact
from cometact_nb.errors import ActTwoError, ClipError, ConfigError, HistoryError

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from cometact_nb.entry.server.extension import Extension

__all__ = ["AUTH_RESOURCE", "Route"]

#: What an authoriser of the server is asked about, with the action ``read`` or ``write``.
AUTH_RESOURCE = "cometact-nb"
_MESSAGE_MAX_CHARS = 600


class Route(APIHandler):
    """One address. A subclass answers by :meth:`read` and :meth:`change`; nobody comes past the checks here.

    Without login 403, without the authoriser's word 403, from another site's page 404, and a POST needs the
    token against forged requests, unless it brings the server's own token.
    """

    auth_resource = AUTH_RESOURCE
    #: A page that is only open must not keep an idle server alive.
    _track_activity = False

    #: Answers; set once the request has passed the checks.
    extension: Extension

    def initialize(self, extension: Callable[[], Extension]) -> None:
        """Take the function that makes the extension at the first question."""
        self._make = extension

    @web.authenticated
    @authorized
    async def get(self, *names: str) -> None:
        """Answer a question."""
        self.extension = await asyncio.to_thread(self._make)
        await self.read(*names)

    @web.authenticated
    @authorized
    async def head(self, *names: str) -> None:
        """Answer a question without its body."""
        self.extension = await asyncio.to_thread(self._make)
        await self.read(*names)

    @web.authenticated
    @authorized
    async def post(self, *names: str) -> None:
        """Change something."""
        self.extension = await asyncio.to_thread(self._make)
        await self.change(*names)

    async def read(self, *names: str) -> None:
        """Answer a question; 405 unless the route has an answer."""
        del names
        raise web.HTTPError(405)

    async def change(self, *names: str) -> None:
        """Change something; 405 unless the route can."""
        del names
        raise web.HTTPError(405)

    def answer(self, content: msgspec.Struct) -> None:
        """Send an answer as JSON."""
        self.set_header("Cache-Control", "no-store")
        import msgspec  # noqa: PLC0415  (not at the server's start)

        self.finish(msgspec.json.encode(content))

    def set_default_headers(self) -> None:
        """Let no browser guess another kind of content."""
        super().set_default_headers()
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")

    @property
    def content_security_policy(self) -> str:
        """Like that of ``/files/``, and nothing may be loaded from an answer."""
        return f"{super().content_security_policy}; sandbox"

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say an error in one line of JSON, without a traceback and without a secret."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        message = responses.get(status_code, "Unknown error")
        if isinstance(error, ActTwoError):
            self.set_status(_status_of(error))
            message = str(error)
        elif isinstance(error, web.HTTPError) and error.log_message:
            message = error.log_message
        reply = {"message": redact.text(message, limit=_MESSAGE_MAX_CHARS)}
        self.clear_header("Content-Length")
        self.finish(json.dumps(reply))

    def log_exception(self, *about: Any) -> None:
        """Log no traceback of an error that only says what a user or a disk did."""
        if not isinstance(about[1], ActTwoError):
            super().log_exception(*about)


def _status_of(error: ActTwoError) -> int:
    """Return the HTTP status that an error of this package stands for."""
    if isinstance(error, HistoryError):
        return 503
    return 404 if isinstance(error, ClipError) else 400 if isinstance(error, ConfigError) else 409
