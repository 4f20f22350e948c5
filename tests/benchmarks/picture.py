"""From the service's SUCCEEDED to the first frame on the page, and how free kernel and browser stay meanwhile.

A real JupyterLab in a real Chromium. The clock starts when the service is asked for the poll that it answers with
SUCCEEDED (waiting for that poll is not counted) and stops when Chromium presents the first frame of the clip. Both
read this machine's wall clock.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from lab import FLAGS, Lab, Notebook, chromium
from playwright.sync_api import sync_playwright

from tests.benchmarks.report import Line, Report
from tests.benchmarks.service import Service

NAME = "picture"
_MOST_MS = 300.0
#: Notes when the first frame of a clip was presented.
_WATCH = """() => {
    window.shown = null;
    const note = video => {
        if (video.noted) return;
        video.noted = true;
        video.requestVideoFrameCallback(() => { window.shown = performance.timeOrigin + performance.now(); });
    };
    new MutationObserver(() => document.querySelectorAll("video[controls]").forEach(note))
        .observe(document.body, {childList: true, subtree: true});
}"""
_SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(60, url={url!r})\nact.configure(look='never')"
_MAGIC = "task = %act_two -c {{sandbox.character}} -r {{sandbox.reference}} --seed {seed}"
_BUSY = {
    "idle kernel": "",
    "kernel busy in C (hashing)": "import hashlib\nwhile not task.clip:\n    hashlib.sha256(bytes(4_000_000))",
    "kernel busy in pure Python": "while not task.clip:\n    sum(range(10_000))",
}


def measure(*, quick: bool) -> Report:
    """A few tasks for each kind of kernel, in turn."""
    runs, megabytes = (1, 0.2) if quick else (10, 5.0)
    found: dict[str, list[float]] = {kind: [] for kind in _BUSY}
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        Service(megabytes) as service,
    ):
        lab = Lab(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        notebook = Notebook(page, lab, lab.write("picture.ipynb", ["", "", ""]))
        notebook.open()
        page.evaluate(_WATCH)
        notebook.type(0, _SETUP.format(url=service.base_url))
        notebook.run(0)
        notebook.finished(0)
        for run in range(runs + (0 if quick else 1)):
            for number, (kind, busy) in enumerate(_BUSY.items()):
                value = _one(notebook, service, 10 * run + number, busy)
                if run or quick:  # the first of each kind loads what later ones find loaded
                    found[kind].append(value)
        browser.close()
        lab.stop()
    lines = [
        Line(kind, "ms", values, target="≤ 300 ms", met=statistics.median(values) <= _MOST_MS)
        for kind, values in found.items()
    ]
    return Report(
        NAME,
        "Completion to picture",
        f"SUCCEEDED served → first frame presented in Chromium, clip of {megabytes:g} MB on loopback, {runs} tasks of "
        "each kind. A busy kernel runs a cell all the while.",
        lines,
    )


def _one(notebook: Notebook, service: Service, seed: int, busy: str) -> float:
    page = notebook.page
    page.evaluate("() => { window.shown = null; }")
    notebook.type(1, _MAGIC.format(seed=seed))
    notebook.run(1)
    if busy:
        notebook.type(2, busy)
        notebook.run(2)
    page.wait_for_function("() => window.shown", timeout=60_000)
    return float(page.evaluate("() => window.shown")) - service.succeeded_at() * 1000
