"""``python -m tests --matrix``: front ends and versions that are not the installed ones, a virtual environment each.

It takes minutes and the package index, so nothing else runs it. Names after ``--matrix`` choose lanes
(``tests/lanes.py``): ``newest`` is the whole check on the newest release of everything, the others are the tests that
their versions may break. No lane reads ``constraints.txt``. Each lane records what it saw, and writes the table of
docs/front-ends.md (``tests/front_ends.py``).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from tests import checks, front_ends
from tests.lanes import LANES, Lane

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "matrix"


def floors() -> list[str]:
    """pip's constraints for the oldest versions that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *(name for extra in ("video", "sandbox", "demo") for name in extras[extra]),
    ]
    return [name.replace(">=", "==") for name in wanted if ">=" in name]


def interpreter(version: str) -> str | None:
    """Python of this version: on the path, or one that pyenv has."""
    found = shutil.which(f"python{version}") if version else sys.executable
    if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
        return found
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return str(kept[-1]) if kept else None


def built(name: str, lane: Lane) -> Path | None:
    """The lane's environment, made anew; None when its Python is not here."""
    python = interpreter(lane.python)
    if python is None:
        return None
    folder = BUILD / name
    # Without pip of its own: not every Python comes with one.
    subprocess.run([python, "-m", "venv", "--clear", "--without-pip", str(folder)], check=True)
    subprocess.run(wish(folder, lane), check=True, env=free())
    return folder


def free() -> dict[str, str]:
    """The environment without pip's pins: who sets them means the check's own packages, not a lane's."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_CONSTRAINT")}


def pip_of(folder: Path) -> list[str]:
    """The command that runs this environment's pip on another one."""
    python = str(folder / "bin" / "python")
    return [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]


def wish(folder: Path, lane: Lane) -> list[str]:
    """The command that installs a lane; the file it limits by is written."""
    pip = [*pip_of(folder), "install", "-q", "--upgrade", "--upgrade-strategy", "eager"]
    if lane.oldest:
        limits = folder / "floors.txt"
        limits.write_text("\n".join(floors()))
        pip += ["-c", str(limits)]
    return [*pip, f"{ROOT}[test]" if lane.whole else f"{ROOT}[demo,remote]", *lane.wants]


def installed(folder: Path) -> dict[str, str]:
    """The versions in an environment by their packages' names, ``_`` for ``-``, and ``Python``."""
    python = str(folder / "bin" / "python")
    asked = [*pip_of(folder), "list", "--format", "json"]
    told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    known = {re.sub("[-_.]+", "_", entry["name"].lower()): entry["version"] for entry in told}
    asked = [python, "-c", "import platform; print(platform.python_version())"]
    return {
        "Python": subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip(),
        **known,
    }


def versions(lane: Lane, known: dict[str, str]) -> dict[str, str]:
    """What an environment holds of what a lane is about; with Firefox's, where the lane drives it."""
    told = {name: known[name] for name in ["Python", *lane.shows] if name in known}
    if firefox := lane.env.get("COMETACT_NB_LANE_FIREFOX"):
        asked = subprocess.run([firefox, "--version"], capture_output=True, text=True, check=False).stdout
        told["Firefox"] = asked.split()[-1] if asked else "?"
    return told


def pinned() -> dict[str, list[str]]:
    """What ``constraints.txt`` names: the versions for one Python or another, by the package's name."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        name, _, version = line.partition(" ;")[0].partition("==")
        found.setdefault(name.replace("-", "_"), []).append(version)
    return found


def moved(known: dict[str, str]) -> list[str]:
    """What is installed in a version that is not pinned for any Python: where to look for a cause."""
    pins = pinned()
    return [
        f"{name} {version} (pinned: {' or '.join(pins[name])})"
        for name, version in sorted(known.items())
        if name in pins and version not in pins[name]
    ]


def tried(name: str, lane: Lane, folder: Path) -> dict[str, Path]:
    """Run a lane; the logs of what failed, by the names of the check's parts."""
    tools = folder / "bin"
    quiet = ["-q", "-p", "no:cacheprovider"]
    if lane.whole:
        parts = checks.commands(tools, quiet, list(lane.tests))
    else:
        parts = {"tests": [str(tools / "pytest"), *quiet, *lane.tests]}
    logs = {title: BUILD / f"{name}-{title}.txt" for title in parts}
    more = {**lane.env, "COMETACT_NB_LANE": name}
    return {title: logs[title] for title in parts if not checks.run(title, parts[title], logs[title], more)}


def run(chosen: list[str]) -> int:
    """Build and test the chosen lanes, or all, and say what broke; the exit code comes back."""
    unknown = set(chosen) - set(LANES)
    if unknown:
        print(f"There is no lane {', '.join(sorted(unknown))}. There are: {', '.join(LANES)}.")
        return 2
    rows, ends = [], []
    for name in chosen or LANES:
        lane, began = LANES[name], time.monotonic()
        print(f"\n=== {name}", flush=True)
        try:
            folder = built(name, lane)
        except subprocess.CalledProcessError:
            rows.append(f"| {name} | | could not be installed | |")
            ends.append(f"\n{name} could not be installed: pip says why above.")
            continue
        if folder is None:
            rows.append(f"| {name} | Python {lane.python} is not here | not run | |")
            continue
        failed, known = tried(name, lane, folder), installed(folder)
        outcome, shown = f"FAILED: {', '.join(failed)}" if failed else "ok", versions(lane, known)
        line = ", ".join(f"{package} {version}" for package, version in shown.items())
        rows.append(f"| {name} | {line} | {outcome} | {time.monotonic() - began:.0f} s |")
        front_ends.write(
            name, {"outcome": outcome, "date": f"{datetime.now(UTC):%Y-%m-%d}", "versions": shown}
        )
        if failed:
            ends.append(f"\n{name} broke:\n{checks.broken(failed)}")
        if lane.whole and (others := moved(known)):
            ends.append(f"\n{name}, other than in constraints.txt: {', '.join(others)}")
    print("\n| lane | versions | outcome | took |\n|---|---|---|---|", *rows, *ends, sep="\n")
    return 1 if any("FAILED" in row or "could not" in row for row in rows) else 0
