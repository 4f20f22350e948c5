"""``python -m tests --matrix``: front ends and versions that are not the installed ones, a virtual environment each.

It takes minutes and the package index, so nothing else runs it. Names after ``--matrix`` choose lanes: ``newest`` is
the whole check on the newest release of everything, the others are the tests that their versions may break. No lane
reads ``constraints.txt``. What was seen last is in docs/front-ends.md.
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
from dataclasses import dataclass
from pathlib import Path

from tests import checks

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "matrix"
#: What the lanes' tests need beside the package itself.
TOOLS = ("pexpect", "playwright", "pytest", "pytest-xdist")
SHOWN = [
    "jupyterlab",
    "notebook",
    "ipykernel",
    "ipython",
    "ipywidgets",
    "anywidget",
    "jupyter_client",
    "av",
]
BROWSER = (
    "tests/browser/test_main_job.py::test_the_magic_leads_to_a_video_that_survives_reload_and_restart_and_says_when_it_was_moved",
    "tests/browser/test_main_job.py::test_the_card_moves_while_the_kernel_is_busy",
    "tests/browser/test_panel.py::test_fill_break_mend_and_double_click_is_one_post",
)
KERNEL = (
    "tests/ipython/test_interrupts.py",
    "tests/ipython/test_terminal.py",
    "tests/notebooks/test_notebooks.py::test_a_tutorial_runs_on_the_sandbox_and_ends_with_its_clip[01_first_performance]",
)
CLIPS = (
    "tests/contract/test_foreign_files.py",
    "tests/contract/test_inspect.py",
    "tests/contract/test_inspect_bounds.py",
    "tests/contract/test_inspect_kinds.py",
    "tests/contract/test_looks.py",
    "tests/sandbox/test_files.py",
    "tests/sandbox/test_render.py",
    "tests/sandbox/test_workshop.py",
    "tests/unit/test_archive.py",
    "tests/unit/test_foreign.py",
    "tests/unit/test_frames.py",
    "tests/views/test_preview.py",
)


@dataclass(frozen=True)
class Lane:
    """One environment and what is run in it.

    Args:
        tests: pytest's arguments.
        wants: requirements beside the package's own, as pip takes them.
        whole: also lint, format, types and every test that needs no browser; ``tests`` are then the browser's.
        oldest: every direct dependency at the lowest version that pyproject.toml allows.
        python: such as ``3.13``; empty for the one that runs.
    """

    tests: tuple[str, ...]
    wants: tuple[str, ...] = TOOLS
    whole: bool = False
    oldest: bool = False
    python: str = ""


LANES = {
    "newest": Lane(BROWSER, ("pip",), whole=True),
    "oldest": Lane((*BROWSER, *KERNEL), oldest=True),
    "ipykernel-6": Lane((*BROWSER, *KERNEL), (*TOOLS, "ipykernel<7")),
    "notebook-7.0": Lane(("tests/browser/test_notebook_seven.py",), (*TOOLS, "notebook==7.0.*")),
    "pyav-19": Lane(CLIPS, (*TOOLS, "av>=19", "hypothesis"), python="3.13"),
    "python-3.12": Lane(KERNEL, python="3.12"),
    "python-3.13": Lane(KERNEL, python="3.13"),
    "python-3.14": Lane(KERNEL, python="3.14"),
}


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
    subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
    subprocess.run(wish(folder, lane), check=True, env=free())
    return folder


def free() -> dict[str, str]:
    """The environment without pip's pins: who sets them means the check's own packages, not a lane's."""
    return {name: value for name, value in os.environ.items() if not name.endswith("_CONSTRAINT")}


def wish(folder: Path, lane: Lane) -> list[str]:
    """The command that installs a lane; the file it limits by is written."""
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    pip += ["--upgrade", "--upgrade-strategy", "eager"]
    if lane.oldest:
        limits = folder / "floors.txt"
        limits.write_text("\n".join(floors()))
        pip += ["-c", str(limits)]
    return [*pip, f"{ROOT}[test]" if lane.whole else f"{ROOT}[demo,remote]", *lane.wants]


def installed(folder: Path) -> dict[str, str]:
    """The versions in an environment by their packages' names, ``_`` for ``-``, and ``Python``."""
    python = str(folder / "bin" / "python")
    asked = [python, "-m", "pip", "list", "--format", "json"]
    told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    known = {re.sub("[-_.]+", "_", entry["name"].lower()): entry["version"] for entry in told}
    asked = [python, "-c", "import platform; print(platform.python_version())"]
    return {
        "Python": subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip(),
        **known,
    }


def versions(known: dict[str, str]) -> str:
    """What an environment holds of what matters to a front end, in one line."""
    return ", ".join(f"{name} {known[name]}" for name in ["Python", *SHOWN] if name in known)


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
    return {title: logs[title] for title in parts if not checks.run(title, parts[title], logs[title])}


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
        outcome = f"FAILED: {', '.join(failed)}" if failed else "ok"
        rows.append(f"| {name} | {versions(known)} | {outcome} | {time.monotonic() - began:.0f} s |")
        if failed:
            ends.append(f"\n{name} broke:\n{checks.broken(failed)}")
        if lane.whole and (others := moved(known)):
            ends.append(f"\n{name}, other than in constraints.txt: {', '.join(others)}")
    print("\n| lane | versions | outcome | took |\n|---|---|---|---|", *rows, *ends, sep="\n")
    return 1 if any("FAILED" in row or "could not" in row for row in rows) else 0
