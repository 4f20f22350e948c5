"""A panel in JupyterLab, for several files of tests: the cells that show it, and its button."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

SETUP = "import cometact_nb as act\nsandbox = act.use_sandbox(speed=60)"
PANEL = "panel = act.panel(character=sandbox.character, reference=sandbox.reference)"
#: The number of requests that reached the sandbox.
POSTS = "len(__import__('json').load(__import__('urllib.request').request.urlopen(sandbox.base_url + '/sandbox/ledger'))['posts'])"


def begin(notebook: Notebook, panel: str = PANEL) -> Locator:
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, panel)
    notebook.run(1)
    return ready(notebook)


def ready(notebook: Notebook) -> Locator:
    form = notebook.cell(1).locator(".cometact-panel")
    form.wait_for(timeout=30_000)
    return form


def submit(form: Locator) -> Locator:
    return form.get_by_role("button", name=re.compile("^Submit"))
