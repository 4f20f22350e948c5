"""What tests of several subjects share: a session in which requests cost something, and a host of inputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from files import Host, image_bytes, serving, video_bytes
from served import Served
from web_folder import WebFolder, web_folder

from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess


@pytest.fixture
def priced(session: Session) -> Session:
    """A session where a request costs $0.40, as on the real service."""
    session.configure(price=0.40)
    return session


@pytest.fixture
def host() -> Iterator[Host]:
    """A host of inputs of its own."""
    with serving() as made:
        yield made


@pytest.fixture(scope="session")
def clip() -> bytes:
    """A clip of four seconds."""
    return video_bytes(4)


# --- files of this machine, to be published ---------------------------------------------------------


@pytest.fixture
def new_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has agreed to anything yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)  # what is made of a file lies beside the notebook


@pytest.fixture
def me(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    path.write_bytes(image_bytes("PNG", (320, 320)))
    return path


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.mp4"
    path.write_bytes(video_bytes(3.5))
    return path


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebFolder]:
    """A folder that a web server shows."""
    with web_folder(tmp_path / "www") as shown:
        yield shown


@pytest.fixture(scope="module")
def served(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A Jupyter server with a project, for all tests of a module."""
    made = Served(tmp_path_factory.mktemp("served"), shared_sandbox)
    yield made
    made.server.stop()


@pytest.fixture
def clip_row(served: Served) -> Iterator[Served]:
    """The same; its rows are afterwards as they were before."""
    before = served.history.read_bytes()
    yield served
    served.history.write_bytes(before)
