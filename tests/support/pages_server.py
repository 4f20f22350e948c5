"""Starts a front end that serves one notebook, as a process of its own with a home of its own."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import sandboxes
from jupyter_client.connect import LocalPortCache
from lab import environment
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """Run ``python -m command…`` in ``folder/work``; its address comes back once it answers.

    ``{port}`` in a part of the command becomes a free port.
    """
    port = LocalPortCache.instance().find_available_port("127.0.0.1")
    address = f"http://127.0.0.1:{port}"
    state = folder / "state"
    env = environment(folder, XDG_STATE_HOME=str(state))
    with (folder / "server.log").open("w") as log:
        words = [sys.executable, "-m", *(part.format(port=port) for part in command)]
        process = subprocess.Popen(words, cwd=folder / "work", env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            until(lambda: process.poll() is not None or _answers(address))
            assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
            yield address
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
            sandboxes.end(state)


def _answers(address: str) -> bool:
    try:
        urlopen(address, timeout=60).close()
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
    return True
