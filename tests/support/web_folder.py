"""A folder of this machine behind a real web server on loopback, which notes who asked for what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess

TYPES = {"jpg": "image/jpeg", "png": "image/png", "mp4": "video/mp4", "webm": "video/webm"}


@dataclass
class WebFolder:
    """The folder, its address, the requests so far, and how the server misbehaves.

    Args:
        folder: that it shows.
        base: its address.
        asked: method, name and user agent of each request.
        fault: ``"no HEAD"``, ``"type"``, ``"redirect"``, ``"length"``, ``"content"``, or nothing.
        at_request: called when one comes.
    """

    folder: Path
    base: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    fault: str = ""
    at_request: Callable[[], object] = lambda: None

    def methods(self) -> list[str]:
        return [method for method, _, _ in self.asked]


@contextmanager
def web_folder(folder: Path) -> Iterator[WebFolder]:
    folder.mkdir(exist_ok=True)
    shown = WebFolder(folder)

    class Page(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            name = self.path.partition("?")[0].rpartition("/")[2]
            shown.asked.append((self.command, name, self.headers.get("User-Agent", "")))
            shown.at_request()
            path = shown.folder / name
            if shown.fault == "no HEAD" and self.command == "HEAD":
                self.plain(403)
            elif shown.fault == "redirect":
                self.plain(302, Location=f"{shown.base}/other/{name}")
            elif not path.is_file():
                self.plain(404)
            else:
                self.file(path, body=body)

        def plain(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def file(self, path: Path, *, body: bool) -> None:
            content = path.read_bytes()
            if shown.fault == "content":
                content = bytes(len(content))
            kind = "application/octet-stream" if shown.fault == "type" else TYPES[path.suffix[1:]]
            wanted = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
            first = int(wanted[0] or 0)
            last = min(int(wanted[2] or len(content) - 1), len(content) - 1)
            self.send_response(206 if wanted[1] else 200)
            if wanted[1]:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
            part = content[first : last + 1]
            self.send_header("Content-Type", kind)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(part) - (shown.fault == "length")))
            self.end_headers()
            if body:
                self.wfile.write(part)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    shown.base = f"http://127.0.0.1:{server.server_port}/inputs"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def paid_session(folder: Path, sandbox: SandboxProcess, web: WebFolder) -> Session:
    """A session with a paid service on this machine, which is no sandbox to it, and a place for its files."""
    config = Config(
        history=str(folder / "history.sqlite"), output_dir=folder / "clips", base_url=sandbox.base_url
    )
    return Session(config.changed(api_key="sandbox-key", publish_to=web.folder, publish_base=web.base))
