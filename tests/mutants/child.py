"""pytest in a process that collects once and then forks for each change, in a copy of the project."""

from __future__ import annotations

import gc
import importlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any

import coverage
import hypothesis
import pytest

from tests.mutants.changes import Change
from tests.mutants.swap import Functions

_HEAVY = [
    "anywidget",
    "av",
    "httpx",
    "IPython",
    "ipywidgets",
    "jupyter_client",
    "msgspec",
    "numpy",
    "PIL.Image",
]
_HEAVY += ["_pytest.config", "_pytest.python", "fsspec", "nest_asyncio2", "tornado.web", "tornado.httpserver"]
#: Tests that wait for threads and processes may fail because the machine is busy: their failure must come twice.
_HURRIED = (
    "tests/contract/",
    *(
        f"tests/unit/test_{name}.py"
        for name in (
            "buying",
            "cancelling",
            "clip_parts",
            "engine",
            "fetch",
            "following",
            "ledger",
            "purchase",
            "sending",
            "sending_again",
            "stopping",
            "turns",
            "watch",
            "watch_limits",
            "watching",
        )
    ),
)
#: A failure of such a test that came sooner had the time it needed, seconds: none of its waits is that short.
_IN_TIME_S = 3.0
#: Seconds of tests for one change. Quick ones go first, and few need more than one.
ENOUGH_S, QUICK_S = 8.0, 4.0
#: How much a second counts in which a test does not work: a busy machine makes quick tests wait.
_WAITING = 0.05
_EXAMPLES = 25
#: So many tests that noticed the last changes are tried before others that take up to so many times less long.
_LATELY, _SOONER = 8, 10
#: A test that takes longer than these seconds and so many times what it took without a change hangs.
_HANGS_S, _HANGS_TIMES = 5, 8


def prepare() -> None:
    """Import for all children at once what is slow to import and not this project's own."""
    for name in _HEAVY:
        with suppress(ImportError):
            importlib.import_module(name)
    hypothesis.settings.register_profile(
        "mutants", max_examples=_EXAMPLES, derandomize=True, database=None, deadline=None
    )
    hypothesis.settings.load_profile("mutants")


def enter(folder: Path, output: Path) -> None:
    """Become a process group of its own that works in a copy of the project and leaves no bytecode of a change."""
    os.setsid()
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ |= {
        "PYTHONPATH": str(folder),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "build" / "hypothesis"),
    }


def serve(
    folder: Path,
    module: str,
    tests: list[str],
    made: list[tuple[str, Change]],
    heard: Path,
    result: Path,
    enough_s: float,
) -> int:
    """Run the changes one by one and write down what became of each; pytest's exit code.

    Args:
        folder: a copy of the project, where this process works.
        module: the file that is changed, below it.
        tests: files of tests, below it.
        made: the changes with their keys.
        heard: keeps which test runs which line, and is believed if it is there.
        result: gets a line of JSON for each change: key, fate, the test that noticed.
        enough_s: seconds of tests for one change.
    """
    options = ["-q", "-s", "--tb=line", "-p", "no:cacheprovider", "-m", "not browser"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options += [
        "-o",
        "addopts=--import-mode=importlib",
        f"--basetemp={folder}/build/temp",
        "--hypothesis-seed=0",
    ]
    server = Server(folder / module, made, heard, result, enough_s)
    return int(pytest.main([*options, *tests], plugins=[server]))


class Server:
    """Takes the place of pytest's loop."""

    def __init__(
        self,
        path: Path,
        made: list[tuple[str, Change]],
        heard: Path,
        result: Path,
        enough_s: float,
    ) -> None:
        self._path, self._made, self._heard, self._result = path, made, heard, result
        self._enough_s = enough_s
        self._recent: list[str] = []
        self._source = path.read_text("utf-8")
        self._cover = coverage.Coverage(data_file=None, include=[str(path)], config_file=False)
        self._cover.start()  # the import of the module is to be seen, too

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._cover.stop()
        self._at_import = set(self._cover.get_data().lines(str(self._path)) or [])
        self._items = {item.nodeid: item for item in session.items}
        stops = _share_processes(session)
        for item in session.items:
            _shorten(item)
        try:
            self._listen()
            self._serve()
        finally:
            for stop in stops:
                stop()
        return True

    def _listen(self) -> None:
        """Learn which test runs which lines, how long each takes, and which fail without any change."""
        if not self._heard.exists():
            _waited(_forked(lambda: _listened(list(self._items.values()), self._path, self._heard)), 3600)
        heard = json.loads(self._heard.read_text())
        self._lines: dict[str, list[str]] = heard["lines"]
        self._seconds: dict[str, float] = heard["seconds"]
        self._effort: dict[str, float] = heard["effort"]
        for name in heard["failed"]:
            print(f"left out, it fails without any change: {name}", flush=True)
        for cached in self._path.parent.glob(f"__pycache__/{self._path.stem}.*.pyc"):
            cached.unlink()
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        self._functions = Functions(self._path)
        gc.freeze()  # what is there already is not copied into each fork

    def _serve(self) -> None:
        with self._result.open("a", encoding="utf-8") as lines:
            for key, change in self._made:
                began = time.monotonic()
                fate, test = self._fate(change)
                told = {"key": key, "fate": fate, "test": test, "seconds": round(time.monotonic() - began, 2)}
                lines.write(json.dumps(told) + "\n")
                lines.flush()
        self._path.write_text(self._source, "utf-8")

    def _fate(self, change: Change) -> tuple[str, str]:
        lines = set(range(change.line, change.last_line + 1))
        chosen = self._chosen(lines)
        if not chosen and not self._at_import & lines:
            return "survived", "no test runs it"
        self._path.write_text(change.code, "utf-8")
        began = time.monotonic()
        if not chosen:  # it runs at import: tests of what uses it first
            chosen = list(dict.fromkeys([*self._chosen(self._users(lines)), *self._chosen(None)]))
        fate, test = self._tried(change, chosen)
        is_quick = test.startswith("tests/unit/") and time.monotonic() - began < _IN_TIME_S
        if fate == "killed" and test.startswith(_HURRIED) and not is_quick:
            again, _ = self._tried(change, [test])
            if again != "killed":
                return self._tried(change, [one for one in chosen if one != test])
        return fate, test

    def _users(self, lines: set[int]) -> set[int]:
        """The lines that use a constant of the module."""
        source = self._source.splitlines()
        begins = [re.match(r"[\w, ]+(?=[:=])", source[line - 1]) for line in lines]
        names = {name for begin in begins if begin for name in re.findall(r"\w+", begin.group())}
        return {at for at, text in enumerate(source, 1) if names.intersection(re.findall(r"\w+", text))}

    def _chosen(self, lines: set[int] | None) -> list[str]:
        """The tests that run a line, or all: quick ones first, and those that noticed something lately, while there is time."""
        names = set(self._seconds)
        if lines is not None:
            names &= {name for line in lines for name in self._lines.get(str(line), [])}
        chosen, total = [], 0.0
        for name in sorted(names, key=lambda one: (self._weight_s(one), one)):
            total += self._effort[name]
            if total > self._enough_s:
                break
            chosen.append(name)
        return chosen

    def _weight_s(self, name: str) -> float:
        return self._effort[name] / (_SOONER if name in self._recent else 1)

    def _tried(self, change: Change, chosen: list[str]) -> tuple[str, str]:
        """``killed``, ``late``, ``survived``, or ``import`` for a change that only a new import shows."""
        noticed = self._result.with_name(f"{self._result.name}.noticed")
        noticed.unlink(missing_ok=True)
        limit = sum(_HANGS_S + _HANGS_TIMES * self._seconds[name] for name in chosen)
        code = _waited(_forked(lambda: self._run(change, chosen, noticed)), limit)
        fate = {None: "late", -signal.SIGALRM: "late", 0: "survived", 1: "killed"}.get(code, "import")
        test = noticed.read_text() if noticed.exists() else ""
        if test:
            self._recent = [test, *(one for one in self._recent if one != test)][:_LATELY]
        return fate, test

    def _run(self, change: Change, chosen: list[str], noticed: Path) -> int:
        if not (self._functions.swap(change.code) or self._functions.carry(change.code)):
            return _NOT_SO
        for name, after in zip_longest(chosen, chosen[1:]):
            signal.setitimer(signal.ITIMER_REAL, _HANGS_S + _HANGS_TIMES * self._seconds[name])
            if _fails(self._items[name], self._items.get(after)):
                noticed.write_text(name)
                return 1
        return 0


_NOT_SO = 77


def _forked(work: Callable[[], int]) -> int:
    """The id of a process group of its own that does the work and exits with what that gives."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    code = 70
    try:
        code = work()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _waited(pid: int, seconds: float) -> int | None:
    """The exit code, or None if it took too long. Stops what it left running."""
    until = time.monotonic() + seconds
    status: int | None = None
    while status is None and time.monotonic() < until:
        ended, got = os.waitpid(pid, os.WNOHANG)
        status = got if ended else None
        if status is None:
            time.sleep(0.005)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if status is None:
        os.waitpid(pid, 0)
    return status if status is None else os.waitstatus_to_exitcode(status)


def _fails(item: pytest.Item, after: pytest.Item | None) -> bool:
    before = item.session.testsfailed
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
    return item.session.testsfailed > before


def _listened(items: list[pytest.Item], path: Path, kept: Path) -> int:
    cover = coverage.Coverage(data_file=None, include=[str(path)], config_file=False)
    cover.start()
    seconds, effort, failed = {}, {}, []
    for item, after in zip_longest(items, items[1:]):
        cover.switch_context(item.nodeid)
        began, worked = time.monotonic(), time.process_time()
        if _fails(item, after):
            failed.append(item.nodeid)
        else:
            took, worked = time.monotonic() - began, time.process_time() - worked
            seconds[item.nodeid] = took
            effort[item.nodeid] = worked + _WAITING * (took - worked)
    cover.stop()
    lines = cover.get_data().contexts_by_lineno(str(path))
    found = {str(line): tests for line, tests in lines.items()}
    kept.write_text(json.dumps({"seconds": seconds, "effort": effort, "lines": found, "failed": failed}))
    return 0


def _shorten(item: pytest.Item) -> None:
    """A property test that asks for many examples gets by with fewer."""
    test = getattr(item, "obj", None)
    settings = getattr(test, "_hypothesis_internal_use_settings", None)
    if settings is not None and settings.max_examples > _EXAMPLES:
        test._hypothesis_internal_use_settings = hypothesis.settings(  # type: ignore[union-attr]
            settings, max_examples=_EXAMPLES, derandomize=True, database=None, deadline=None
        )


def _share_processes(session: pytest.Session) -> list[Callable[[], None]]:
    """Start the sandboxes that whole sessions share before any fork; what stops them comes back."""
    wanted = {name for item in session.items for name in getattr(item, "fixturenames", [])}
    options: list[tuple[str, ...]] = [()] if "shared_sandbox" in wanted else []
    if "shaped_sandbox" in wanted:
        options += [("--shape", shape) for shape in ("bare", "wrapped", "alternating")]
    stops: list[Callable[[], None]] = []
    for plugin in session.config.pluginmanager.get_plugins():
        made = getattr(plugin, "SandboxProcess", None)
        if made is None or not options:
            continue
        shared: dict[tuple[str, ...], Any] = {option: made(*option) for option in options}
        stops += [process.stop for process in shared.values()]
        for process in shared.values():
            process.stop = lambda: None
        plugin.SandboxProcess = lambda *option, _shared=shared: _shared[option]
    return stops
