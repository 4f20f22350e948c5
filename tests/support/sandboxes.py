"""The sandbox of ``use_sandbox()`` outlives its kernel: how tests find the one they started, and end it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import httpx

_LONGEST_S = 30


def card(state: Path) -> dict[str, Any]:
    """Where the sandbox of a state folder (``XDG_STATE_HOME``) listens, and its token; empty if there is none."""
    try:
        return json.loads((state / "cometact_nb-user" / "sandbox" / "sandbox.json").read_bytes())  # type: ignore[no-any-return]
    except OSError:
        return {}


def end(state: Path | None = None) -> None:
    """End the sandbox of a state folder, if one runs, and wait until it has ended."""
    found = card(state or Path(os.environ["XDG_STATE_HOME"]))
    if not found:
        return
    try:
        httpx.post(
            f"{found['base_url']}/sandbox/stop",
            json={},
            headers={"Authorization": f"Bearer {found['token']}"},
            trust_env=False,
            timeout=60,
        )
    except httpx.HTTPError:
        return
    deadline = time.monotonic() + _LONGEST_S
    while answers(found["base_url"]):
        assert time.monotonic() < deadline, "the sandbox goes on"


def answers(base_url: str) -> bool:
    """Whether a sandbox listens there."""
    try:
        return httpx.get(f"{base_url}/sandbox/info", trust_env=False, timeout=60).is_success
    except httpx.HTTPError:
        return False
