"""Prints a command's result on standard output and all else on standard error; defines the exit codes."""

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
    """Print the result, as JSON or as text."""
    message = json.dumps(value, indent=2, ensure_ascii=False, default=_plain) if as_json else text
    sys.stdout.write(message + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Print a message beside the result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def ask(question: str) -> str:
    """Ask on standard error, and return the answer; an empty text at the end of the input."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def progress(text: str, *, as_json: bool) -> None:
    """Print progress: on standard output among text, on standard error beside JSON."""
    print(text, file=sys.stderr if as_json else sys.stdout, flush=True)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not written as JSON")
