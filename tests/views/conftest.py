"""What the tests of several views share: their states, and a panel over the sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.views.panel.panel import Panel

if TYPE_CHECKING:
    from services import SandboxProcess

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def panel(session: Session, sandbox: SandboxProcess) -> Panel:
    fields = {"character": sandbox.character, "reference": sandbox.reference, "seed": 7}
    return Panel(session, fields)


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[Session]:
    made = Session(Config(history=str(tmp_path / "history.sqlite")))
    yield made
    made.close()
