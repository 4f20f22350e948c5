"""Clips sent to a page in pieces: one that has to be fetched first holds up no other view."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from messages import receive
from present import present
from reports import finished_sweep

from cometact_nb.handles.clip import Clip
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.gallery.gallery import Gallery
from cometact_nb.views.sweep.widget import SweepWidget
from cometact_nb.views.task.widget import StatusWidget

if TYPE_CHECKING:
    from services import SandboxProcess

MAKERS = {
    "card": lambda sweep: StatusWidget(present(sweep.cells[0].task)),
    "gallery": Gallery,
    "sweep": SweepWidget,
}
ASKED = {"type": "clip", "view": "v", "file": "clip", "cell": 0, "index": 0, "offset": 0, "size": 1000}


@pytest.fixture(scope="module")
def sweep(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    made = finished_sweep(tmp_path_factory.mktemp("sweep"), shared_sandbox)
    yield made
    assert isinstance(made.session, Session)
    made.session.close()


@pytest.mark.parametrize("view", MAKERS)
def test_a_clip_that_is_being_fetched_holds_up_no_other_view(
    sweep: Sweep, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched, sent, drawn = threading.Event(), threading.Event(), threading.Event()
    file = present(sweep.cells[0].clip).path

    def path(_: Clip) -> Path:
        assert fetched.wait(120)
        return file

    def send(content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if content["type"] == "clip":
            assert buffers == [file.read_bytes()[:1000]]
            sent.set()

    monkeypatch.setattr(Clip, "path", property(path))
    widget = MAKERS[view](sweep)
    widget.send = send
    receive(widget, ASKED)
    sweep.session.call_soon(drawn.set)
    assert drawn.wait(60)
    assert not sent.is_set()
    fetched.set()
    assert sent.wait(60)
