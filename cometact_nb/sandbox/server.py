"""The sandbox as an HTTP server on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePosixPath
from random import Random
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import tornado.httpserver
import tornado.netutil
import tornado.web

from cometact_nb.sandbox.create import Create
from cometact_nb.sandbox.handlers import BytesHandler, Handler
from cometact_nb.sandbox.scenarios import Play, Playbook
from cometact_nb.sandbox.tasks import Task, Tasks
from cometact_nb.sandbox.watch import OneTask, Output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["Sandbox"]

SAMPLES = {
    "characters": ("hero.png", "robot.jpg", "ada.webp"),
    "character_videos": ("hero.mp4",),
    "references": ("smile.mp4", "talk.mp4", "wave.mp4"),
}
_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "mp4": "video/mp4"}
_FORMATS: dict[str, Literal["PNG", "JPEG", "WEBP"]] = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
_TICK_S = 0.05


class Sandbox:
    """State and settings of one running sandbox.

    Args:
        options: as parsed by ``python -m cometact_nb.sandbox``.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.shape: str = options.shape
        self.api_key: str | None = options.api_key
        self.url_ttl_s: float = options.url_ttl_s
        self.speed: float = options.speed
        self.secret = secrets.token_bytes(16)
        random = Random(options.seed)  # noqa: S311  (no secret hangs on it)
        self.playbook = Playbook(options.scenario, random)
        self.tasks = Tasks(options.speed, options.concurrency, options.duration_s, random)
        self.ledger: dict[str, Any] = {}
        self.reset()
        self._host: str = options.host
        self._wanted_port: int = options.port
        self._port = 0
        self._renders: dict[str, Future[bytes]] = {}
        # One thread renders, so that the loop answers meanwhile.
        self._renderer = ThreadPoolExecutor(1, "render")
        self._server: tornado.httpserver.HTTPServer | None = None

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://{self._host}:{self._port}"

    def info(self) -> dict[str, Any]:
        """What a client's author wants to know."""
        samples = {
            kind: [f"{self.base_url}/samples/{name}" for name in names] for kind, names in SAMPLES.items()
        }
        return {"base_url": self.base_url, "speed": self.speed, "shape": self.shape, "samples": samples}

    def listen(self) -> None:
        """Open the port."""
        sockets = tornado.netutil.bind_sockets(self._port or self._wanted_port, self._host)
        self._port = sockets[0].getsockname()[1]
        self._server = tornado.httpserver.HTTPServer(self._application())
        self._server.add_sockets(sockets)

    async def hide(self, seconds: float) -> None:
        """Close the port for a while."""
        if self._server is not None:
            self._server.stop()
            await asyncio.sleep(seconds)
            self.listen()

    async def run(self, stop: asyncio.Event) -> None:
        """Let time pass until ``stop`` is set."""
        while not stop.is_set():
            self.tasks.advance()
            try:
                await asyncio.wait_for(stop.wait(), _TICK_S)
            except TimeoutError:
                continue
        self._renderer.shutdown(wait=False, cancel_futures=True)

    def reset(self) -> None:
        """Empty the books."""
        self.ledger = {"posts": [], "polls": {}, "deletes": [], "downloads": []}
        self.playbook.reset()
        self.tasks.clear()

    def accept(self, body: dict[str, Any], plays: list[Play]) -> Task:
        """A new task, its clip being rendered from now on."""
        return self.tasks.create(body, plays, lambda: self._clip(body))

    def sample(self, name: str) -> Future[bytes]:
        """A sample character or reference clip, rendered when first asked for."""
        return self._once(f"sample {name}", lambda: _render_sample(name))

    def _clip(self, body: dict[str, Any]) -> Future[bytes]:
        seen = {
            **body,
            "character": _stem(body["character"]["uri"]),
            "reference": _stem(body["reference"]["uri"]),
        }
        key = hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
        return self._once(key, lambda: _render_clip(body))

    def _once(self, key: str, work: Callable[[], bytes]) -> Future[bytes]:
        if key not in self._renders:
            self._renders[key] = self._renderer.submit(_told, work)
        return self._renders[key]

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
    """Sample characters and reference clips."""

    async def get(self, name: str) -> None:
        """The file."""
        if not any(name in names for names in SAMPLES.values()):
            raise tornado.web.HTTPError(404)
        content = await asyncio.wrap_future(self.sandbox.sample(name))
        self.set_header("Cache-Control", "max-age=3600")
        self.serve(content, _TYPES[name.rpartition(".")[2]])

    async def head(self, name: str) -> None:
        """The same without the body."""
        await self.get(name)


class Books(Handler):
    """The sandbox's own routes, no part of the imitated API: what happened, and what shall."""

    async def get(self, what: str) -> None:
        """The ledger, or facts about this sandbox."""
        self.answer(200, self.sandbox.info() if what == "info" else self.sandbox.ledger)

    async def post(self, what: str) -> None:
        """Empty the books, or play a scenario for what comes next."""
        if what == "reset":
            self.sandbox.reset()
        elif what == "scenario":
            try:
                play = self.sandbox.playbook.push(json.loads(self.request.body)["spec"])
            except (ValueError, KeyError, TypeError) as error:
                self.answer(400, {"error": str(error)})
                return
            if play.name == "connection-refused":
                self.sandbox.playbook.reset()
                self.answer(200, {"ok": True, "at": time.time()})
                await self.sandbox.hide(play.seconds())
                return
        self.answer(200, {"ok": True, "at": time.time()})


class Nothing(Handler):
    """Any other path: a web page, as a gateway gives."""

    def prepare(self) -> None:
        """Answer whatever the method."""
        self.web_page(404)


def _told(work: Callable[[], bytes]) -> bytes:
    """Do ``work``; a defect of the sandbox is told where it runs, the API only says that the task failed."""
    try:
        return work()
    except Exception:
        traceback.print_exc()
        raise


def _stem(url: str) -> str:
    """``hero`` of ``http://…/samples/hero.png?x``; the whole URL where it is no sample's."""
    path = PurePosixPath(urlsplit(url).path) if not url.startswith("data:") else PurePosixPath("upload")
    sample = any(path.name in names for names in SAMPLES.values())
    return path.stem if sample else url


def _render_clip(body: dict[str, Any]) -> bytes:
    from cometact_nb.sandbox import render  # noqa: PLC0415  (PyAV takes 100 ms, and starting must be fast)

    recipe = render.Recipe(
        character=_stem(body["character"]["uri"]),
        reference=_stem(body["reference"]["uri"]),
        ratio=body.get("ratio", "1280:720"),
        body_control=bool(body.get("bodyControl")) and body["character"]["type"] == "image",
        expression_intensity=body.get("expressionIntensity", 3),
        seed=body.get("seed", 0),
    )
    return render.render_clip(recipe)


def _render_sample(name: str) -> bytes:
    from cometact_nb.sandbox import render  # noqa: PLC0415

    stem, _, extension = name.rpartition(".")
    if name in SAMPLES["references"]:
        return render.render_reference(stem)
    if extension == "mp4":
        return render.render_character_video(stem)
    return render.render_character_image(stem, _FORMATS[extension])
