"""``cometact-nb``: what is useful outside a notebook."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb._version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.inspection import Role

__all__ = ["main"]

_TUTORIAL = "01_first_performance.ipynb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code comes back."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["sandbox"]:  # its options are its own
        return subprocess.call([sys.executable, "-P", "-m", "cometact_nb.sandbox", *arguments[1:]])  # noqa: S603
    options = _parser().parse_args(arguments)
    if options.command == "demo":
        return demo(Path(options.folder), open_lab=options.lab)
    if options.command == "doctor":
        return doctor(options.address, options.role, as_json=options.json)
    _parser().print_help()
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cometact-nb", description="Runway Act-Two videos from a notebook, through CometAPI."
    )
    parser.add_argument("--version", action="version", version=f"cometact_nb {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    demo_options = commands.add_parser(
        "demo", help="run the first tutorial on the sandbox and open it in JupyterLab; nothing is billed"
    )
    demo_options.add_argument(
        "--folder", default="cometact-demo", help="where everything is left (default: %(default)s)"
    )
    demo_options.add_argument(
        "--no-lab", dest="lab", action="store_false", help="do not open JupyterLab at the end"
    )
    doctor_options = commands.add_parser(
        "doctor", help="say what the vendor would refuse about an input, and how to mend it"
    )
    doctor_options.add_argument(
        "address", metavar="URL", help="of a character or a reference clip; or a path"
    )
    doctor_options.add_argument("--role", choices=["character", "reference"], help="what it is to be used as")
    doctor_options.add_argument("--json", action="store_true", help="write JSON")
    commands.add_parser(
        "sandbox", help="run the stand-in for the API; see cometact-nb sandbox --help", add_help=False
    )
    return parser


def demo(folder: Path, *, open_lab: bool) -> int:
    """Run the first tutorial notebook on the sandbox, and leave it, its HTML and its clip in ``folder``.

    Args:
        folder: made when missing; an older run's notebook is replaced, its clips stay.
        open_lab: open JupyterLab on the executed notebook afterwards, until it is closed.

    Returns:
        exit code: 0, 1 when the notebook failed, 3 when something is not installed.
    """
    try:
        import nbformat  # noqa: PLC0415  (an extra)
        from nbclient import NotebookClient  # noqa: PLC0415
        from nbclient.exceptions import CellExecutionError  # noqa: PLC0415
        from nbconvert import HTMLExporter  # noqa: PLC0415
    except ImportError as error:
        _say(f"The demo needs {error.name}. Install it with: pip install 'cometact_nb[demo]'")
        return 3
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.reads(_tutorial(), as_version=4)
    target = folder / _TUTORIAL
    began = time.monotonic()
    _say(f"Running {_TUTORIAL} on the sandbox: a stand-in on this machine, nothing is billed …")
    client = NotebookClient(
        notebook,
        timeout=180,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        # A kernel warns that TCP is not encrypted; this one is on loopback, and a newcomer would wonder.
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
    if failed:
        _say(f"{failed}\nThe notebook failed; it is kept at {target}.")
        return 1
    clips = sorted((folder / "act_two_outputs").glob("*.mp4"))
    _say(f"Done in {time.monotonic() - began:.0f} s:")
    for path in (target, target.with_suffix(".html"), *clips[-1:]):
        _say(f"  {path}")
    if not open_lab:
        return 0
    _say("Opening JupyterLab; stop it with Ctrl-C.")
    lab = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", str(target)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        lab.append("--allow-root")  # in a container there is often nobody else
    try:
        return subprocess.call(lab, env=_environment(folder))  # noqa: S603
    except KeyboardInterrupt:
        return 0


def doctor(address: str, role: Role | None, *, as_json: bool = False) -> int:
    """Inspect one input and write what was found.

    Args:
        address: URL or path.
        role: None infers it from what the input is.
        as_json: write JSON, the URL without its query.

    Returns:
        exit code: 0, 1 when the vendor would refuse the input, 4 when it could not be reached.
    """
    from cometact_nb.sessions import Session  # noqa: PLC0415  (the other commands need no session)

    session = Session()
    try:
        found = session.inspect(address, role)
    finally:
        session.close()
    _say(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if as_json else str(found))
    return {True: 0, False: 1, None: 4}[found.ok]


def _environment(folder: Path) -> dict[str, str]:
    """The demo's own environment: no key can be found in it, and its history lies in its folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMETAPI_")}
    return {**kept, "COMETACT_NB_SANDBOX": "1", "COMETACT_NB_HISTORY": str(folder / "history.sqlite")}


def _tutorial() -> str:
    """The tutorial's text: from the installed package, or from the checkout of an editable install."""
    packaged = resources.files("cometact_nb").joinpath("notebooks", _TUTORIAL)
    if packaged.is_file():
        return packaged.read_text("utf-8")
    return (Path(__file__).parents[1] / "notebooks" / _TUTORIAL).read_text("utf-8")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
