"""A Jupyter server with the extension, as a process of its own, and requests to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

_LONGEST_S = 60
TOKEN = "a-token-of-tests"
#: Others that are installed beside it take seconds to load.
_OTHERS = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals", "nbclassic")
_EXTENSIONS = {"cometact_nb.entry.server": True, **dict.fromkeys(_OTHERS, False)}


class JupyterServer:
    """A Jupyter server on loopback, with no kernel and no page.

    Args:
        folder: for its home, its settings and its root.
        options: of the server, such as ``--CometactNb.histories=[…]``.
        base_url: below which it answers.
        root: its own folder; None makes one.
        env: of its environment, beside what tests have.
    """

    def __init__(
        self, folder: Path, *options: str, base_url: str = "/", root: Path | None = None, **env: str
    ) -> None:
        self.home = folder / "home"
        self.root = root or folder / "root"
        for place in (self.home, self.root):
            place.mkdir(parents=True, exist_ok=True)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("COMETA", "JUPYTER"))
        }
        places = {
            f"JUPYTER_{name}_DIR": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")
        }
        command = [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            *("--ServerApp.port=0", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}"),
            *(f"--ServerApp.root_dir={self.root}", f"--ServerApp.base_url={base_url}"),
            f"--ServerApp.jpserver_extensions={_EXTENSIONS}",
            *options,
        ]
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.root,
                env={**kept, "HOME": str(self.home), **places, **env},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        port = self._find_port()
        self.address = f"http://127.0.0.1:{port}{base_url.rstrip('/')}"
        self.api = f"{self.address}/cometact-nb/api"
        self.http = httpx.Client(timeout=60, trust_env=False)

    def _find_port(self) -> int:
        deadline = time.monotonic() + _LONGEST_S
        while time.monotonic() < deadline and self.process.poll() is None:
            for path in (self.home / "runtime").glob("jpserver-*.json"):
                url = str(json.loads(path.read_text() or "{}").get("url", ""))
                if (port := urlsplit(url).port) is not None:
                    return port
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def ask(
        self, route: str, method: str = "GET", *, token: str = TOKEN, headers: Any = None, **more: Any
    ) -> httpx.Response:
        """Send one request to a route of the extension.

        Args:
            route: below the API.
            method: of HTTP.
            token: empty to come without one.
            headers: of the request.
            more: of httpx.
        """
        self.http.cookies.clear()  # a request with a token logs in for those that follow
        sent = {"Authorization": f"token {token}"} if token else {}
        return self.http.request(method, f"{self.api}/{route}", headers={**sent, **(headers or {})}, **more)

    def get(self, route: str, **query: Any) -> Any:
        """Answer of a route, which must be 200, as JSON."""
        answer = self.ask(route, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stop(self) -> None:
        """End it as its user would, and wait."""
        self.http.close()
        self.process.terminate()
        self.process.wait(_LONGEST_S)
