"""axe-core on a view in a page: what bars anyone from it, of any weight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

_RUN = """async views => {
    const inViews = await axe.run({include: views.map(view => [view])}, {resultTypes: ['violations']});
    // Whether a heading is in order is seen from the page's others alone, which are not ours.
    const inPage = await axe.run(document, {runOnly: ['heading-order'], resultTypes: ['violations']});
    const isOurs = node => document.querySelector(node.target[0])?.closest(views.join());
    const nodes = found => found.nodes.map(node => node.html + ' ' + node.failureSummary);
    return [...inViews.violations, ...inPage.violations.map(found => ({...found, nodes: found.nodes.filter(isOurs)}))]
        .filter(found => found.nodes.length).map(found => ({id: found.id, impact: found.impact, nodes: nodes(found)}));
}"""


def findings(page: Page, *views: str) -> list[dict[str, Any]]:
    """What axe finds in the views of these selectors; what it finds in the page around them is left out."""
    if not page.evaluate("() => Boolean(window.axe)"):
        import axe_playwright_python

        page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text())
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(views))
    return found
