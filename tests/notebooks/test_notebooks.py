"""The tutorials run from top to bottom, the demo leaves what it promises, and both without a person."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from lab import environment
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from cometact_nb.views.base.view_mime import VIEW_MIME

if TYPE_CHECKING:
    from services import SandboxProcess

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def execute(notebook: NotebookNode, folder: Path, **env: str) -> NotebookNode:
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment(folder, **env))
    return notebook


def cells(*sources: str) -> NotebookNode:
    made: NotebookNode = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    return made


def html(cell: NotebookNode) -> str:
    return "".join(out["data"].get("text/html", "") for out in cell.outputs if "data" in out)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_runs_on_the_sandbox_and_ends_with_its_clip(path: Path, tmp_path: Path) -> None:
    notebook = execute(nbformat.read(path, as_version=4), tmp_path)
    clips = list((tmp_path / "act_two_outputs").glob("*.mp4"))
    assert clips
    text = json.dumps(notebook)
    assert "SUCCEEDED" in text
    assert "data:video" not in text
    assert str(tmp_path / "home") not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_is_kept_without_outputs_and_has_one_title(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)
    markdown = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert len(re.findall(r"^# ", markdown, re.MULTILINE)) == 1


def test_the_frozen_card_is_in_the_notebook_and_needs_no_kernel(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    notebook = execute(
        cells(
            f"%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(75, url={shared_sandbox.base_url!r})",
            "task = %act_two -c {sandbox.character} -r {sandbox.reference} -e 2",
            "clip = task.wait().clip",
        ),
        tmp_path,
    )
    live, output = notebook.cells[1].outputs
    assert live["data"]["text/html"] == ""
    assert set(output["data"]) == {VIEW_MIME, "text/html", "text/plain"}
    (source,) = re.findall(r'<video src="([^"]+)" controls', output["data"]["text/html"])
    assert (tmp_path / source).exists()
    assert len(json.dumps(output)) < 9000


def test_headless_submits_wait_when_the_environment_says_so(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    notebook = execute(
        cells(
            f"import cometact_nb as act\nsandbox = act.use_sandbox(75, url={shared_sandbox.base_url!r})",
            "act.submit(character=sandbox.character, reference=sandbox.reference).status",
        ),
        tmp_path,
        COMETACT_NB_WAIT="1",
    )
    assert "SUCCEEDED" in json.dumps(notebook.cells[1].outputs)


def test_a_failed_task_stops_a_headless_run(tmp_path: Path, shared_sandbox: SandboxProcess) -> None:
    with pytest.raises(CellExecutionError, match="TaskFailed"):
        execute(
            cells(
                f"%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(75, url={shared_sandbox.base_url!r})",
                "%act_two -c {sandbox.character}?scenario=asset-invalid -r {sandbox.reference} --wait",
            ),
            tmp_path,
        )


def test_the_demo_leaves_a_notebook_a_page_and_a_clip_and_never_finds_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    run = subprocess.run(
        [str(Path(sys.executable).with_name("cometact-nb")), "demo", "--no-lab", "--folder", str(folder)],
        capture_output=True,
        text=True,
        env=environment(tmp_path, COMETAPI_KEY="sk-canary", COMETACT_NB_SANDBOX=""),
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr == ""  # a newcomer's first command warns of nothing
    notebook = (folder / "01_first_performance.ipynb").read_text()
    page = (folder / "01_first_performance.html").read_text()
    (clip,) = (folder / "act_two_outputs").glob("*.mp4")
    assert f"act_two_outputs/{clip.name}" in page
    assert f"act_two_outputs/{clip.name}" in notebook
    assert "sk-canary" not in notebook + page
    assert str(clip) in run.stdout
