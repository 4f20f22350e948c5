"""Kernels to be killed: each buys, waits for its clips, and dies when it is told to.

What it buys is one ``task``, one whose download is ``cut`` in the middle, or a ``sweep`` of four cells.

``python victim.py BASE_URL`` reads lines ``FOLDER POINT RUN WHAT`` and forks a child for each, so that the imports
are paid once. A child dies with SIGKILL right before (``3-``) or right after (``3+``) its third durable step (a
transaction of the history, an fsync, a rename or a link), or ``0.35s`` after it began to submit; ``0+`` never.
What it said is in ``FOLDER/output``; the exit status is printed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av  # noqa: F401  (imported once, for all)
import PIL.Image  # noqa: F401
from present import present

import cometact_nb as act
from cometact_nb.handles import session as sessions  # noqa: F401
from cometact_nb.handles import task as tasks  # noqa: F401
from cometact_nb.store.clips import media
from cometact_nb.store.journal import history


def say(*words: object) -> None:
    """One write a line: two threads speak here, and ``print`` writes a line in pieces."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Arrange for death at ``point``."""
    if point.endswith("s"):
        threading.Timer(float(point[:-1]), die).start()
        return
    number, side = int(point[:-1]), point[-1]
    counter = itertools.count(1)

    def durable(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*args: Any, **named: Any) -> Any:
            count = next(counter)
            say(count, name)
            if (count, side) == (number, "-"):
                die()
            result = step(*args, **named)
            if (count, side) == (number, "+"):
                die()
            return result

        return taken

    class Connection(sqlite3.Connection):
        """Every transaction is a durable step."""

        def execute(self, sql: str, *args: Any) -> Any:
            if sql == "COMMIT" or (sql.startswith("UPDATE") and not self.in_transaction):
                return durable(sql.split(maxsplit=1)[0], super().execute)(sql, *args)
            return super().execute(sql, *args)

    connect = sqlite3.connect
    history.sqlite3.connect = lambda *args, **named: connect(*args, **named, factory=Connection)  # type: ignore[attr-defined]
    for name in ("fsync", "link"):
        setattr(media.os, name, durable(name, getattr(os, name)))  # type: ignore[attr-defined]
    Path.replace = durable("replace", Path.replace)  # type: ignore[method-assign]


def live(folder: Path, base_url: str, point: str, run: str, what: str) -> None:
    """A kernel's life."""
    act.configure(history=str(folder / "history.sqlite"), output_dir=folder / "clips")
    sandbox = present(act.use_sandbox(300, url=base_url))
    arm(point)
    character = f"{sandbox.character}?run={run}{'&scenario=cut-output' if what == 'cut' else ''}"
    if what == "sweep":
        sweep = act.sweep(character=character, reference=sandbox.reference, replicates=4, name="killed")
        sweep.run(yes=True, canary=False).wait(60)
    else:
        task = act.submit(character=character, reference=sandbox.reference)
        say("submitted", task.id)
        task.wait(60)
    say("done")


def main() -> None:
    base_url = sys.argv[1]
    for line in sys.stdin:
        folder, point, run, what = line.split()
        child = os.fork()
        if child == 0:
            output = os.open(f"{folder}/output", os.O_CREAT | os.O_WRONLY)
            os.dup2(output, 1)
            os.dup2(output, 2)
            live(Path(folder), base_url, point, run, what)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
