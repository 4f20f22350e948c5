"""The sandbox as an HTTP server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import time
from typing import TYPE_CHECKING, Any

import tornado.httpserver
import tornado.netutil
import tornado.web

from cometact_nb.sandbox.create import Create
from cometact_nb.sandbox.drawing.samples import SAMPLES, TYPES
from cometact_nb.sandbox.handlers import BytesHandler, Handler
from cometact_nb.sandbox.polls import OneTask, Output
from cometact_nb.sandbox.prices import FORMS, Models
from cometact_nb.sandbox.quota import COUNTS, Quota
from cometact_nb.sandbox.scenarios import parse
from cometact_nb.sandbox.state import State
from cometact_nb.sandbox.uploads import Input

if TYPE_CHECKING:
    import argparse
    import socket

    from cometact_nb.sandbox.shelf import Shelf

__all__ = ["SandboxServer"]

#: The ports of a sandbox with a state: below those that systems hand out, so that its port is free later.
_PORTS, _TRIES = range(20_000, 30_000), 20


class SandboxServer(State):
    """A sandbox that listens on a port.

    Args:
        options: as parsed by ``python -m cometact_nb.sandbox``.
        shelf: for a state that outlives this process, or None.
    """

    def __init__(self, options: argparse.Namespace, shelf: Shelf | None = None) -> None:
        super().__init__(options, shelf)
        self._wanted_port: int = options.port
        self._server: tornado.httpserver.HTTPServer | None = None
        self._hidden_until = 0.0
        self._hiding: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Open the port, and serve."""
        sockets = self._bound()
        self.port = sockets[0].getsockname()[1]
        self._server = tornado.httpserver.HTTPServer(self._application())
        self._server.add_sockets(sockets)

    def announce(self) -> None:
        """Write its address for this user's clients, if its state outlives this process."""
        if self.shelf:
            facts = {"base_url": self.base_url, "port": self.port, "pid": os.getpid(), "build": self.build}
            self.shelf.announce(facts)

    def _bound(self) -> list[socket.socket]:
        """Bind the port of the options; else the last one, or a new one if that is in use."""
        if self.port or self._wanted_port or self.shelf is None:
            return tornado.netutil.bind_sockets(self.port or self._wanted_port, self.host)
        below = (secrets.choice(_PORTS) for _ in range(_TRIES))
        for port in (self.shelf.port or next(below), *below):
            with contextlib.suppress(OSError):
                return tornado.netutil.bind_sockets(port, self.host)
        return tornado.netutil.bind_sockets(0, self.host)

    def close(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.stop()

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
            (r"/inputs/([^/]+)", Input, own),
            (r"/api/models", Models, own),
            (r"/user/quota/?", Quota, own),
            (r"/sandbox/(ledger|info|reset|scenario|prices|quota|client|stop)", Books, own),
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

    def prepare(self) -> None:
        """Refuse web pages, and clients without the token of the private file, if there is one."""
        super().prepare()
        if (
            not self._finished
            and self.request.method == "POST"
            and self.sandbox.shelf
            and self.client is None
        ):
            self.answer(401, {"error": "This sandbox takes the token of its private file only."})

    async def get(self, what: str) -> None:
        """The ledger, or facts about this sandbox."""
        if what == "info":
            proof = self.sandbox.proof(self.get_query_argument("nonce", ""))
            self.answer(200, {**self.sandbox.info(), **({"proof": proof} if proof else {})})
        else:
            self.answer(200, self._ledger())

    def _ledger(self) -> dict[str, Any]:
        """Return the books, without requests where another user of this machine may be reading."""
        books = self.sandbox.ledger
        if self.sandbox.shelf is None or self.client is not None:
            return books
        bare = [{name: value for name, value in post.items() if name != "body"} for post in books["posts"]]
        return {**books, "posts": bare}

    async def post(self, what: str) -> None:
        """Admit a client, empty the books, play a scenario for the next requests, or end."""
        try:
            content = json.loads(self.request.body or b"{}")
            answer = await getattr(self, f"_{what}")(content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.answer(400, {"error": str(error)})
            return
        if not self._finished:
            self.answer(200, {"ok": True, "at": time.time(), **(answer or {})})

    async def _client(self, content: dict[str, Any]) -> dict[str, Any]:
        key = self.sandbox.clients.admit(
            str(content["name"]), int(content.get("pid", 0)), content["settings"]
        )
        admitted = self.sandbox.clients.of(key)
        assert admitted is not None
        return {**self.sandbox.info(), "speed": admitted.settings.speed, "key": key}

    async def _reset(self, content: dict[str, Any]) -> None:
        others = self.sandbox.clients.connected(self.client) if self.client and not content.get("yes") else []
        if others:
            self.answer(409, {"error": "Others use this sandbox.", "others": len(others)})
        else:
            self.sandbox.reset()

    async def _scenario(self, content: dict[str, Any]) -> None:
        play = parse(content["spec"])
        if play.name == "connection-refused":
            await self.answer(200, {"ok": True, "at": time.time()})
            self.sandbox.hide(play.seconds())
        else:
            self.sandbox.clients.others.playbook.push(play)

    async def _prices(self, content: dict[str, Any]) -> None:
        if content["form"] not in FORMS:
            raise ValueError(f"{content['form']!r} is none of: {', '.join(FORMS)}.")
        self.sandbox.prices = content["form"]

    async def _quota(self, content: dict[str, Any]) -> None:
        if content["form"] not in COUNTS:
            raise ValueError(f"{content['form']!r} is none of: {', '.join(COUNTS)}.")
        self.sandbox.quota = content["form"]

    async def _stop(self, _: dict[str, Any]) -> None:
        if self.sandbox.shelf is None:
            raise ValueError("This sandbox was started by hand: end it there.")
        await self.answer(200, {"ok": True, "at": time.time()})
        self.sandbox.stop()


class Nothing(Handler):
    """Answers any other path with a web page, like a gateway."""

    def prepare(self) -> None:
        """Answer any method."""
        self.web_page(404)
