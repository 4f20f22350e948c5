"""Writes one task as text, for terminals, logs, GitHub and screen readers."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, TextIO

from cometact_nb.views.base import wording as words
from cometact_nb.views.base.output import write
from cometact_nb.views.task.facts import CardFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cometact_nb.domain.task import ClipInfo, TaskState
    from cometact_nb.handles.task import Task

__all__ = ["card_text", "line", "text_of", "waiting"]

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
#: The least seconds between two drawings of the line on a terminal.
_REDRAW_S = 0.1


def card_text(state: TaskState, *, now: float, sandbox: bool, notebook_dir: Path | None = None) -> str:
    """A task in two to six lines.

    Args:
        state: the task.
        now: Unix seconds.
        sandbox: the task runs on this machine and nothing is billed.
        notebook_dir: see :func:`text_of`.
    """
    return text_of(CardFacts(state, now, sandbox), notebook_dir=notebook_dir)


def text_of(facts: CardFacts, *, notebook_dir: Path | None = None) -> str:
    """A task in two to six lines.

    Args:
        facts: the task.
        notebook_dir: clips get paths relative to it; absolute paths when None.
    """
    state, advice = facts.state, facts.advice
    first = [f"Act-Two {words.short_id(state)}", words.label(state)]
    if percent := words.reported(state):
        first[-1] += f" {percent}"
    if facts.sandbox:
        first.append("SANDBOX")
    if facts.elapsed:
        first.append(facts.elapsed)
    lines = [" · ".join(first), words.message(advice.headline, 600)]
    if advice.cure:
        lines.append(words.message(advice.cure, 600))
    if state.cancel_message:
        lines.append(f"Not cancelled. {words.message(state.cancel_message)}")
    lines += [_clip(clip, notebook_dir) for clip in state.clips]
    lines.append(facts.money)
    if not state.is_settled:
        lines[-1] += f" · as of {words.moment(facts.now)}"
    return "\n".join(lines)


def _clip(clip: ClipInfo, notebook_dir: Path | None) -> str:
    where = words.clean(words.place(clip.place, notebook_dir), 300)
    return " · ".join([where, *words.clip_facts(clip)])


def line(state: TaskState, now: float, spinner: str = _SPINNER[0]) -> str:
    """Write a task in one line: ``⠋ RUNNING 42 % · 31 s · task 5b91e444``."""
    percent = words.reported(state)
    mark = "✓" if state.clips else "■" if state.is_settled else spinner
    seconds = words.elapsed(state, now)
    parts = [
        f"{mark} {words.label(state)} {percent}".rstrip(),
        words.duration(seconds or 0),
        f"task {words.short_id(state)}",
    ]
    return " · ".join(parts)


@contextmanager
def waiting(task: Task, stream: TextIO | None = None) -> Iterator[Callable[[], None]]:
    """Show on a terminal the progress of a task; from the main thread.

    Use it as ``with waiting(task) as tick`` and call ``tick()`` often.
    On a terminal one line is drawn anew by each ``tick``; elsewhere each new status gets a line of its own.

    Args:
        task: to wait for.
        stream: default ``sys.stdout``.
    """
    out = sys.stdout if stream is None else stream
    line_or_log = _Line(task, out) if out.isatty() else _Log(task, out)
    line_or_log.tick()
    try:
        yield line_or_log.tick
    finally:
        line_or_log.close()


class _Line:
    """Draws a line over itself."""

    def __init__(self, task: Task, out: TextIO) -> None:
        self._task, self._out = task, out
        self._spinner = cycle(_SPINNER)
        self._drawn_at = float("-inf")

    def tick(self) -> None:
        now = time.monotonic()
        if now - self._drawn_at >= _REDRAW_S:
            self._drawn_at = now
            self._draw()

    def close(self) -> None:
        self._draw()
        write(self._out, "\n")

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        text = line(self._task.state, time.time(), next(self._spinner))[:width]
        write(self._out, f"\r{text}{' ' * (width - len(text))}\r{text}")


class _Log:
    """Writes a line for each new status."""

    def __init__(self, task: Task, out: TextIO) -> None:
        self._task, self._out = task, out
        self._last = ""

    def tick(self) -> None:
        label = words.label(self._task.state)
        if label != self._last:
            self._last = label
            write(self._out, line(self._task.state, time.time(), "·") + "\n")

    def close(self) -> None:
        self.tick()
