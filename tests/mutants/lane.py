"""``python -m tests --mutants [MODULE…]``: do the fast tests notice a small change of the money core?

Each change (``changes.py``) of each module (``table.py``) is put into a copy of the project and the tests that run the
changed line run on it, in a process forked for that alone. Some test must fail, or the time be over. What no test
notices must stand in ``survivors.toml`` with the reason why it changes nothing.
"""

from __future__ import annotations

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
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutants import child
from tests.mutants.changes import Change, changes
from tests.mutants.table import MODULES

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "mutants"
WORKERS = 2
GOAL = 0.95
_SAVED_EVERY = 20


@dataclass
class Run:
    """A forked process and what it is for."""

    pid: int
    change: Change
    until: float


@dataclass
class Found:
    """What is known about a module's changes; keys are ``line|old|new``.

    Args:
        digest: of all that decides the result.
        fate: of each change, ``killed``, ``late`` or ``survived``.
    """

    digest: str
    fate: dict[str, str] = field(default_factory=dict)


def key(change: Change) -> str:
    return f"{change.line}|{change.old}|{change.new}"


def digest(module: str, tests: Iterable[str]) -> str:
    """Of the module, its tests, what they share, and the way mutants are made."""
    shared = [
        *(ROOT / "tests" / "support").glob("*.py"),
        ROOT / "tests" / "conftest.py",
        *Path(__file__).parent.glob("*.py"),
    ]
    files = [ROOT / module, *(ROOT / test for test in tests), *sorted(shared)]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def copied(slot: int) -> Path:
    """A copy of the project's files, made anew."""
    folder = BUILD / f"copy-{slot}"
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
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


def ended(pid: int) -> None:
    """Stop whatever a forked process has left running."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def listened(folder: Path, module: str, tests: list[str]) -> dict[str, Any] | None:
    """Which test runs which line, with the module as it is; None when the tests fail then."""
    result = folder.with_suffix(".json")
    shutil.copy2(ROOT / module, folder / module)
    pid = forked(folder, lambda: child.listen(module, tests, result))
    _, status = os.waitpid(pid, 0)
    ended(pid)
    if status:
        print(f"The tests of {module} fail without any change: {folder.with_suffix('.log')}")
        return None
    return json.loads(result.read_text())  # type: ignore[no-any-return]


def covering(heard: dict[str, Any], change: Change) -> dict[str, float]:
    """The tests that run a changed line, with their seconds; all for a line that runs at import."""
    names: set[str] = set()
    for line in range(change.line, change.last_line + 1):
        names.update(heard["lines"].get(str(line), []))
    seconds: dict[str, float] = heard["seconds"]
    return {name: seconds[name] for name in names if name} if names - {""} and "" not in names else seconds


class Module:
    """The changes of one module, run two at a time."""

    def __init__(self, module: str, folders: list[Path], found: Found) -> None:
        self._module, self._tests, self._found = module, MODULES[module], found
        self._folders = folders
        self._kept = BUILD / f"{module.replace('/', '.')}.json"
        self._heard: dict[str, Any] = {}

    def run(self, made: list[Change]) -> bool:
        """Run what has no result yet; False when the tests fail without any change."""
        left = [change for change in made if key(change) not in self._found.fate]
        if not left:
            return True
        heard = listened(self._folders[0], self._module, self._tests)
        if heard is None:
            return False
        self._heard = heard
        for other in self._folders[1:]:  # with the bytecode that is there now
            shutil.rmtree(other, ignore_errors=True)
            shutil.copytree(self._folders[0], other, symlinks=True)
        running: dict[Path, Run] = {}
        while left or running:
            for folder in self._folders:
                if folder not in running and left:
                    running[folder] = self._started(folder, left.pop(0))
            time.sleep(0.01)
            for folder, run in list(running.items()):
                if self._is_over(run):
                    del running[folder]
        self._save()
        return True

    def _started(self, folder: Path, change: Change) -> Run:
        seconds = covering(self._heard, change)
        files = sorted({name.partition("::")[0] for name in seconds})
        (folder / self._module).write_text(change.code, "utf-8")
        pid = forked(folder, lambda: child.pytest_code(files, child.Chosen(seconds)))
        return Run(pid, change, time.monotonic() + 30 + 5 * sum(seconds.values()))

    def _is_over(self, run: Run) -> bool:
        pid, status = os.waitpid(run.pid, os.WNOHANG)
        is_late = not pid and time.monotonic() > run.until
        if not pid and not is_late:
            return False
        ended(run.pid)
        if is_late:
            os.waitpid(run.pid, 0)
        self._found.fate[key(run.change)] = "late" if is_late else "killed" if status else "survived"
        if len(self._found.fate) % _SAVED_EVERY == 0:
            self._save()
        return True

    def _save(self) -> None:
        self._kept.write_text(json.dumps(vars(self._found), indent=1))


def known(module: str, tests: list[str]) -> Found:
    """What an earlier run left, if nothing has changed since."""
    kept, now = BUILD / f"{module.replace('/', '.')}.json", digest(module, tests)
    if kept.is_file():
        found = Found(**json.loads(kept.read_text()))
        if found.digest == now:
            return found
    return Found(now)


def explained() -> dict[tuple[str, str, str], str]:
    """Survivors that change nothing, with why: by module, old line and new line."""
    listed = tomllib.loads((Path(__file__).parent / "survivors.toml").read_text("utf-8")).get("survivor", [])
    return {(entry["module"], entry["old"], new): entry["why"] for entry in listed for new in entry["new"]}


def reported(module: str, made: list[Change], found: Found) -> bool:
    """Print what became of a module's changes; whether it is good enough."""
    reasons = explained()
    alive = [change for change in made if found.fate.get(key(change)) == "survived"]
    named = [change for change in alive if (module, change.old, change.new) in reasons]
    unknown = [change for change in alive if change not in named]
    for change in unknown:
        print(f"{module}:{change.line}\n  - {change.old}\n  + {change.new}")
    rate = 1 - len(alive) / len(made) if made else 1.0
    late = sum(fate == "late" for fate in found.fate.values())
    print(
        f"{module}: {len(made)} changes, {len(made) - len(alive)} killed ({late} by time), {len(alive)} survived, "
        f"{len(named)} of them explained: {rate:.1%}",
        flush=True,
    )
    stale = {(old, new) for where, old, new in reasons if where == module} - {
        (one.old, one.new) for one in named
    }
    for old, new in sorted(stale):
        print(f"  survivors.toml explains what did not survive: {old} -> {new}")
    return not unknown and not stale and (rate >= GOAL or len(alive) == len(named))


def run(chosen: list[str]) -> int:
    """Run the lane for the modules whose paths contain one of the words, or all; the exit code comes back."""
    modules = [module for module in MODULES if not chosen or any(word in module for word in chosen)]
    missing = [module for module in modules if not (ROOT / module).is_file()]
    if missing or not modules:
        print(f"No such module: {', '.join(missing or chosen)}. tests/mutants/table.py lists them.")
        return 2
    BUILD.mkdir(parents=True, exist_ok=True)
    child.prepare()
    good = True
    for module in modules:
        began = time.monotonic()
        print(f"\n=== {module}", flush=True)
        made = list(changes((ROOT / module).read_text("utf-8")))
        found = known(module, MODULES[module])
        copied(0)
        folders = [BUILD / f"copy-{slot}" for slot in range(WORKERS)]
        good = Module(module, folders, found).run(made) and reported(module, made, found) and good
        print(f"=== {module}: {time.monotonic() - began:.0f} s", flush=True)
    return 0 if good else 1
