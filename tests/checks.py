"""What ``python -m tests`` and the lanes of its matrix run: the check's parts, each as a command, and how they went."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: A file at a time, since its tests share a process or two. (The groups of pytest-xdist 3.8 would do, too, but pytest 9.2
#: does not see them.)
_PARALLEL = ["-n", "5", "--dist", "loadfile", "--no-loadscope-reorder"]
#: How pytest begins the line of a test that failed, in the summary at its end.
_NAMES = ("FAILED ", "ERROR ")
_LAST_LINES = 12
#: The parts that run no test of pytest's.
NO_TESTS = ("lint", "format", "types", "frontend")


def commands(tools: Path, arguments: list[str], browser: list[str]) -> dict[str, list[str]]:
    """Each part by its name.

    Args:
        tools: the folder of an environment's programs: ``python -m`` would test the checkout, not what is installed.
        arguments: pytest's, for both parts that are tests.
        browser: what chooses the browser tests; empty for none.
    """
    pytest = str(tools / "pytest")
    parts = {
        "lint": [str(tools / "ruff"), "check"],
        "format": [str(tools / "ruff"), "format", "--check"],
        "types": [str(tools / "mypy")],
        "frontend": [str(tools / "python"), "-m", "tests.node"],
        # Most of these tests wait for a process.
        "tests": [pytest, "-m", "not browser", *_PARALLEL, *arguments],
    }
    return {**parts, "browser": [pytest, *browser, *arguments]} if browser else parts


@contextmanager
def reading_tests(tools: Path) -> Iterator[None]:
    """Read all tests beside what is done meanwhile: pytest keeps what it compiles, and each of its processes needs that."""
    command = [str(tools / "pytest"), "--collect-only", "-q"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=quiet, stderr=quiet):
        yield


def run(
    title: str, command: list[str], log: Path | None = None, more: Mapping[str, str] | None = None
) -> bool:
    """Run a command with ``more`` in its environment, show what it prints, keep that in ``log``; whether it ended well."""
    began = time.monotonic()
    print(f"\n=== {title}: {' '.join(command)}", flush=True)
    env = _environment(more)
    ok = (_kept(command, log, env) if log else subprocess.call(command, cwd=ROOT, env=env)) == 0
    print(f"=== {title}: {'ok' if ok else 'FAILED'} after {time.monotonic() - began:.0f} s", flush=True)
    return ok


def _environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, but Python keeps what it compiles: else each of many processes compiles all tests anew."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(more or {})}


def _kept(command: list[str], log: Path, env: Mapping[str, str]) -> int:
    with (
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            kept.write(line)
    return process.returncode


def broken(logs: Mapping[str, Path]) -> str:
    """What failed, part by part: the tests' names, or the last lines of what the part printed."""
    told = []
    for title, log in logs.items():
        lines = log.read_text("utf-8").splitlines()
        named = [line for line in lines if line.startswith(_NAMES)]
        told += [
            f"{title} ({log}):",
            *(f"  {line}" for line in named or lines[-_LAST_LINES:]),
        ]
    return "\n".join(told)
