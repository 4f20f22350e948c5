"""The picture of the rooms shows the imports as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_picture_of_the_rooms_is_up_to_date() -> None:
    """If it is not, run ``python docs/architecture.py`` and commit the picture."""
    code = "import architecture, sys; sys.stdout.write(architecture.drawn())"
    run = subprocess.run([sys.executable, "-c", code], cwd=DOCS, capture_output=True, text=True, check=True)
    assert run.stdout == (DOCS / "architecture.svg").read_text("utf-8")
