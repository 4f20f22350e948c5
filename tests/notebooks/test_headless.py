"""The tools that run notebooks without a person, as they are really called."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import nbformat
import pytest
from lab import environment

if TYPE_CHECKING:
    from services import SandboxProcess

SETUP = "import cometact_nb as act\nsandbox = act.use_sandbox(75, url=url)"
SWEEP = (
    "sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, seed=seeds, name='headless')\n"
    "sweep.run()\n"
    "print(sorted(cell.status for cell in sweep.cells))"
)


def written(folder: Path, url: str, seeds: list[int]) -> Path:
    """A notebook whose first cell papermill may replace."""
    parameters = nbformat.v4.new_code_cell(
        f"url = {url!r}\nseeds = {seeds!r}", metadata={"tags": ["parameters"]}
    )
    cells = [parameters, nbformat.v4.new_code_cell(SETUP), nbformat.v4.new_code_cell(SWEEP)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "plan.ipynb")
    return folder / "plan.ipynb"


def call(folder: Path, *command: str, **env: str) -> None:
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run(
        [str(program), *command[1:]],
        cwd=folder,
        env=environment(folder, **env),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def printed(path: Path) -> str:
    return "".join(out.get("text", "") for out in nbformat.read(path, as_version=4).cells[-1].outputs)


def test_papermill_s_parameters_drive_a_sweep_that_waits_for_its_clips(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    written(tmp_path, sandbox.base_url, [1])
    call(
        tmp_path, "papermill", "plan.ipynb", "done.ipynb", "--no-progress-bar", "-y", "seeds: [4, 5]",
        COMETACT_NB_WAIT="1",
    )  # fmt: skip
    assert "['SUCCEEDED', 'SUCCEEDED']" in printed(tmp_path / "done.ipynb")
    assert len(list((tmp_path / "act_two_outputs").glob("*.mp4"))) == 2
    seeds = {post["body"]["seed"] for post in sandbox.ledger()["posts"]}
    assert seeds == {4, 5}


@pytest.mark.parametrize(
    "options", [["--inject-output-path"], ["--inject-paths", "--cwd", "work"], ["--cwd", "runs"]]
)
def test_the_links_of_papermill_s_output_lead_to_the_clips_from_where_it_lies(
    tmp_path: Path, sandbox: SandboxProcess, options: Any
) -> None:
    for folder in ("runs", "work"):
        (tmp_path / folder).mkdir()
    plan = written(tmp_path, sandbox.base_url, [1])
    notebook = nbformat.read(plan, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("sweep.cells[0].task"))
    nbformat.write(notebook, plan)
    call(
        tmp_path, "papermill", "plan.ipynb", "runs/done.ipynb", "--no-progress-bar", *options,
        "-y", f"url: {sandbox.base_url}", COMETACT_NB_WAIT="1", PWD=str(tmp_path),
    )  # fmt: skip
    text = (tmp_path / "runs" / "done.ipynb").read_text("utf-8")
    links = {unquote(link) for link in re.findall(r'(?:src|href)=\\"([^":\\#]+\.mp4)', text)}
    assert links
    for link in links:
        assert (tmp_path / "runs" / link).is_file(), link


def test_what_a_run_left_unfinished_the_next_one_finishes_and_does_not_buy_again(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    written(tmp_path, sandbox.base_url, [1, 2])
    call(tmp_path, "jupyter", "execute", "plan.ipynb")  # its kernel ends at once
    call(
        tmp_path, "jupyter", "nbconvert", "--execute", "--to", "notebook", "--output", "done", "plan.ipynb",
        COMETACT_NB_WAIT="1",
    )  # fmt: skip
    assert "['SUCCEEDED', 'SUCCEEDED']" in printed(tmp_path / "done.ipynb")
    assert len(list((tmp_path / "act_two_outputs").glob("*.mp4"))) == 2
    assert sandbox.posts() == 2
