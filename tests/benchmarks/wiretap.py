"""A proxy on loopback, as its own process, that counts what passes: ``python -m tests.benchmarks.wiretap PORT``.

It prints the port it listens on; when its standard input ends it prints what it saw, as JSON, and stops.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass
class Seen:
    """What passed.

    Args:
        up: bytes from the client.
        down: bytes to the client.
        most_open: connections open at once.
        polls: when each GET of a task began, Unix seconds.
    """

    up: int = 0
    down: int = 0
    most_open: int = 0
    polls: list[float] = field(default_factory=list)

    def peak(self) -> int:
        """Polls in the busiest second."""
        return max(sum(begin <= at < begin + 1 for at in self.polls) for begin in self.polls)


class Wiretap:
    """The proxy, seen from the process that uses it. Use it as a context.

    Args:
        port: of the server behind it, on loopback.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.seen = Seen()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.wiretap", str(self._port)]
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
        told, _ = self._process.communicate()
        self.seen = Seen(**json.loads(told))


async def _serve(port: int) -> None:
    seen = Seen()
    open_now = 0

    async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await source.read(65536):
            if up:
                seen.up += len(data)
                seen.polls += [time.time()] * data.count(b"GET /runwayml/v1/tasks/")
            else:
                seen.down += len(data)
            sink.write(data)
            await sink.drain()
        sink.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now
        open_now += 1
        seen.most_open = max(seen.most_open, open_now)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        ways: list[Any] = [pass_on(reader, far_writer, up=True), pass_on(far_reader, writer, up=False)]
        with suppress(asyncio.CancelledError):  # connections still open when the proxy ends
            await asyncio.gather(*ways, return_exceptions=True)
        open_now -= 1

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
