"""What the Lab extension costs at a start, and how soon a notebook without its kernel tells the truth.

A real JupyterLab in a real Chromium. One task is run, and its notebook saved while it ran and after its end; of these
outputs notebooks with many cards are made, trusted, and opened by pages that know none of their kernels.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import FLAGS, Lab, Notebook, chromium
from playwright.sync_api import sync_playwright

from tests.benchmarks.report import Line, Report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAME = "extension"
_VIEW = "application/vnd.cometact-nb.view+json"
_SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed=8)"
_MAGIC = "%act_two -c {sandbox.character} -r {sandbox.reference} -e 4"
#: Notes when the notebook was first painted, and when all its cards had their players.
_WATCH = """cards => {
    const look = () => {
        if (!window.opened && document.querySelector(".jp-Notebook .jp-Cell")) window.opened = performance.now();
        const players = document.querySelectorAll(".jp-OutputArea video[controls]").length;
        if (window.opened && players >= cards) window.complete = performance.now();
        else requestAnimationFrame(look);
    };
    look();
}"""
_SPENT = (
    "() => ['load', 'activate'].map(name => performance.getEntriesByName(`cometact_nb:${name}`)[0].duration)"
)


def measure(*, quick: bool) -> Report:
    """Pages are opened in turns, with the extension and without it."""
    runs, cards = (1, 3) if quick else (7, 50)
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        (Path(folder) / "with").mkdir()
        (Path(folder) / "without").mkdir()
        ours, plain = Lab(Path(folder) / "with"), Lab(Path(folder) / "without", extension=False)
        running, final = _outputs(browser, ours)
        _many(ours, "running", running, cards)
        _many(ours, "final", final, cards)
        for lab in (ours, plain):
            _many(lab, "static", [_html_only(output) for output in final], cards)
        for _ in range(runs):
            for name in ("running", "final", "static"):
                opened = _open(browser, ours, name, cards)
                found[name].append(opened["cards"])
                for part in ("load", "activate"):
                    found[part].append(opened[part])
            found["start"].append(_open(browser, ours, "static", cards)["start"])
            found["plain start"].append(_open(browser, plain, "static", cards)["start"])
        browser.close()
        ours.stop()
        plain.stop()
    both = [load + activate for load, activate in zip(found["load"], found["activate"], strict=True)]
    lines = [
        _line("loading and activating the extension", "ms", both, "≤ 20 ms", lambda value: value <= 20),
        Line("the same, activating alone", "ms", found["activate"]),
        Line(
            f"from the address to the first painted cell, {cards} static cards", "ms", found["start"],
            found["plain start"], "without the extension",
        ),
        _cards(f"{cards} cards saved while their tasks ran: all true after the first paint", found["running"], found),
        _cards(f"{cards} final cards: all there after the first paint", found["final"], found),
    ]  # fmt: skip
    how = (
        f"Notebooks with the output of one task, {cards} times, opened {runs} times each, in turns, in a page and with a "
        "kernel that know none of their widgets. Static cards are the same HTML without the extension's description."
    )
    return Report(NAME, "The Lab extension", how, lines)


def _cards(what: str, values: list[float], found: dict[str, list[float]]) -> Line:
    static = statistics.median(found["static"])
    met = statistics.median(values) <= min(1000, 2 * static)
    return Line(what, "ms", values, found["static"], "static HTML", "≤ 1 s and ≤ 2 × static HTML", met)


def _line(what: str, unit: str, values: list[float], target: str, reached: Callable[[float], bool]) -> Line:
    return Line(what, unit, values, target=target, met=reached(statistics.median(values)))


def _outputs(browser: Browser, lab: Lab) -> tuple[list[Any], list[Any]]:
    """The outputs of one card, as they were saved while its task ran and after its end."""
    page = browser.new_page()
    notebook = Notebook(page, lab, lab.write("one.ipynb", ["", ""]))
    notebook.open()
    notebook.type(0, _SETUP)
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, _MAGIC)
    notebook.run(1)
    notebook.cell(1).get_by_role("button", name="Cancel").wait_for(timeout=60_000)
    notebook.save()
    running = lab.saved("one.ipynb")["cells"][1]["outputs"]
    notebook.cell(1).locator("video[controls]").wait_for(timeout=60_000)
    notebook.save()
    final = lab.saved("one.ipynb")["cells"][1]["outputs"]
    page.close()
    return running, final


def _html_only(output: dict[str, Any]) -> dict[str, Any]:
    return {**output, "data": {kind: value for kind, value in output["data"].items() if kind != _VIEW}}


def _many(lab: Lab, name: str, outputs: list[Any], count: int) -> None:
    """Write a trusted notebook of ``count`` cells with these outputs."""
    path = lab.folder / lab.write(f"{name}.ipynb", ["card"] * count)
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["outputs"] = outputs
    path.write_text(json.dumps(notebook))
    trust = [sys.executable, "-m", "nbformat.sign", str(path)]
    subprocess.run(trust, env=lab.env, check=True, capture_output=True)


def _open(browser: Browser, lab: Lab, name: str, cards: int) -> dict[str, float]:
    """Milliseconds until the notebook was painted, and from there until its cards were complete."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(f"({_WATCH})({cards})")
    page.goto(lab.url(f"{name}.ipynb"))
    page.wait_for_function("() => window.complete", timeout=120_000)
    opened, complete = page.evaluate("() => [window.opened, window.complete]")
    spent = (
        page.evaluate(_SPENT)
        if page.evaluate("() => performance.getEntriesByName('cometact_nb:load').length")
        else (0.0, 0.0)
    )
    context.close()
    return {"start": opened, "cards": complete - opened, "load": spent[0], "activate": spent[1]}
