"""How free a page stays while it shows a sweep of 200 cells that all change.

A real JupyterLab in a real Chromium. The main thread's tasks are those of Chromium's own trace; messages are counted as
they reach the page.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from lab import FLAGS, Lab, Notebook, chromium
from playwright.sync_api import sync_playwright
from present import present

from tests.benchmarks.report import Line, Report
from tests.benchmarks.service import Service

NAME = "browser"
#: What a trace holds: the tasks of each thread. Playwright's own choice would add pictures of the page.
TRACED = ["toplevel", "__metadata"]
_TASK = "ThreadControllerImpl::RunTask"
_SETUP = """%load_ext cometact_nb
import cometact_nb as act
sandbox = act.use_sandbox(60, url={url!r})
act.configure(look="never")
act.configure(max_in_flight=25)
sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, expression_intensity=[1, 2, 3, 4, 5],
                  seed=range({first}, {last}), allow_unlisted=True)"""
#: Notes when the last cell of the grid was painted: two frames after it stood in the page.
_WATCH = """cells => {
    window.painted = null;
    const seen = new MutationObserver(() => {
        if (document.querySelectorAll(".cometact-sweep .cell").length < cells) return;
        seen.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }));
    });
    seen.observe(document.body, {childList: true, subtree: true});
}"""
_CLICK = """() => {
    window.began = performance.now();
    return window.jupyterapp.commands.execute("notebook:run-cell");
}"""


def measure(*, quick: bool) -> Report:
    """The sweep is shown, then run to its end, a few times, each in a kernel and a page of its own."""
    runs, seeds = (1, 4) if quick else (5, 40)
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, Service(0.05) as service:
        lab = Lab(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for run in range(runs):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            notebook = Notebook(page, lab, lab.write(f"browser-{run}.ipynb", ["", ""]))
            # Other seeds each time: what the history has is not bought again.
            setup = _SETUP.format(url=service.base_url, first=run * seeds, last=(run + 1) * seeds)
            for name, value in _one(notebook, setup, 5 * seeds).items():
                found[name].append(value)
            page.close()
        browser.close()
        lab.stop()
    cells = 5 * seeds
    lines = [
        _line("from the click to the painted grid", "ms", found["paint"], "≤ 1 s", 1000),
        _line("messages a second while all cells change", "", found["messages"], "≤ 5", 5),
        _line("longest task of the main thread while all cells change", "ms", found["change"], "≤ 50 ms", 50),
        Line("the same in CPU time, without waiting for a busy machine", "ms", found["change_cpu"]),
        _line("longest task while the view appears", "ms", found["appear"], "≤ 50 ms", 50),
        Line("the same in CPU time", "ms", found["appear_cpu"]),
    ]
    how = (
        f"A sweep of {cells} cells, {runs} times in a kernel and a page of its own: shown by a cell, then run to its end, "
        "25 tasks at once, 60 times as fast as the service. Posters are asked for as they come into sight."
    )
    return Report(NAME, "The browser stays free", how, lines)


def _line(what: str, unit: str, values: list[float], target: str, limit: float) -> Line:
    return Line(what, unit, values, target=target, met=statistics.median(values) <= limit)


def _one(notebook: Notebook, setup: str, cells: int) -> dict[str, float]:
    page = notebook.page
    heard: list[float] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: _hear(heard, frame)))
    notebook.open()
    notebook.type(0, f"{setup}\n_ = sweep.plan")
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, "sweep")
    browser = present(page.context.browser)
    page.evaluate(_WATCH, cells)
    browser.start_tracing(page=page, categories=TRACED)
    page.evaluate(_CLICK)
    page.wait_for_function("() => window.painted", timeout=60_000)
    paint = float(page.evaluate("() => window.painted - window.began"))
    appear, appear_cpu = longest_tasks_ms(browser.stop_tracing())
    notebook.type(0, "_ = sweep.run(canary=False, yes=True)")
    heard.clear()
    browser.start_tracing(page=page, categories=TRACED)
    began = time.monotonic()
    notebook.run(0)
    page.locator(".cometact-sweep-record").get_by_text(f"{cells} done").wait_for(timeout=180_000)
    took = time.monotonic() - began
    change, change_cpu = longest_tasks_ms(browser.stop_tracing())
    return {
        "paint": paint,
        "messages": len(heard) / took,
        "change": change,
        "change_cpu": change_cpu,
        "appear": appear,
        "appear_cpu": appear_cpu,
    }


def _hear(heard: list[float], frame: bytes | str) -> None:
    """Note a message of a widget."""
    if b"comm_msg" in (frame if isinstance(frame, bytes) else frame.encode()):
        heard.append(time.monotonic())


def longest_tasks_ms(trace: bytes) -> tuple[float, float]:
    """The longest task of the page's main thread in a trace of Chromium's, by the clock and by its own CPU time."""
    events = json.loads(trace)["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    on_main = [event for event in events if (event["pid"], event["tid"]) in main]
    tasks = [event for event in on_main if event.get("name") == _TASK and "dur" in event]
    longest = max(event["dur"] for event in tasks), max(event.get("tdur", 0) for event in tasks)
    return longest[0] / 1000, longest[1] / 1000
