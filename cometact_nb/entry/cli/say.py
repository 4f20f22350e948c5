"""What a command says: its result on standard output, all else on standard error; and its exit codes."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

__all__ = [
    "BAD", "DECLINED", "HISTORY", "MISSING", "OK", "RUNNING", "UNREACHED", "USAGE", "ask", "note", "progress",
    "result",
]  # fmt: skip

OK, BAD, USAGE, MISSING, UNREACHED, HISTORY, RUNNING, DECLINED = range(8)


def result(value: Any, text: str, *, as_json: bool) -> None:
    """Write what was asked for, as JSON or as text."""
    told = json.dumps(value, indent=2, ensure_ascii=False, default=_plain) if as_json else text
    sys.stdout.write(told + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Write what is said beside the result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def ask(question: str) -> str:
    """Ask on standard error; what was typed comes back, an empty text at the end of the input."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def progress(text: str, *, as_json: bool) -> None:
    """Write how a command comes along: among its text, and beside its JSON."""
    print(text, file=sys.stderr if as_json else sys.stdout, flush=True)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not written as JSON")
