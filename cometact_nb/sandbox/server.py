"""The sandbox as an HTTP server on loopback."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import tornado.httpserver
import tornado.netutil
import tornado.web

from cometact_nb.sandbox.create import Create
from cometact_nb.sandbox.drawing.samples import SAMPLES, TYPES
from cometact_nb.sandbox.handlers import BytesHandler, Handler
from cometact_nb.sandbox.polls import OneTask, Output
from cometact_nb.sandbox.scenarios import parse
from cometact_nb.sandbox.state import State

if TYPE_CHECKING:
    import argparse

__all__ = ["SandboxServer"]


class SandboxServer(State):
    """A sandbox that listens on a port.

    Args:
        options: as parsed by ``python -m cometact_nb.sandbox``.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self._wanted_port: int = options.port
        self._server: tornado.httpserver.HTTPServer | None = None
        self._hidden_until = 0.0
        self._hiding: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Open the port, and serve."""
        sockets = tornado.netutil.bind_sockets(self.port or self._wanted_port, self.host)
        self.port = sockets[0].getsockname()[1]
        self._server = tornado.httpserver.HTTPServer(self._application())
        self._server.add_sockets(sockets)

    def hide(self, seconds: float) -> None:
        """Close the port and every connection for so many seconds."""
        loop = asyncio.get_running_loop()
        self._hidden_until = max(self._hidden_until, loop.time() + seconds)
        if self._server is not None:
            server, self._server = self._server, None
            server.stop()
            self._hiding = loop.create_task(self._hidden(server))

    async def _hidden(self, server: tornado.httpserver.HTTPServer) -> None:
        # An open connection would go on working, and a client with a pool would notice nothing.
        await server.close_all_connections()
        asyncio.get_running_loop().call_at(self._hidden_until, self._show)

    def _show(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._hidden_until:  # it was hidden again meanwhile, and for longer
            loop.call_at(self._hidden_until, self._show)
        else:
            self.listen()

    def _application(self) -> tornado.web.Application:
        own = {"sandbox": self}
        routes = [
            (r"/runwayml/v1/character_performance", Create, own),
            (r"/runwayml/v1/tasks/([^/]+)", OneTask, own),
            (r"/outputs/([^/]+)/(\d+)\.mp4", Output, own),
            (r"/samples/([^/]+)", Sample, own),
            (r"/sandbox/(ledger|info|reset|scenario)", Books, own),
            (r".*", Nothing, own),
        ]
        return tornado.web.Application(routes, log_function=lambda _: None)


class Sample(BytesHandler):
    """Serves sample characters and reference clips."""

    async def get(self, name: str) -> None:
        """Serve the file."""
        if not any(name in names for names in SAMPLES.values()):
            raise tornado.web.HTTPError(404)
        content = await asyncio.wrap_future(self.sandbox.workshop.sample(name))
        self.set_header("Cache-Control", "max-age=3600")
        self.serve(content, TYPES[name.rpartition(".")[2]])

    async def head(self, name: str) -> None:
        """Answer the same without the body."""
        await self.get(name)


class Books(Handler):
    """The sandbox's own routes, beside the imitated API: its ledger, and scenarios to play."""

    async def get(self, what: str) -> None:
        """Return the ledger, or facts about this sandbox."""
        self.answer(200, self.sandbox.info() if what == "info" else self.sandbox.ledger)

    async def post(self, what: str) -> None:
        """Empty the books, or play a scenario for the next requests."""
        if what == "reset":
            self.sandbox.reset()
        elif what == "scenario":
            try:
                play = parse(json.loads(self.request.body)["spec"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.answer(400, {"error": str(error)})
                return
            if play.name == "connection-refused":
                await self.answer(200, {"ok": True, "at": time.time()})
                self.sandbox.hide(play.seconds())
                return
            self.sandbox.playbook.push(play)
        self.answer(200, {"ok": True, "at": time.time()})


class Nothing(Handler):
    """Answers any other path with a web page, like a gateway."""

    def prepare(self) -> None:
        """Answer any method."""
        self.web_page(404)
