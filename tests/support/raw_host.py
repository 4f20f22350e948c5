"""A server that says whatever bytes it is told to, and a client that asks it."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from cometact_nb.api.client import Client

T = TypeVar("T")
#: (number of the connection, number of the request on it, the request's head) -> the answer in pieces
Script = Callable[[int, int, str], Iterator[bytes]]


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128


class Host:
    """A server that says whatever bytes it is told to, and its books."""

    def __init__(self, script: Script) -> None:
        self.requests: list[tuple[int, int, str]] = []
        self.ending = threading.Event()
        self.connections = 0
        self.script = script
        host = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                host.connections += 1
                connection, number = host.connections, 0
                while (head := self._head()) and not host.ending.is_set():
                    number += 1
                    host.requests.append((connection, number, head))
                    for piece in host.script(connection, number, head):
                        try:
                            self.wfile.write(piece)
                        except OSError:
                            return

            def _head(self) -> str:
                lines = []
                try:
                    while (line := self.rfile.readline().decode("latin-1")).strip():
                        lines.append(line)
                    length = next(
                        (int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length")), 0
                    )
                    self.rfile.read(length)
                except OSError:
                    return ""
                return "".join(lines)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def serving(script: Script) -> Iterator[Host]:
    host = Host(script)
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield host
    host.ending.set()
    host.server.shutdown()
    host.server.server_close()
    thread.join(10)


def answer(content: bytes, status: str = "200 OK", **headers: str) -> bytes:
    told = {"Content-Length": str(len(content)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def with_client(work: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        client = Client()
        try:
            return await work(client)
        finally:
            await client.aclose()

    return asyncio.run(run())
