"""From the service's SUCCEEDED to the first frame on the page: ``python tests/benchmarks/picture.py``.

A real JupyterLab in a real Chromium, a real sandbox on loopback. The clock starts when the sandbox is asked for
the poll that it answers with SUCCEEDED (waiting for that poll is not counted) and stops when Chromium presents
the first frame of the clip. Both read this machine's wall clock. Prints a table; ``--json FILE`` writes it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from lab import FLAGS, Lab, Notebook, chromium
from playwright.sync_api import sync_playwright
from services import SandboxProcess

#: Notes when the first frame of each clip was presented, and when it began to play.
WATCH = """() => {
    window.shown = {};
    const note = video => {
        const name = video.src.split("/").pop().split("?")[0];
        if (video.noted) return;
        video.noted = true;
        const entry = window.shown[name] = {};
        const now = () => (performance.timeOrigin + performance.now()) / 1000;
        video.requestVideoFrameCallback(() => { entry.frame = now(); });
        video.addEventListener("playing", () => { entry.playing = now(); }, {once: true});
    };
    new MutationObserver(() => document.querySelectorAll("video[controls]").forEach(note))
        .observe(document.body, {childList: true, subtree: true});
}"""
SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(60, url={url!r})"
MAGIC = "task = %act_two -c {{sandbox.character}} -r {{sandbox.references[2]}} -b --seed {seed}"
BUSY = "while not act.session().tasks()[0].clip:\n    sum(range(10_000))"


def measure(notebook: Notebook, sandbox: SandboxProcess, runs: int, *, busy: bool) -> list[dict[str, float]]:
    found = []
    for run in range(runs):
        notebook.page.evaluate("() => { window.shown = {}; }")
        notebook.type(1, MAGIC.format(seed=run + (100 if busy else 0)))
        notebook.run(1)
        if busy:
            notebook.type(2, BUSY)
            notebook.run(2)
        notebook.page.wait_for_function(
            "() => Object.values(window.shown).some(e => e.frame && e.playing)", timeout=60_000
        )
        (shown,) = notebook.page.evaluate("() => Object.values(window.shown)")
        answered = max(times[-1] for times in sandbox.ledger()["polls"].values())
        found.append({"frame_s": shown["frame"] - answered, "playing_s": shown["playing"] - answered})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sandbox = SandboxProcess(speed=60)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        notebook = Notebook(page, lab, lab.write("picture.ipynb", ["", "", ""]))
        notebook.open()
        page.evaluate(WATCH)
        notebook.type(0, SETUP.format(url=sandbox.base_url))
        notebook.run(0)
        notebook.finished(0)
        table = {
            kind: measure(notebook, sandbox, options.runs, busy=kind == "busy") for kind in ("idle", "busy")
        }
        browser.close()
        lab.stop()
    sandbox.stop()
    print(f"{'kernel':8}{'what':12}{'min':>8}{'median':>8}{'max':>8}   ms, {options.runs} runs")
    for kind, rows in table.items():
        for what in ("frame_s", "playing_s"):
            values = [row[what] * 1000 for row in rows]
            print(
                f"{kind:8}{what[:-2]:12}{min(values):8.0f}{statistics.median(values):8.0f}{max(values):8.0f}"
            )
    if options.json:
        options.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
