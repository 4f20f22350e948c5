"""A service that gives our own key, signed links and control sequences back in everything it says."""

from __future__ import annotations

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import pytest

from cometact_nb.domain.service import Secret
from cometact_nb.errors import ActTwoError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.text import card_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "Zq3xW7vU+1tR9pL/42mNb8cD"
SIGNATURE = "S1g9f8e7D6c5B4a39281706f5e4"
LINK = f"https://b.s3.amazonaws.com/a.png?X-Amz-Signature={SIGNATURE}"
ECHO = f"no: \x1b[31m{KEY} {quote(KEY, safe='')} {KEY[:14]}**** {LINK}\u202e\x07"


class Echo(BaseHTTPRequestHandler):
    """What it does is chosen by the request's seed."""

    protocol_version = "HTTP/1.1"
    tasks: ClassVar[dict[str, int]] = {}

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "X-Request-Id": KEY,
            "X-Echo": f"Bearer {KEY}",
            "Set-Cookie": f"k={KEY}",
            "Location": LINK,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def error(self, status: int) -> None:
        error = {"message": ECHO + f" (request id: {KEY})", "type": KEY, "param": KEY, "code": KEY}
        self.answer(status, {"error": error})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == f"Bearer {KEY}"
        seed = body["seed"]
        if seed in {400, 401, 403, 502}:
            return self.error(seed)
        name = f"5b91e444-c232-deaf-a4d7-{seed:012d}"
        self.tasks[name] = seed
        return self.answer(200, {"id": name})

    def do_GET(self) -> None:
        seed = self.tasks.get(self.path.rpartition("/")[2].partition("?")[0], 0)
        base = {"id": self.path.rpartition("/")[2], "createdAt": ECHO}
        if seed == 1:
            self.answer(200, {**base, "status": "FAILED", "failure": ECHO, "failureCode": KEY})
        elif seed == 2:
            inner = {"fail_reason": ECHO, "status": "FAILURE", "task_id": base["id"], "progress": KEY}
            self.answer(200, {"code": "success", "message": ECHO, "data": inner})
        elif seed == 3:
            self.answer(200, {**base, "status": f"{KEY} {LINK}"})
        elif seed == 4:
            url = f"http://{self.headers['Host']}/clip.mp4?token={SIGNATURE}"
            self.answer(200, {**base, "status": "SUCCEEDED", "output": [url]})
        else:
            self.error(403)

    def do_DELETE(self) -> None:
        self.error(400)


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_a_service_gives_back_of_our_key_and_of_links_is_shown_and_kept_nowhere(
    service: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    config = Config(
        api_key=Secret(KEY),
        base_url=service,
        history=str(tmp_path / "history.sqlite"),
        output_dir=tmp_path / "clips",
        time_scale=0.005,
    )
    session = Session(config)
    seen = ""
    inputs: dict[str, Any] = {"character": "https://h.example/a.png", "reference": "https://h.example/a.mp4"}
    for seed in (400, 401, 403, 502, 1, 2, 3, 4):
        try:
            task = session.submit(**inputs, seed=seed)
            seen += repr(task.state)
            task.wait(timeout_s=0.5 if seed == 3 else 20)
        except ActTwoError as error:
            seen += f"{error} {error!r} {vars(error)}"
        except TimeoutError:
            pass
    for task in session.tasks():
        state = task.state
        if not state.is_settled:
            with pytest.raises(ActTwoError) as refused:
                task.cancel()
            seen += str(refused.value)
        seen += f"{task!r} {task.state!r} {task.failure} {task.failure_code}"
        for live in (False, True):
            seen += card_html(task.state, now=time.time(), notebook_dir=tmp_path, sandbox=False, live=live)
        seen += card_text(task.state, now=time.time(), sandbox=False)
    assert "no: (hidden) (hidden) (hidden)" in seen
    session.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"(hidden)" in kept
    texts = {"screen": seen, "disk": kept.decode("utf-8", "replace"), "log": caplog.text}
    for place, text in texts.items():
        for secret in (KEY, quote(KEY, safe=""), KEY[:14], KEY[-9:], SIGNATURE, "\x1b", "\u202e", "\x07"):
            if place == "disk" and secret in {"\x07", "\x1b"}:
                continue  # SQLite's own bytes
            assert secret not in text, (
                f"{secret!r} in the {place}: {text[text.index(secret) - 200 :][:300]!r}"
            )
    assert "httpcore" in caplog.text
