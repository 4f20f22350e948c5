"""Shows the progress of long work in one line that is written again and again."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["waiting_line"]

#: Work that takes no longer, in seconds, needs no line.
_SILENT_S = 1.0
_WIDTH = 30


@contextmanager
def waiting_line(
    what: str, progress: Callable[[float], None] | None = None
) -> Iterator[Callable[[float], None]]:
    """Give a function to call with the share that is done; take the line away at the end.

    Args:
        what: the work, such as "Preparing talk.mov".
        progress: is called in place of the line.
    """
    began, line = time.monotonic(), ""

    def report(done: float) -> None:
        nonlocal line
        text = f"{what[:80]} {'█' * round(done * _WIDTH):░<{_WIDTH}} {done:4.0%}"
        if text != line and time.monotonic() - began > _SILENT_S:
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()
            line = text

    try:
        yield progress or report
    finally:
        if line:
            sys.stderr.write("\r" + " " * len(line) + "\r")
            sys.stderr.flush()
