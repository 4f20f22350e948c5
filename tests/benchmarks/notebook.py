"""What a finished task adds to the notebook file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import nbformat
from lab import environment
from nbclient import NotebookClient
from services import SandboxProcess

from tests.benchmarks.report import Line, Report

NAME = "notebook"
_SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(75, url={url!r})"
_RUN = "%act_two -c {{sandbox.character}} -r {{sandbox.reference}} --seed {seed} --wait"
#: As where the extra ``video`` is not installed.
_NO_VIDEO = "import sys\nsys.modules['av'] = None\n"


def measure(*, quick: bool) -> Report:
    """Execute a notebook without a person, as it would be saved."""
    tasks = 1 if quick else 5
    sandbox = SandboxProcess(speed=75)
    try:
        with_poster, state = _added_kb(sandbox, tasks, "")
        without, _ = _added_kb(sandbox, tasks, _NO_VIDEO)
    finally:
        sandbox.stop()
    lines = [
        Line("a finished task adds, no poster", "KB", without, target="≤ 6.5 KB", met=max(without) <= 6.5),
        Line("the same with a poster", "KB", with_poster, target="≤ 10 KB", met=max(with_poster) <= 10),
        Line("widget state of a task, by nbclient", "KB", [state], target="≤ 1 KB", met=state <= 1),
    ]
    return Report(
        NAME,
        "Notebook size",
        f"A notebook with {tasks} finished tasks, executed by nbclient: bytes of each cell's outputs. Clip and poster "
        "lie beside the notebook; a small picture of the clip is in the card, for a notebook that was moved. nbclient "
        "saves what it is sent of widgets; without a page, views send nothing.",
        lines,
    )


def _added_kb(sandbox: SandboxProcess, tasks: int, before: str) -> tuple[list[float], float]:
    """KB of the outputs of each task's cell, and KB of widget state a task."""
    sources = [
        before + _SETUP.format(url=sandbox.base_url),
        *(_RUN.format(seed=seed) for seed in range(tasks)),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources)
        client.execute(env=environment(Path(folder)))
    state = len(json.dumps(notebook.metadata.get("widgets", {})).encode()) / tasks / 1000
    return [len(json.dumps(cell.outputs).encode()) / 1000 for cell in notebook.cells[1:]], state
