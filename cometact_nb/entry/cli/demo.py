"""Runs ``cometact-nb demo``: the first tutorial on the sandbox, in a real JupyterLab."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.entry.cli import say

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]

_TUTORIAL = "01_first_performance.ipynb"


def run(options: argparse.Namespace) -> int:
    """Run the first tutorial notebook on the sandbox, and write it, its HTML and its clip to a folder.

    It makes a missing folder, and replaces an older run's notebook but not its clips.
    """
    folder = Path(options.folder).resolve()
    target = folder / _TUTORIAL
    began = time.monotonic()
    running = f"Running {_TUTORIAL} on the sandbox: a stand-in on this machine, nothing is billed …"
    say.progress(running, as_json=options.json)
    try:
        failed = _execute(folder, target)
    except ImportError as error:
        say.note(f"The demo needs {error.name}. Install it with: pip install 'cometact_nb[demo]'")
        return say.MISSING
    clips = sorted((folder / "act_two_outputs").glob("*.mp4"))
    files = [target, target.with_suffix(".html"), *clips[-1:]]
    took_s = time.monotonic() - began
    values = {"ok": not failed, "error": failed, "notebook": files[0], "page": files[1], "clips": clips}
    if failed:
        text = f"{failed}\nThe notebook failed; it is kept at {target}."
    else:
        text = "\n".join([f"Done in {took_s:.0f} s:", *(f"  {path}" for path in files)])
    say.result(values, text, as_json=options.json)
    if failed:
        return say.BAD
    if not options.lab:
        return say.OK
    say.progress("Opening JupyterLab; stop it with Ctrl-C.", as_json=options.json)
    return _open_lab(folder, target)


def _execute(folder: Path, target: Path) -> str:
    """Run the tutorial, write it, also as a page, and return its error or an empty string."""
    import nbformat  # noqa: PLC0415  (an extra)
    from nbclient import NotebookClient  # noqa: PLC0415
    from nbclient.exceptions import CellExecutionError  # noqa: PLC0415
    from nbconvert import HTMLExporter  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.reads(_tutorial(), as_version=4)
    client = NotebookClient(
        notebook,
        timeout=180,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        # A kernel warns that TCP is not encrypted; this one is on loopback, where that would only confuse.
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    failed = ""
    try:
        client.execute(env=_environment(folder))
    except CellExecutionError as error:
        failed = str(error)
    nbformat.write(notebook, target)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    target.with_suffix(".html").write_text(page, "utf-8")
    return failed


def _open_lab(folder: Path, target: Path) -> int:
    lab = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", str(target)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        lab.append("--allow-root")  # in a container there is often no other user
    try:
        return subprocess.call(lab, env=_environment(folder))  # noqa: S603
    except KeyboardInterrupt:
        return say.OK


def _environment(folder: Path) -> dict[str, str]:
    """Make the demo's own environment, without any key, and with a history in the demo's folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMETAPI_")}
    return {**environment, "COMETACT_NB_SANDBOX": "1", "COMETACT_NB_HISTORY": str(folder / "history.sqlite")}


def _tutorial() -> str:
    """Read the tutorial from the installed package, or from the checkout of an editable install."""
    packaged = resources.files("cometact_nb").joinpath("notebooks", _TUTORIAL)
    if packaged.is_file():
        return packaged.read_text("utf-8")
    return (Path(__file__).parents[3] / "notebooks" / _TUTORIAL).read_text("utf-8")
