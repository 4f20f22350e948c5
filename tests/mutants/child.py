"""One run of pytest in a process of its own, forked from one that has imported what is slow to import."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import coverage
import pytest

_SLOW = [
    "anywidget",
    "av",
    "httpx",
    "hypothesis",
    "IPython",
    "ipywidgets",
    "jupyter_client",
    "msgspec",
    "numpy",
    "PIL.Image",
]
_SLOW += ["_pytest.config", "_pytest.python", "fsspec", "nest_asyncio2", "tornado.web", "tornado.httpserver"]
_QUICK_S = 0.2


def prepare() -> None:
    """Import for all children at once whatever is not this project's own."""
    for name in _SLOW:
        with suppress(ImportError):
            importlib.import_module(name)


class Chosen:
    """Runs some tests only: quick files first, in them quick tests first.

    Args:
        seconds: how long each chosen test took.
    """

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds = seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._seconds]
        total: dict[Path, float] = {}
        for item in chosen:
            total[item.path] = total.get(item.path, 0.0) + self._seconds[item.nodeid]
        chosen.sort(key=lambda item: (total[item.path], self._seconds[item.nodeid] > _QUICK_S))
        items[:] = chosen


class Listener:
    """Writes down which test runs which lines of a module, and how long each takes."""

    def __init__(self, module: str) -> None:
        self._cover = coverage.Coverage(
            data_file=None, include=[str(Path(module).resolve())], config_file=False
        )
        self._seconds: dict[str, float] = {}
        self._module = str(Path(module).resolve())
        self._cover.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        self._cover.switch_context(item.nodeid)
        began = time.monotonic()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] = time.monotonic() - began

    def report(self) -> dict[str, Any]:
        self._cover.stop()
        lines = self._cover.get_data().contexts_by_lineno(self._module)
        return {"seconds": self._seconds, "lines": {str(line): tests for line, tests in lines.items()}}


def enter(folder: Path, output: Path) -> None:
    """Become a process group of its own that works in a copy of the project and leaves no bytecode of a change."""
    os.setsid()
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    os.environ |= {
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "build" / "hypothesis"),
    }


def pytest_code(tests: list[str], *plugins: object) -> int:
    """pytest's exit code for some files, stopping at the first failure."""
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
        "-m",
        "not browser",
        "--tb=line",
    ]
    return int(pytest.main([*options, "--hypothesis-seed=0", *tests], plugins=list(plugins)))


def listen(module: str, tests: list[str], result: Path) -> int:
    """Run the tests on the module as it is, and write down what they cover."""
    sys.dont_write_bytecode = False  # pytest's own takes a second a run
    listener = Listener(module)
    code = pytest_code(tests, listener)
    result.write_text(json.dumps(listener.report()))
    return code
