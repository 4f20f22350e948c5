"""``python -m tests --pin``: the versions that the checks run with, written anew into ``constraints.txt``.

uv resolves them for every Python from 3.11 on at once and writes markers where Pythons differ. It reads no file that
configures pip, so nothing of the machine gets into the result: names, versions, markers. It takes the package index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS = ROOT / "constraints.txt"
_HEADER = """\
# What `python -m tests` was last green with. `python -m tests --pin` writes this file; pyproject.toml has the ranges.
"""
_COMPILE = [
    "pip", "compile", "pyproject.toml", "--extra", "test", "--extra", "bench", "--extra", "mutants", "--universal", "--python-version", "3.11", "--upgrade", "--quiet",
    "--no-config", "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links",
]  # fmt: skip


def write() -> int:
    """Resolve pyproject.toml with the newest versions and write ``constraints.txt``; the exit code comes back."""
    folder = ROOT / "build" / "pin"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "pip"), "install", "-q", "-U", "uv"], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    resolved = subprocess.run(
        [str(folder / "bin" / "uv"), *_COMPILE],
        cwd=ROOT,
        env=clean,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    PINS.write_text(_HEADER + resolved, "utf-8")
    print(
        f"{PINS.name}: {len(resolved.splitlines())} lines. Run python -m tests with them before you commit."
    )
    return 0
