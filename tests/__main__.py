"""``python -m tests``: every check of this project, on what is installed.

``--fast`` leaves out what needs a browser, ``--matrix`` runs other versions and front ends instead, each in an
environment of its own (see ``tests/matrix.py``), ``--pin`` writes ``constraints.txt`` anew (``tests/pins.py``),
``--mutants`` tries whether the tests notice small changes of the money core (``tests/mutants/lane.py``); anything else is
passed on to pytest.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests import matrix, pins
from tests.checks import NO_TESTS, commands, reading_tests, run

NEED_BROWSER = """\
The browser tests need Chromium, and it could not be installed from here.
  Debian, Ubuntu:  sudo apt-get install chromium
  elsewhere:       install Chromium or Chrome and set CHROMIUM=/path/to/it
  without one:     python -m tests --fast   (leaves the browser tests out)
"""


def chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return named or next(filter(None, map(shutil.which, names)), None)


def have_browser() -> bool:
    """Chromium is there, or Debian's package could be installed."""
    if chromium() is None and shutil.which("apt-get") and os.geteuid() == 0:
        run("apt", ["apt-get", "update", "-q"])
        run(
            "apt",
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        )
    return chromium() is not None


def browser_tests(arguments: list[str]) -> list[str]:
    """Arguments that choose the browser tests: their folder, unless paths are asked for; to read all others takes long."""
    asked_for = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
    return ["-m", "browser", *([] if asked_for else ["tests/browser"])]


def main(arguments: list[str]) -> int:
    if "--help" in arguments or "-h" in arguments:
        print(__doc__)
        return 0
    if "--matrix" in arguments:
        return matrix.run([argument for argument in arguments if argument != "--matrix"])
    if "--mutants" in arguments:
        from tests.mutants import lane  # its tools are in an extra of their own

        return lane.run([argument for argument in arguments if argument != "--mutants"])
    if "--pin" in arguments:
        return pins.write()
    fast = "--fast" in arguments
    arguments = [argument for argument in arguments if argument != "--fast"]
    if not fast and not have_browser():
        print(NEED_BROWSER)
        return 1
    tools = Path(sys.executable).parent
    parts = commands(tools, arguments, [] if fast else browser_tests(arguments))
    beside = {title: parts.pop(title) for title in NO_TESTS}
    with reading_tests(tools):
        failed = [title for title, command in beside.items() if not run(title, command)]
    failed += [title for title, command in parts.items() if not run(title, command)]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
