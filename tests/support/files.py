"""Real media files, made when a test needs them, and a web server on loopback that serves them badly."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import av
from av.stream import Disposition
from PIL import Image


def _frame(picture: Image.Image) -> av.VideoFrame:
    make: Any = av.VideoFrame.from_image  # PyAV gives it no types
    frame: av.VideoFrame = make(picture)
    return frame


def video_bytes(
    seconds: float = 4.0,
    *,
    codec: str = "libx264",
    container: str = "mp4",
    size: tuple[int, int] = (64, 48),
    fps: int = 5,
    pixel: Fraction = Fraction(1),
    **options: str,
) -> bytes:
    """A clip of grey frames; ``pixel`` is the width of a pixel by its height, for H.264."""
    target = io.BytesIO()
    with av.open(target, "w", format=container, options=options) as out:
        stream: Any = out.add_stream(codec, rate=fps)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        stream.codec_context.sample_aspect_ratio = pixel
        for index in range(round(seconds * fps)):
            picture = Image.new("RGB", size, (index % 200,) * 3)
            out.mux(stream.encode(_frame(picture)))
        out.mux(stream.encode())
    return target.getvalue()


def wide_webm_bytes() -> bytes:
    """A WebM of 64×48 pixels, each twice as wide as high, which PyAV cannot write.

    The size to show takes the place of the frames' duration, so that no other length in the file changes.
    """
    made = video_bytes(4, codec="libvpx", container="webm")
    size, shown = bytes.fromhex("b08140 ba8130"), bytes.fromhex("54b08180 54ba8130")
    before = bytes.fromhex("23e383 84 0bebc200 e086") + size
    assert made.count(before) == 1
    return made.replace(before, bytes.fromhex("e08e") + size + shown)


def covered_bytes(*, film: bool) -> bytes:
    """An MP4 of sound with a cover picture, with a film of 64×48 pixels if asked to."""
    target = io.BytesIO()
    original: Any = av.open(io.BytesIO(sound_bytes()))
    with av.open(target, "w", format="mp4") as out, original as source:
        sound = out.add_stream_from_template(source.streams.audio[0])
        moving: Any = out.add_stream("libx264", rate=10) if film else None
        if film:
            moving.width, moving.height, moving.pix_fmt = 64, 48, "yuv420p"
        cover: Any = out.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 600, 600, "rgb24"
        cover.disposition = Disposition.attached_pic
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = sound
                out.mux(packet)
        out.mux(cover.encode(_frame(Image.new("RGB", (600, 600), (200, 120, 40)))))
        out.mux(cover.encode())
        if film:
            for _ in range(40):
                out.mux(moving.encode(_frame(Image.new("RGB", (64, 48)))))
            out.mux(moving.encode())
    return target.getvalue()


def noisy_video_bytes(folder: Path, seconds: float, kbps: int, **options: str) -> bytes:
    """A clip that needs its bit rate; its index stands at the end unless ``options`` say otherwise."""
    target = folder / "noise.mp4"
    random = Random(0)
    frames = [Image.frombytes("RGB", (320, 180), random.randbytes(320 * 180 * 3)) for _ in range(10)]
    with av.open(str(target), "w", options=options) as out:
        stream = out.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 180, "yuv420p", kbps * 1000
        for index in range(round(seconds * 24)):
            out.mux(stream.encode(_frame(frames[index % 10])))
        out.mux(stream.encode())
    return target.read_bytes()


def sound_bytes() -> bytes:
    """An MP4 of a second of silence."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 8000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return target.getvalue()


def unreadable(path: Path) -> Path:
    """A file that its reader may not read, whoever that is: root may read all but what the system only takes."""
    if os.geteuid():
        path.write_bytes(b"mine")
        path.chmod(0)
        return path
    path.symlink_to("/proc/sys/vm/compact_memory")
    return path


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """A picture in one colour."""
    target = io.BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(target, kind, **options)
    return target.getvalue()


@dataclass
class Served:
    """One file and how it is served."""

    content: bytes
    content_type: str | None = "video/mp4"
    head: int = 200
    get: int = 200
    ranges: bool = True
    length: bool = True
    location: str = ""
    endless: bool = False
    encoding: str = ""  #: its Content-Encoding
    range_status: int | None = None  #: with which a question for a part is refused
    head_length: str | None = None  #: the Content-Length that HEAD is answered with
    gate: threading.Event | None = None  #: GETs wait for it
    head_gate: threading.Event | None = None


@dataclass
class Host:
    """The server's files and its books."""

    base_url: str = ""
    files: dict[str, Served] = field(default_factory=dict)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0

    def add(self, name: str, content: bytes, content_type: str | None = "video/mp4", **how: Any) -> str:
        self.files[f"/{name}"] = Served(content, content_type, **how)
        return f"{self.base_url}/{name}"


@contextmanager
def serving() -> Iterator[Host]:
    """A host on a free port."""
    host = Host()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Quiet."""

        def do_HEAD(self) -> None:
            self._serve(body=False)

        def do_GET(self) -> None:
            self._serve(body=True)

        def _serve(self, *, body: bool) -> None:
            wanted = self.headers.get("Range")
            host.requests.append((self.command, self.path, wanted))
            host.headers.append({name.lower(): value for name, value in self.headers.items()})
            file = host.files.get(self.path.partition("?")[0], Served(b"gone", "text/plain", 404, 404))
            gate = file.gate if body else file.head_gate
            if gate is not None:
                gate.wait(600)
            status = file.get if body else file.head
            content = file.content
            if body and wanted and file.range_status is not None:
                status, content = file.range_status, b""
            found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted or "")
            if body and status == 200 and file.ranges and found:
                first, last = int(found[1]), min(int(found[2]), len(content) - 1)
                content, status = content[first : last + 1], 206
            self.send_response(status)
            if status == 206 and found and body:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(file.content)}")
            if file.content_type is not None:
                self.send_header("Content-Type", file.content_type)
            if file.location:
                self.send_header("Location", file.location)
            if file.encoding:
                self.send_header("Content-Encoding", file.encoding)
            if not body and file.head_length is not None:
                self.send_header("Content-Length", file.head_length)
            elif file.length:
                self.send_header("Content-Length", str(len(content)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            if body:
                self._send(content, endless=file.endless)

        def _send(self, content: bytes, *, endless: bool) -> None:
            try:
                self.wfile.write(content)
                host.sent += len(content)
                while endless:
                    self.wfile.write(b"\0" * 65536)
                    host.sent += 65536
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    quiet: Any = server
    quiet.handle_error = lambda *_: None  # a client that hangs up early is what some tests are about
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    host.base_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
