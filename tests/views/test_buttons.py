"""A click that asks the service is answered at once: the thread that draws every view never waits for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from messages import receive
from waiting import until

from cometact_nb.domain.service import Secret
from cometact_nb.handles.config import Config
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.views.history.table import HistoryTable
from cometact_nb.views.sweep.widget import SweepWidget
from cometact_nb.views.task.widget import StatusWidget


class Service(ThreadingHTTPServer):
    """Accepts requests; once ``silent``, it answers no more until ``released``."""

    daemon_threads = True

    def __init__(self) -> None:
        self.silent, self.asked, self.released = threading.Event(), threading.Event(), threading.Event()
        self.count = 0
        super().__init__(("127.0.0.1", 0), _Answers)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Answers(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.count += 1
        self.answer({"id": f"00000000-0000-4000-8000-{self.server.count:012d}"})

    def do_GET(self) -> None:
        self.wait()
        self.answer({"id": self.path.rpartition("/")[2], "status": "RUNNING", "progress": 0.1})

    def do_DELETE(self) -> None:
        self.wait()
        self.answer({})

    def wait(self) -> None:
        if self.server.silent.is_set():
            self.server.asked.set()
            self.server.released.wait(120)

    def answer(self, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A session, its service, and a sweep of one cell whose task runs."""
    service = Service()
    url = f"http://127.0.0.1:{service.server_port}"
    config = Config(
        history=str(tmp_path / "h.sqlite"), output_dir=tmp_path, base_url=url, api_key=Secret("sk-1")
    )
    session = Session(config)
    sweep = session.sweep(
        name="x", character="https://e.org/a.png", reference="https://e.org/a.mp4", seed=[1]
    )
    sweep.run(yes=True)
    until(lambda: sweep.cells[0].task and sweep.cells[0].task.id)
    yield SimpleNamespace(session=session, service=service, sweep=sweep, task=sweep.cells[0].task)
    service.released.set()
    for thread in threading.enumerate():
        if thread.name == "cometact_nb-view":
            thread.join(30)
    session.close()
    service.shutdown()
    service.server_close()


def card(place: SimpleNamespace) -> tuple[Callable[..., Any], dict[str, Any]]:
    return partial(receive, StatusWidget(place.task)), {"type": "cancel"}


def cell_of_a_sweep(place: SimpleNamespace) -> tuple[Callable[..., Any], dict[str, Any]]:
    return partial(receive, SweepWidget(place.sweep)), {"type": "cancel", "view": "v", "cell": 0}


def whole_sweep(place: SimpleNamespace) -> tuple[Callable[..., Any], dict[str, Any]]:
    widget = SweepWidget(place.sweep)
    return partial(receive, widget), {
        "type": "act",
        "what": "cancel",
        "token": widget.head["token"],
        "number": 1,
    }


def row_of_the_history(place: SimpleNamespace) -> tuple[Callable[..., Any], dict[str, Any]]:
    display = HistoryTable(find_history(place.session))
    return partial(display.receive, "cancel"), {"key": place.task.key}


@pytest.mark.parametrize("button", [card, cell_of_a_sweep, whole_sweep, row_of_the_history])
def test_a_cancel_that_the_service_does_not_answer_stops_no_view_from_drawing(
    button: Callable[..., Any], place: SimpleNamespace
) -> None:
    press, message = button(place)
    other = StatusWidget(place.task)
    drawn = threading.Event()
    other.observe(lambda _: drawn.set(), "live")
    place.service.silent.set()
    press(message)
    assert place.service.asked.wait(60)
    place.session.call_soon(lambda: setattr(other, "live", {"drawn": True}))
    assert drawn.wait(50)  # less than the service is silent for
    assert place.session.flush(50)
