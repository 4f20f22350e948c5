"""A real JupyterLab for tests, and the few gestures they make in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import labextension
import platformdirs
import sandboxes

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

#: How long a test waits for what it is sure of: so long that only what will never happen takes it, however busy the machine is.
WAIT_MS = 180_000
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run",
         "--autoplay-policy=no-user-gesture-required",
         "--use-fake-device-for-media-stream"]  # fmt: skip


def chromium() -> str | None:
    """The browser to test with: ``CHROMIUM``, or the first that is installed."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which no user setting, no key and no history is found."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("COMETA", "JUPYTER", "JPY"))
    }
    home = folder / "home"
    home.mkdir(exist_ok=True)
    _share_samples(home / ".cache" / "cometact_nb")
    return {
        **kept,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "COMETACT_NB_HISTORY": str(folder / "history.sqlite"),
        "COMETACT_NB_SANDBOX": "1",
        "COMETACT_NB_SANDBOX_CLIP_S": "0.5",  # a whole clip takes over a second to render
        "COMETACT_NB_SANDBOX_SPEED": "40",
        **more,
    }


def _share_samples(cache: Path) -> None:
    """Let a home folder have the sandbox's samples of the user who runs the tests: they take seconds to render."""
    shared = Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False)) / "sandbox"
    shared.mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (cache / "sandbox").symlink_to(shared, target_is_directory=True)


class Lab:
    """A JupyterLab server on loopback with its own folder and settings.

    Args:
        folder: an empty folder; notebooks lie in ``folder/work``.
        theme: such as ``JupyterLab Dark``.
        module: ``jupyterlab``, or ``notebook`` for Notebook 7, which is built of the same parts.
        extension: whether the package's own Lab extension is there, as after an installation.
        more: of its environment.

    A lane of the matrix chooses another module by COMETACT_NB_LANE_SERVER, and a base URL for all by
    COMETACT_NB_LANE_BASE_URL, such as ``/a%20b/``.
    """

    TOKEN = "test-token"

    def __init__(
        self,
        folder: Path,
        theme: str = "JupyterLab Light",
        module: str = "",
        *,
        extension: bool = True,
        **more: str,
    ) -> None:
        self.module = module = module or os.environ.get("COMETACT_NB_LANE_SERVER", "jupyterlab")
        base = os.environ.get("COMETACT_NB_LANE_BASE_URL", "/")
        self.folder = folder / "work"
        self.folder.mkdir()
        self.env = environment(folder, **more)
        self._states = folder / "states"
        self._give_each_kernel_its_own_sandbox()
        self._add_extension(folder / "extension") if extension else self._disable_extension()
        settings = Path(self.env["JUPYTERLAB_SETTINGS_DIR"]) / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
        (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
        command = [
            sys.executable, "-m", module, "--no-browser", "--allow-root", "--ServerApp.port=0",
            "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={self.TOKEN}",
            f"--ServerApp.root_dir={self.folder}", f"--ServerApp.base_url={base}", "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
        ]  # fmt: skip
        self._log = (folder / "lab.log").open("w")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=self.env, stdout=self._log, stderr=subprocess.STDOUT
        )
        self.base_url = self._find_url(Path(self.env["JUPYTER_RUNTIME_DIR"])) + base.rstrip("/")

    def _give_each_kernel_its_own_sandbox(self) -> None:
        """So that a test counts what it sent itself, and finds nothing bought already."""
        startup = Path(self.env["IPYTHONDIR"]) / "profile_default" / "startup"
        startup.mkdir(parents=True)
        state = f"os.environ['XDG_STATE_HOME'] = {str(self._states)!r} + '/' + str(os.getpid())"
        (startup / "state.py").write_text(f"import os\n{state}\ndel os\n")

    def _add_extension(self, folder: Path) -> None:
        self.env |= labextension.assemble(folder)

    def _disable_extension(self) -> None:
        config = Path(self.env["JUPYTER_CONFIG_DIR"]) / "labconfig"
        config.mkdir(parents=True)
        (config / "page_config.json").write_text(json.dumps({"disabledExtensions": {"cometact_nb": True}}))

    def _find_url(self, runtime: Path) -> str:
        deadline = time.monotonic() + 180  # a busy machine takes minutes
        while time.monotonic() < deadline:
            for path in runtime.glob("jpserver-*.json"):
                told = json.loads(path.read_text() or "{}")
                if told.get("port"):
                    return f"http://127.0.0.1:{told['port']}"
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start: {Path(self._log.name).read_text()[-2000:]}")

    def url(self, notebook: str) -> str:
        """The address that opens one notebook, in a workspace of its own."""
        if self.module == "notebook":
            return f"{self.base_url}/notebooks/{notebook}?token={self.TOKEN}"
        workspace = Path(notebook).stem
        return f"{self.base_url}/lab/workspaces/{workspace}/tree/{notebook}?token={self.TOKEN}"

    def write(self, name: str, cells: list[str] | None = None) -> str:
        """A notebook with code cells, on disk; its name comes back."""
        entries: list[dict[str, Any]] = [
            {"cell_type": "code", "id": f"cell-{i}", "execution_count": None, "metadata": {"trusted": True},
             "outputs": [], "source": source}
            for i, source in enumerate(cells or [""])
        ]  # fmt: skip
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"cells": entries, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / name).write_text(json.dumps(notebook))
        return name

    def saved(self, name: str) -> dict[str, Any]:
        """A notebook as it is on disk."""
        return json.loads((self.folder / name).read_text())  # type: ignore[no-any-return]

    def states(self) -> set[Path]:
        """The folders of all kernels so far, each with what its sandbox left."""
        return set(self._states.glob("*"))

    def end_kernel(self, notebook: str) -> None:
        """End the kernel of one notebook: it and what it watches would go on beside the next test."""
        for session in json.loads(self._ask("sessions")):
            if session["path"] == notebook:
                self._ask(f"sessions/{session['id']}", "DELETE")

    def _ask(self, path: str, method: str = "GET") -> bytes:
        """Answer of the server; empty where what was asked about has gone meanwhile."""
        address = f"{self.base_url}/api/{path}?token={self.TOKEN}"
        try:
            with urlopen(Request(address, method=method), timeout=120) as answer:
                return answer.read()  # type: ignore[no-any-return]
        except HTTPError as error:
            with error:
                if error.code not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                    raise
            return b""

    def stop(self) -> None:
        """End the server, its kernels, and the sandboxes that they used."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        for state in self.states():
            sandboxes.end(state)


_KERNEL_READY = """() => {
    for (const widget of window.jupyterapp?.shell.widgets("main") ?? []) {
        const kernel = widget.context?.sessionContext?.session?.kernel;
        if (kernel) return kernel.connectionStatus === "connected" && kernel.status === "idle";
    }
    return false;
}"""


class Notebook:
    """One notebook page in a browser.

    Args:
        page: a Playwright page.
        lab: the server.
        name: the notebook's file name.
    """

    def __init__(self, page: Page, lab: Lab, name: str) -> None:
        self.page, self.lab, self.name = page, lab, name
        page.set_default_timeout(WAIT_MS)
        self.used = 0  #: the last cell that a test of its own accord asked something in

    def open(self) -> None:
        """Load the page and wait until the notebook's kernel is idle."""
        self.page.goto(self.lab.url(self.name))
        self.ready()

    def reload(self) -> None:
        """Load the page anew, and wait until the notebook's kernel is idle."""
        self.open()

    def ready(self) -> None:
        """Wait until the notebook is drawn and its kernel is idle."""
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.page.wait_for_function(_KERNEL_READY)

    def cell(self, index: int) -> Locator:
        """The ``index``-th cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def type(self, index: int, text: str) -> None:
        """Type ``text`` into a cell, as a user does."""
        editor = self.cell(index).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def run(self, index: int) -> None:
        """Press Shift+Enter in a cell."""
        self.cell(index).locator(".cm-content").click()
        self.cell(index).locator(".cm-focused").wait_for()
        self.page.keyboard.press("Shift+Enter")

    def finished(self, index: int) -> None:
        """Wait until a cell has an execution count."""
        prompt = self.cell(index).locator(".jp-InputPrompt")
        prompt.filter(has_text=re.compile(r"\[\d+\]")).wait_for()

    def value(self, expression: str) -> str:
        """What the kernel prints for an expression, asked in the next cell that was not used."""
        index = self.used = max(self.used, 2) + 1
        self.type(index, f"print('=', {expression}, '=')")
        self.run(index)
        output = self.cell(index).locator(".jp-OutputArea").get_by_text(re.compile("= .* ="))
        output.wait_for()
        return output.inner_text().strip()[2:-2]

    def save(self) -> None:
        """Save, and wait until that is done."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def reconnect(self) -> None:
        """Break the page's connection to its kernel and make it anew."""
        self.page.evaluate(
            "async () => { for (const w of window.jupyterapp.shell.widgets('main'))"
            " if (w.context) await w.context.sessionContext.session.kernel.reconnect(); }"
        )

    def restart_kernel(self) -> None:
        """Restart the kernel without being asked."""
        self.page.evaluate(
            "async () => { for (const w of window.jupyterapp.shell.widgets('main'))"
            " if (w.context) await w.context.sessionContext.session.kernel.restart(); }"
        )
        self.ready()
