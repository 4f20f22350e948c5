"""``python -m tests --matrix``: front ends and versions that are not the installed ones, a virtual environment each.

It takes minutes and the package index, so nothing else runs it. Names after ``--matrix`` choose lanes. What was
seen last is in docs/front-ends.md.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: What the lanes' tests need beside the package itself.
TOOLS = ["pexpect", "playwright", "pytest", "pytest-xdist"]
SHOWN = [
    "jupyterlab",
    "notebook",
    "ipykernel",
    "ipython",
    "ipywidgets",
    "anywidget",
    "jupyter_client",
]
BROWSER = [
    "tests/browser/test_main_job.py::test_the_magic_leads_to_a_playing_video_that_survives_reload_and_restart",
    "tests/browser/test_main_job.py::test_the_card_moves_while_the_kernel_is_busy",
    "tests/browser/test_panel.py::test_fill_break_mend_and_double_click_is_one_post",
]
KERNEL = [
    "tests/ipython/test_interrupts.py",
    "tests/ipython/test_terminal.py",
    "tests/notebooks/test_notebooks.py::test_a_tutorial_runs_on_the_sandbox_and_ends_with_its_clip[01_first_performance]",
]


@dataclass(frozen=True)
class Lane:
    """One environment and what is run in it.

    Args:
        tests: pytest's arguments.
        wants: requirements beside the package's own, as pip takes them.
        oldest: every direct dependency at the lowest version that pyproject.toml allows.
        python: such as ``3.13``; empty for the one that runs.
    """

    tests: list[str]
    wants: tuple[str, ...] = ()
    oldest: bool = False
    python: str = ""


LANES = {
    "newest": Lane([*BROWSER, *KERNEL]),
    "oldest": Lane([*BROWSER, *KERNEL], oldest=True),
    "ipykernel-6": Lane([*BROWSER, *KERNEL], ("ipykernel<7",)),
    "notebook-7.0": Lane(["tests/browser/test_notebook_seven.py"], ("notebook==7.0.*",)),
    "python-3.12": Lane(KERNEL, python="3.12"),
    "python-3.13": Lane(KERNEL, python="3.13"),
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
    folder = ROOT / "build" / "matrix" / name
    subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
    limits = folder / "floors.txt"
    limits.write_text("\n".join(floors() if lane.oldest else []))
    pip = [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(limits), f"{ROOT}[demo,remote]", *TOOLS, *lane.wants], check=True)
    return folder


def versions(folder: Path) -> str:
    """What the environment holds, in one line."""
    asked = [str(folder / "bin" / "python"), "-m", "pip", "list", "--format", "json"]
    told = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    known = {re.sub("[-_]+", "_", entry["name"].lower()): entry["version"] for entry in told}
    python = subprocess.run(
        [str(folder / "bin" / "python"), "-c", "import platform; print(platform.python_version())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    return ", ".join([f"Python {python}", *(f"{name} {known[name]}" for name in SHOWN if name in known)])


def run(chosen: list[str]) -> int:
    """Build and test the chosen lanes, or all; the exit code comes back."""
    unknown = set(chosen) - set(LANES)
    if unknown:
        print(f"There is no lane {', '.join(sorted(unknown))}. There are: {', '.join(LANES)}.")
        return 2
    rows, failed = [], False
    for name in chosen or LANES:
        began = time.monotonic()
        print(f"\n=== {name}", flush=True)
        try:
            folder = built(name, LANES[name])
        except subprocess.CalledProcessError:
            rows.append(f"| {name} | could not be installed | | |")
            failed = True
            continue
        if folder is None:
            rows.append(f"| {name} | Python {LANES[name].python} is not here | not run | |")
            continue
        command = [
            str(folder / "bin" / "python"),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *LANES[name].tests,
        ]
        ok = subprocess.call(command, cwd=ROOT) == 0
        failed = failed or not ok
        seconds = time.monotonic() - began
        rows.append(f"| {name} | {versions(folder)} | {'ok' if ok else 'FAILED'} | {seconds:.0f} s |")
    print("\n| lane | versions | outcome | took |\n|---|---|---|---|", *rows, sep="\n")
    return 1 if failed else 0
