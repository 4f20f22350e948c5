"""Jupyter servers to be killed: each has a keeper that is on, for one history.

``python dying_servers.py FOLDER`` reads lines ``HISTORY`` and forks a server for each, so that the imports are paid
once. It prints each one's process id, and once it is gone its exit status.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av  # noqa: F401  (imported once, for all)
import PIL.Image  # noqa: F401
from jupyter_server.serverapp import ServerApp

from cometact_nb.entry.server import extension, load  # noqa: F401

_OPTIONS = (
    *("--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"),
    *("--IdentityProvider.token=a-token-of-tests", "--ServerApp.open_browser=False"),
    "--ServerApp.jpserver_extensions={'cometact_nb.entry.server': True}",
)


def serve(folder: Path, history: str) -> None:
    """A server's life."""
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        os.environ[f"JUPYTER_{kind}_DIR"] = str(folder / kind.lower())
    os.environ |= {"COMETACT_NB_HISTORY": history, "COMETACT_NB_KEEPER": "1"}
    # A program that the server starts may make a shared input non-blocking, and be killed before it makes it blocking
    # again (Node does): the parent's own input would end with it.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    log = os.open(folder / "servers.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    ServerApp.launch_instance([*_OPTIONS, f"--ServerApp.root_dir={Path(history).parent}"])


def main() -> None:
    """Fork a server for each line."""
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            serve(folder, line.strip())
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
