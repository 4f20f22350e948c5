"""The guide's search with Optuna, as it stands there: killed at each step and run again, it buys nothing twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import environment
from pages import ROOT, blocks
from sweeps import bodies

if TYPE_CHECKING:
    from services import SandboxProcess

optuna = pytest.importorskip("optuna", reason="the lane `search` has it")

#: Ends the process at once, as a kill does, before its Nth look at where it is.
_FUSE = """
import itertools, os
_looks = itertools.count(1)
def here():
    if next(_looks) == int(os.environ["FUSE"]):
        os._exit(9)
"""
#: Where it may end: around each step of the search.
_STEPS = ("study.ask()", "sweep.extend(", "sweep.find(", "study.tell(number, sweep")


def script(sandbox: SandboxProcess) -> str:
    """The block of the guide, on a sandbox whose clock runs faster, with a fuse before each step."""
    page = ROOT / "docs" / "guide" / "reach.md"
    (code,) = [block.code for block in blocks(page) if "study.ask()" in block.code]
    code = code.replace("use_sandbox()", f"use_sandbox(300, url={sandbox.base_url!r}, clip_s=0.25)")
    for step in _STEPS:
        line = re.compile(rf"^( *)(.*{re.escape(step)})", re.MULTILINE)
        assert line.search(code), step
        code = line.sub(r"\1here()\n\1\2", code)
    return f"{_FUSE}\n{code}\nprint(sorted(trial.state.name for trial in study.trials), study.best_params)\n"


def run(code: str, folder: Path, fuse: int) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment(folder), "FUSE": str(fuse)}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_killed_at_each_step_and_run_again_it_buys_nothing_twice(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    code = script(sandbox)
    for fuse in (1, 2, 3, 4, 6, 7, 9):
        ended = run(code, tmp_path, fuse)
        assert ended.returncode in {0, 9}, ended.stderr
    ended = run(code, tmp_path, 0)
    assert ended.returncode == 0, ended.stderr
    assert "COMPLETE" in ended.stdout
    assert "RUNNING" not in ended.stdout
    counts: Counter[str] = bodies(sandbox)
    assert counts
    assert set(counts.values()) == {1}


def test_the_end_of_a_grid_raises_and_the_trial_is_complete() -> None:
    study = optuna.create_study(sampler=optuna.samplers.GridSampler({"seed": [1]}))
    trial = study.ask()
    trial.suggest_int("seed", 1, 1)
    with pytest.raises(RuntimeError):
        study.tell(trial, 0.5)
    assert study.trials[0].value == 0.5
