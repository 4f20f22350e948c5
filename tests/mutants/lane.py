"""``python -m tests --mutants [MODULE…] [MODULE:FUNCTION…]``: do the fast tests notice a small change of the money core?

Each change (``changes.py``) of each module (``table.py``) is put into a copy of the project and the tests that run the
changed line run on it, in a process forked for that alone (``child.py``). Some test must fail, or the time be over. What
no test notices must stand in ``survivors.toml`` with the reason why it changes nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.mutants import child
from tests.mutants.changes import Change, changes
from tests.mutants.table import MODULES

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "mutants"
WORKERS = int(os.environ.get("MUTANTS_WORKERS", "1"))
#: Seconds of tests for one change; 0 for as many as is usual.
SECONDS = float(os.environ.get("MUTANTS_SECONDS", "0"))
_LATEST_S = 120.0
_LOG = "log = logging.getLogger("


def digest(files: Iterable[Path]) -> str:
    """Of what is in some files; a file that moves and imports from elsewhere keeps its own."""
    return hashlib.sha256("\0".join(_without_imports(file) for file in files).encode()).hexdigest()[:16]


def _without_imports(file: Path) -> str:
    tree = ast.parse(file.read_text("utf-8"))
    imports = ast.Import | ast.ImportFrom
    return "\n".join(ast.dump(node) for node in tree.body if not isinstance(node, imports))


def copied(name: str) -> Path:
    """A copy of the project's files, made anew."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for file in filter(None, listed.split("\0")):
        if (ROOT / file).is_file():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, folder / file)
    (folder / "build").mkdir()
    return folder


def forked(folder: Path, work: Callable[[], int]) -> int:
    """The id of a process that does the work in a folder; its exit code is the work's."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        child.enter(folder, folder.with_suffix(".log"))
        code = work()
    except BaseException:  # noqa: BLE001  (it must not go on as its parent does)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class Module:
    """One module's changes and what is known about them.

    Args:
        name: in ``MODULES``, or with one function of it: ``engine:cancel``.
        afresh: whether to forget what an earlier run found.
        unit: whether to leave out the tests that start processes and sandboxes.
    """

    def __init__(self, name: str, *, afresh: bool, unit: bool = False) -> None:
        self.name, _, function = name.partition(":")
        name, self._is_part = self.name, bool(function)
        self._enough_s = SECONDS or (child.QUICK_S if unit else child.ENOUGH_S)
        self.path, tests = MODULES[name]
        self.tests = [test for test in tests if "/unit/" in test] if unit else tests
        self.made: dict[str, Change] = {}
        counted: Counter[str] = Counter()
        self._source = source = (ROOT / self.path).read_text("utf-8")
        chosen, places = _lines_of(source, function), _places(source)
        for change in changes(source):
            told = f"{change.old}|{change.new}|{places[change.line]}"
            if change.line in chosen and not change.old.startswith(_LOG):
                self.made[f"{told}|{counted[told]}"] = change
            counted[told] += 1
        self.tests_digest = digest(ROOT / test for test in self.tests)
        own = digest([ROOT / self.path])
        self._kept = BUILD / f"{name}.jsonl"
        self._heard = BUILD / f"{name}-{own}-{self.tests_digest}.heard"
        if afresh:
            self._kept.unlink(missing_ok=True)

    def fates(self) -> dict[str, str]:
        """What is known. What survived other tests than there are now, or for less long, is not known."""
        found = {}
        lines = self._kept.read_text("utf-8").splitlines() if self._kept.is_file() else []
        for line in map(json.loads, lines):
            if line["key"] not in self.made:
                continue
            is_as_long = line.get("enough_s", child.QUICK_S) >= self._enough_s
            if line["fate"] in {"killed", "late"} or (line["tests"] == self.tests_digest and is_as_long):
                found[line["key"]] = line["fate"]
            else:
                found.pop(line["key"], None)
        return found

    def run(self, folders: list[Path]) -> None:
        """Run what has no result yet.

        Raises:
            RuntimeError: the files changed while they were copied, so that every test would notice something.
        """
        if any((folder / self.path).read_text("utf-8") != self._source for folder in folders):
            raise RuntimeError(f"{self.path} has changed meanwhile. Run the lane again.")
        parts = [self._kept.with_suffix(f".{self.tests_digest}.{slot}") for slot in range(len(folders))]
        for folder, part in zip(folders, parts, strict=True):
            self._take(folder, part)  # of a run that was stopped
        known = self.fates()
        left = [(key, change) for key, change in self.made.items() if key not in known]
        running: dict[int, Path] = {}
        for slot, (folder, result) in enumerate(zip(folders, parts, strict=True)):
            share = left[slot :: len(folders)]
            if share:
                work = lambda folder=folder, share=share, result=result: child.serve(  # noqa: E731
                    folder, self.path, self.tests, share, self._heard, result, self._enough_s
                )
                running[forked(folder, work)] = folder
        for pid, folder in running.items():
            os.waitpid(pid, 0)
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            print(
                *(one for one in folder.with_suffix(".log").read_text().splitlines() if "left out" in one),
                sep="\n",
            )
        for folder, part in zip(folders, parts, strict=True):
            self._take(folder, part)

    def _take(self, folder: Path, result: Path) -> None:
        """Keep what a process found, and try here what only a new import shows."""
        if not result.exists():
            return
        known = self.fates()
        with self._kept.open("a", encoding="utf-8") as kept:
            for line in map(json.loads, result.read_text("utf-8").splitlines()):
                if line["key"] in known or line["key"] not in self.made:
                    continue
                if line["fate"] == "import":
                    began = time.monotonic()
                    line["fate"] = self._imported(folder, self.made[line["key"]])
                    line["seconds"] = round(time.monotonic() - began, 2)
                line |= {"tests": self.tests_digest, "enough_s": self._enough_s}
                kept.write(json.dumps(line) + "\n")
                kept.flush()
        result.unlink()

    def _imported(self, folder: Path, change: Change) -> str:
        """What becomes of a change when everything is imported anew."""
        (folder / self.path).write_text(change.code, "utf-8")
        options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not browser", "--tb=line"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        pid = forked(folder, lambda: next((1 for test in self.tests if pytest.main([*options, test])), 0))
        until, status = time.monotonic() + _LATEST_S, None
        while status is None and time.monotonic() < until:
            ended, got = os.waitpid(pid, os.WNOHANG)
            status = got if ended else None
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if status is None:
            os.waitpid(pid, 0)
        (folder / self.path).write_text(self._source, "utf-8")
        return "late" if status is None else "killed" if status else "survived"

    def reported(self) -> bool:
        """Print what became of the changes; whether it is good enough."""
        fates, reasons = self.fates(), explained(self.name)
        alive = [change for key, change in self.made.items() if fates.get(key) == "survived"]
        named = [change for change in alive if (change.old, change.new) in reasons]
        unknown = [change for change in alive if change not in named]
        for change in unknown:
            print(f"{self.path}:{change.line}\n  - {change.old}\n  + {change.new}")
        missing = len(self.made) - len(fates)
        rate = 1 - len(alive) / max(1, len(self.made))
        late = sum(fate == "late" for fate in fates.values())
        print(
            f"{self.name}: {len(self.made)} changes, {len(fates) - len(alive)} killed ({late} by time), "
            f"{len(alive)} survived, {len(named)} of them explained, {missing} not run: {rate:.1%}",
            flush=True,
        )
        made = {(one.old, one.new) for one in self.made.values()}
        stale = (reasons & made if self._is_part else reasons) - {(one.old, one.new) for one in named}
        for old, new in sorted(stale):
            print(f"  survivors.toml explains what did not survive: {old} -> {new}")
        return not unknown and not stale and not missing


def _lines_of(source: str, function: str) -> set[int]:
    """The lines of the functions with a name, or all for an empty one."""
    if not function:
        return set(range(1, source.count("\n") + 2))
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, functions) and node.name == function
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _places(source: str) -> dict[int, str]:
    """For each line, what its function is, or its statement outside of one, whatever its docstring says.

    What is known of a change holds while that is the same.
    """
    found = dict.fromkeys(range(1, source.count("\n") + 2), "")

    def enter(body: list[ast.stmt]) -> None:
        for node in body:
            told = hashlib.sha256(_without_body(node).encode()).hexdigest()[:8]
            found.update(dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), told))
            if isinstance(node, ast.ClassDef):
                enter(node.body)

    enter(ast.parse(source).body)
    return found


def _without_body(node: ast.stmt) -> str:
    if not isinstance(node, ast.ClassDef):
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(inner):
                inner.body = inner.body[1:]
        return ast.dump(node)
    return "".join([node.name, *map(ast.dump, [*node.bases, *node.keywords, *node.decorator_list])])


def explained(name: str) -> set[tuple[str, str]]:
    """Survivors that change nothing: old line and new line of each. The file says why."""
    listed = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text("utf-8")).get("survivor", [])
    return {(entry["old"], new) for entry in listed if entry["module"] == name for new in entry["new"]}


def run(arguments: list[str]) -> int:
    """Run the lane for the named modules, or all; the exit code comes back."""
    afresh, report_only = "--afresh" in arguments, "--report" in arguments
    chosen = [word for word in arguments if not word.startswith("--")]
    unknown = {word for word in chosen if word.partition(":")[0] not in MODULES}
    if unknown:
        print(f"No such module: {', '.join(sorted(unknown))}. There are: {', '.join(MODULES)}.")
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    child.prepare()
    good = True
    for name in chosen or MODULES:
        began = time.monotonic()
        print(f"\n=== {name}", flush=True)
        module = Module(name, afresh=afresh, unit="--unit" in arguments)
        if not report_only:
            module.run([copied(f"{module.name}-copy-{slot}") for slot in range(WORKERS)])
        good = module.reported() and good
        print(f"=== {name}: {time.monotonic() - began:.0f} s", flush=True)
    return 0 if good else 1
