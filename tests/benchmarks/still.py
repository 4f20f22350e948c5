"""A service whose tasks run for ever without news, as its own process; it counts its polls.

``python -m tests.benchmarks.still`` prints its address and stops when its standard input ends. It answers in a few
microseconds, since a slow service lets requests wait for each other.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import httpx


_HEAD = (
    "HTTP/1.1 200 OK\r\nServer: still\r\nDate: Tue, 01 Dec 2026 18:00:00 GMT\r\n"
    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}"
)


class Still:
    """The process. Use it as a context."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.still"]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{self._process.stdout.readline().strip()}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def polls(http: httpx.Client, url: str) -> int:
    """How many polls the service at ``url`` has answered."""
    return int(http.get(f"{url}/polls").text)


class _Service(asyncio.Protocol):
    polls = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._unread = b""

    def data_received(self, data: bytes) -> None:
        *requests, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1].decode()
            self._transport.write(self._answer(path).encode())

    @classmethod
    def _answer(cls, path: str) -> str:
        if path == "/polls":
            body = str(cls.polls)
        else:
            cls.polls += 1
            task = {
                "id": path.rpartition("/")[2],
                "status": "RUNNING",
                "createdAt": "2026-12-01T18:00:00.000Z",
            }
            body = json.dumps(task)
        return _HEAD.format(len(body), body)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Service, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
