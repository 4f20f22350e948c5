"""A service with one clip of 5 MB, as its own process: each task runs for two polls, then has succeeded.

``python -m tests.benchmarks.service MB`` prints its address and stops when its standard input ends. The sandbox is
not used, since its clips are drawn and far smaller than what a generator makes.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

_POLLS_BEFORE = 2
_SIZE = (640, 360)


def noisy_clip(megabytes: float) -> bytes:
    """An H.264 clip of about so many megabytes: ten seconds of noise, and a moov box in front."""
    import av
    from PIL import Image

    rand = random.Random(1)
    buffer = io.BytesIO()
    rate = round(megabytes * 8e6 / 10)
    with av.open(buffer, "w", format="mp4", options={"movflags": "+frag_keyframe+empty_moov"}) as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *_SIZE, "yuv420p", rate
        pictures = [
            Image.frombytes("L", _SIZE, rand.randbytes(_SIZE[0] * _SIZE[1])).convert("RGB") for _ in range(24)
        ]
        for number in range(240):
            frame = av.VideoFrame.from_image(pictures[number % 24])  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


class Service:
    """The process. Use it as a context.

    Args:
        megabytes: of its clip.
    """

    def __init__(self, megabytes: float = 5.0) -> None:
        self._megabytes = megabytes

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.service", str(self._megabytes)]
        self._process = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def succeeded_at(self) -> float:
        """When the last SUCCEEDED was asked for, Unix seconds."""
        return float(httpx.get(f"{self.base_url}/succeeded").json())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    clip = b""
    polls: dict[str, int] = {}  # noqa: RUF012  (one service a process)
    numbers = itertools.count(1)
    succeeded = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/sandbox/"):  # as of an earlier version: it keeps no settings for a kernel
            self._send(404, "text/plain", b"")
            return
        task_id = f"{next(self.numbers):08x}-0000-4000-8000-{time.time_ns() % 10**12:012d}"
        self.polls[task_id] = 0
        self._json({"id": task_id})

    def do_GET(self) -> None:
        if self.path.startswith("/runwayml/v1/tasks/"):
            self._task(self.path.rpartition("/")[2])
        elif self.path.startswith("/outputs/"):
            self._send(200, "video/mp4", self.clip)
        elif self.path == "/succeeded":
            self._json(_Handler.succeeded)
        elif self.path == "/sandbox/info":
            self._json(_info(f"http://{self.headers['Host']}"))
        else:
            self._send(404, "text/plain", b"")

    def _task(self, task_id: str) -> None:
        self.polls[task_id] += 1
        if self.polls[task_id] <= _POLLS_BEFORE:
            self._json({"id": task_id, "status": "RUNNING", "progress": 0.9})
            return
        _Handler.succeeded = time.time()
        url = f"http://{self.headers['Host']}/outputs/{task_id}.mp4?token=1"
        self._json({"id": task_id, "status": "SUCCEEDED", "output": [url]})

    def _json(self, value: Any) -> None:
        self._send(200, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _info(base_url: str) -> dict[str, Any]:
    names = {"characters": ["hero.png"], "character_videos": ["hero.mp4"], "references": ["act.mp4"]}
    samples = {kind: [f"{base_url}/samples/{name}" for name in files] for kind, files in names.items()}
    return {"base_url": base_url, "speed": 60, "shape": "bare", "samples": samples}


if __name__ == "__main__":
    _Handler.clip = noisy_clip(float(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()
    server.shutdown()
