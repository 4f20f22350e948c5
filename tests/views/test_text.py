"""Lines for a terminal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import pytest
from states import ACCEPTED, NOW, STATES, intended, replay, seen

from cometact_nb.domain.task import Status, TaskState
from cometact_nb.handles.task import Task
from cometact_nb.views.task.text import card_text, line, waiting


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Ascii(io.StringIO):
    encoding = "ascii"

    def write(self, text: str) -> int:
        return super().write(text.encode("ascii").decode())


class Handle:
    """As much of a task's handle as a line needs."""

    def __init__(self, state: TaskState) -> None:
        self.state = state


def test_a_line_says_state_progress_time_and_task() -> None:
    assert line(STATES["RUNNING"], NOW) == "⠋ RUNNING 42 % · 42 s · task 5b91e444"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (3599, "59 min 59 s"), (7260, "2 h 01 min")],
)
def test_elapsed_time_is_in_words(seconds: float, words: str) -> None:
    state = replay(intended(), ACCEPTED)
    assert words in line(state, NOW - 42 + seconds)


def test_the_clips_path_is_relative_where_a_notebook_is_and_absolute_elsewhere(tmp_path: Path) -> None:
    state = STATES["SUCCEEDED"]
    clip = state.clips[0].path
    assert clip in card_text(state, now=NOW, sandbox=False)
    folder = clip.rsplit("/", 2)[0]
    shown = card_text(state, now=NOW, sandbox=False, notebook_dir=type(tmp_path)(folder))
    assert clip not in shown
    assert "act_two_outputs/" in shown


def test_a_terminal_has_one_line_drawn_over_itself() -> None:
    out = Terminal()
    handle = Handle(STATES["PENDING"])
    with waiting(cast("Task", handle), out) as tick:
        for name in ("THROTTLED", "RUNNING", "SUCCEEDED"):
            handle.state = STATES[name]
            tick()
    shown = out.getvalue()
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
    assert shown.rsplit("\r", 1)[1].startswith("✓ SUCCEEDED")


def test_a_log_has_a_line_for_each_new_status() -> None:
    out = io.StringIO()
    handle = Handle(STATES["PENDING"])
    with waiting(cast("Task", handle), out) as tick:
        for name in ("PENDING", "RUNNING", "RUNNING without progress", "SUCCEEDED"):
            handle.state = STATES[name]
            tick()
            tick()
    lines = out.getvalue().splitlines()
    assert [entry.split()[1] for entry in lines] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert "\r" not in out.getvalue()


def test_a_terminal_without_unicode_gets_question_marks_and_no_error() -> None:
    out = Ascii()
    handle = Handle(replay(intended(), ACCEPTED, seen(Status.RUNNING, progress=0.5)))
    with waiting(cast("Task", handle), out) as tick:
        tick()
    assert "RUNNING 50 %" in out.getvalue()
