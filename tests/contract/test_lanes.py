"""A service that hangs in one kind of request holds up no other kind; a cancel goes first."""

from __future__ import annotations

import _thread
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Secret
from cometact_nb.domain.task import Status
from cometact_nb.errors import CancelRefused, NotSentError, WaitInterrupted
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session

VIDEO = b"\0\0\0\x18ftypisom" + b"x" * 5000


class Hanging:
    """The paid API on a real socket. A kind of request, or a task, in ``hung`` is not answered until the end."""

    def __init__(self) -> None:
        self.hung: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.hanging = 0
        self.deleted: list[str] = []
        self.refused_for_s: float | None = None
        self.status = "RUNNING"
        self.released = threading.Event()
        self._guard = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                number = service.begin("create")
                if service.refused_for_s is not None:
                    self._answer(429, b"{}", **{"Retry-After": f"{service.refused_for_s:g}"})
                else:
                    self._answer(200, b'{"id": "task-%d"}' % number)

            def do_GET(self) -> None:
                if self.path.startswith("/clip"):
                    service.begin("download")
                    self._answer(200, VIDEO, **{"Content-Type": "video/mp4"})
                    return
                name = self.path.rpartition("/")[2]
                service.begin("poll", name)
                link = f"{service.url}/clip.mp4?token=x"
                body = f'{{"id": "{name}", "status": "{service.status}", "output": ["{link}"]}}'
                self._answer(200, body.encode())

            def do_DELETE(self) -> None:
                service.begin("cancel")
                service.deleted.append(self.path.rpartition("/")[2])
                self._answer(204, b"")

            def _answer(self, status: int, body: bytes, **headers: str) -> None:
                try:
                    self.send_response(status)
                    for name, value in {"Content-Type": "application/json", **headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # whoever asked does not wait any more

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def begin(self, kind: str, name: str = "") -> int:
        with self._guard:
            self.counts[kind] = number = self.counts.get(kind, 0) + 1
            hangs = not self.hung.isdisjoint({kind, name})
            self.hanging += hangs
        if hangs:
            self.released.wait(60)
        return number

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.close()


@pytest.fixture
def session(service: Hanging, tmp_path: Path) -> Iterator[Session]:
    config = Config(
        base_url=service.url,
        api_key=Secret("sk-canary"),
        history=str(tmp_path / "history.sqlite"),
        output_dir=tmp_path / "clips",
        time_scale=0.02,
    )
    made = Session(config)
    yield made
    made.close()


def submit(session: Session, service: Hanging, seed: int = 1) -> Any:
    return session.submit(
        character="https://example.com/hero.png", reference="https://example.com/act.mp4", seed=seed
    )


def _interrupt_when(happened: Callable[[], object]) -> None:
    """Press the main thread's Ctrl-C as soon as ``happened()`` is true."""

    def work() -> None:
        until(happened)
        _thread.interrupt_main()

    threading.Thread(target=work, daemon=True).start()


def test_cancels_go_out_at_once_while_polls_hang(session: Session, service: Hanging) -> None:
    tasks = [submit(session, service, seed) for seed in range(6)]
    service.hung.add("poll")
    before = service.counts["poll"]
    until(lambda: service.counts["poll"] >= before + 2)
    began = time.monotonic()
    threads = [threading.Thread(target=task.cancel, daemon=True) for task in tasks]
    for thread in threads:
        thread.start()
    until(lambda: service.counts.get("cancel", 0) == 6)
    assert not service.released.is_set()  # and so no poll had its answer; one that hangs is given 30 s
    assert time.monotonic() - began < 25
    for thread in threads:
        thread.join(60)


def test_a_clip_that_was_just_made_is_not_deleted_by_a_cancel_though_looks_at_other_tasks_hang(
    session: Session, service: Hanging
) -> None:
    """Six polls hang, and the looks before eight cancels: more than there are connections for polls."""
    made, *others = [submit(session, service, seed) for seed in range(9)]
    service.hung |= {task.id for task in others if task.id}
    until(lambda: service.hanging == 6)
    service.status = "SUCCEEDED"
    threads = [threading.Thread(target=task.cancel, daemon=True) for task in others]
    for thread in threads:
        thread.start()
    until(lambda: service.hanging >= 8)
    made.cancel()
    assert made.id not in service.deleted
    until(lambda: len(service.deleted) == 8)
    assert made.status is Status.SUCCEEDED
    service.released.set()
    for thread in threads:
        thread.join(60)


def test_creates_and_downloads_go_on_while_polls_and_cancels_hang(session: Session, service: Hanging) -> None:
    service.status = "SUCCEEDED"
    first = submit(session, service)
    service.hung |= {"cancel"}
    assert first.wait(60).clip
    service.hung |= {"poll"}
    for seed in range(2, 12):
        submit(session, service, seed)
    assert service.counts["create"] == 11


def test_polls_and_cancels_go_on_while_downloads_hang(session: Session, service: Hanging) -> None:
    service.hung.add("download")
    service.status = "SUCCEEDED"
    for seed in range(6):
        submit(session, service, seed)
    until(lambda: service.counts.get("download", 0) >= 2)
    service.status = "RUNNING"
    task = submit(session, service, 7)
    before = service.counts["poll"]
    until(lambda: service.counts["poll"] >= before + 3)
    task.cancel()
    assert service.counts["cancel"] == 1


def test_polls_and_cancels_go_on_while_a_create_hangs(session: Session, service: Hanging) -> None:
    task = submit(session, service)
    service.hung.add("create")
    threading.Thread(target=lambda: submit(session, service, 2), daemon=True).start()
    until(lambda: service.counts["create"] == 2)
    before = service.counts.get("poll", 0)
    until(lambda: service.counts.get("poll", 0) >= before + 3)
    task.cancel()
    assert service.counts["cancel"] == 1
    service.released.set()


def test_a_sweep_s_cancels_do_not_wait_for_a_create_that_hangs(session: Session, service: Hanging) -> None:
    inputs: dict[str, Any] = {
        "character": "https://example.com/hero.png",
        "reference": "https://example.com/act.mp4",
    }
    sweep = session.sweep(**inputs, seed=list(range(4)), name="s")
    held = threading.Event()

    def hang_from_the_third() -> None:
        until(lambda: service.counts.get("create", 0) >= 2)
        service.hung.add("create")
        held.set()

    threading.Thread(target=hang_from_the_third, daemon=True).start()
    sweep.run(yes=True, canary=False)
    assert held.wait(60)
    until(lambda: service.counts["create"] > 2 or len(session.tasks()) == 4)
    known = sum(task.id is not None for task in session.tasks())
    cancelling = threading.Thread(target=sweep.cancel, daemon=True)
    cancelling.start()
    until(lambda: service.counts.get("cancel", 0) >= known)
    service.released.set()
    cancelling.join(60)
    assert not cancelling.is_alive()
    assert service.counts["cancel"] == service.counts["create"]  # the late one, too


def test_one_poll_that_hangs_holds_up_no_other(session: Session, service: Hanging) -> None:
    service.hung.add("poll")
    first = submit(session, service)
    until(lambda: service.counts.get("poll", 0) == 1)
    service.hung.clear()
    service.status = "SUCCEEDED"
    for seed in range(2, 5):
        assert submit(session, service, seed).wait(60).clip
    assert not first.status.is_terminal


def test_a_cancel_right_after_a_success_deletes_nothing(session: Session, service: Hanging) -> None:
    task = submit(session, service)
    before = service.counts.get("poll", 0)
    until(lambda: service.counts.get("poll", 0) > before)  # and so its state seems fresh
    service.status = "SUCCEEDED"
    task.cancel()
    assert service.counts.get("cancel", 0) == 0
    assert task.wait(60).clip


@pytest.mark.parametrize("how", ["an interrupt", "a cancel", "a close"])
def test_a_submit_that_waits_to_be_sent_again_is_stopped_for_good(
    session: Session, service: Hanging, how: str
) -> None:
    service.refused_for_s = 30.0
    ends: list[BaseException | Any] = []

    def work() -> None:
        try:
            ends.append(submit(session, service))
        except BaseException as error:  # noqa: BLE001
            ends.append(error)

    if how == "an interrupt":
        _interrupt_when(lambda: _waits(session))
        with pytest.raises(WaitInterrupted, match="Nothing was bought"):
            submit(session, service)
    else:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        until(lambda: _waits(session))
        (task,) = session.tasks()
        if how == "a cancel":
            task.cancel()
        else:
            session.close()
        thread.join(60)
        assert not thread.is_alive()
        assert task.status is Status.REFUSED
    service.refused_for_s = None
    again = session.task(_only_key(session))
    assert again.status is Status.REFUSED
    assert service.counts["create"] == 1


def test_a_cancel_that_comes_before_the_id_says_that_it_did_nothing(
    session: Session, service: Hanging
) -> None:
    service.hung.add("create")
    sending = threading.Thread(target=submit, args=(session, service), daemon=True)
    sending.start()
    until(lambda: service.counts.get("create"))
    (task,) = session.tasks()
    with pytest.raises(CancelRefused, match="not given the task an id yet"):
        task.cancel()
    service.status = "SUCCEEDED"
    service.released.set()
    sending.join(60)
    assert task.wait(60).clip


def test_a_submit_that_is_given_up_before_it_is_sent_is_not_sent(session: Session, service: Hanging) -> None:
    config = session.config
    request = ActTwoRequest(character="https://example.com/a.png", reference="https://example.com/a.mp4")
    job = session.new_job(config.endpoint)
    session.engine.give_up(job)
    with pytest.raises(NotSentError, match="Nothing was bought"):
        session.run(session.engine.submit(job, request, 0.4))
    assert service.counts == {}


def test_an_interrupt_while_the_request_is_on_its_way_keeps_what_comes_of_it(
    session: Session, service: Hanging
) -> None:
    service.hung.add("create")
    _interrupt_when(lambda: service.counts.get("create"))
    with pytest.raises(WaitInterrupted, match="that goes on"):
        submit(session, service)
    service.released.set()
    (task,) = session.tasks()
    until(lambda: task.id == "task-1")
    assert service.counts["create"] == 1


def _waits(session: Session) -> bool:
    return any("sending again" in (task.state.waiting_for or "") for task in session.tasks())


def _only_key(session: Session) -> str:
    async def read() -> str:
        ((key,),) = session.engine.history.query("SELECT key FROM tasks", ())
        return str(key)

    return session.run(read())
