"""A kernel that ends under its live views: they say so at once, stop counting, and offer nothing any more."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
from lab import Lab, Notebook
from present import present

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act, os\nsandbox = act.use_sandbox(speed=2)\nprint('=', os.getpid(), '=')"
INPUTS = "character=sandbox.character, reference=sandbox.reference"
CARD = f"task = act.submit({INPUTS})\ntask"
SWEEP = f"sweep = act.sweep({INPUTS}, seed=[1, 2, 3], name='three')\nsweep.run(canary=False)"
VIEWS = {2: ".cometact", 3: ".cometact-sweep", 4: ".cometact-panel", 5: ".cometact-history"}
LINES = {2: "act.task(", 3: 'act.sweep_by_name("three")', 4: "act.panel()", 5: "act.history()"}
KERNEL_ID = """async () => {
    for (const widget of window.jupyterapp.shell.widgets('main'))
        if (widget.context) return widget.context.sessionContext.session.kernel.id;
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One of its own, whose history keeps tasks that never end, and without the extension, which knows more."""
    server = Lab(tmp_path_factory.mktemp("lab"), extension=False)
    yield server
    server.stop()


def begin(notebook: Notebook, *cells: str) -> int:
    """Run the cells from the third on; the kernel's process id."""
    for index, code in enumerate([SETUP, *cells], start=1):
        notebook.type(index, code)
        notebook.run(index)
        notebook.finished(index)
    pid = re.search(r"= (\d+) =", present(notebook.cell(1).locator(".jp-OutputArea").text_content()))
    assert pid is not None
    return int(pid[1])


def test_after_a_restart_every_live_view_says_so_and_takes_its_buttons_away(notebook: Notebook) -> None:
    begin(notebook, CARD, SWEEP, f"act.panel({INPUTS})", "act.history()")
    card, sweep, panel, history = (notebook.cell(index).locator(kind).first for index, kind in VIEWS.items())
    card.get_by_role("button", name="Cancel").wait_for()
    sweep.get_by_role("button", name="Cancel").wait_for()
    panel.locator(".primary.ready").wait_for()
    history.get_by_role("button", name="Cancel").first.wait_for()
    card.get_by_role("button", name="Cancel").focus()
    notebook.restart_kernel()
    for index, kind in VIEWS.items():
        view = notebook.cell(index).locator(kind).first
        view.get_by_text("The kernel has ended. This is how it stood at").wait_for()
        view.locator(".cometact-gone code").get_by_text(LINES[index]).wait_for()
    # The button that had the focus is gone: a keyboard's user is at the words about it.
    assert card.locator(".cometact-gone").evaluate("node => node === document.activeElement")
    asking = re.compile("Cancel|Submit|Refresh|Load into|Really|Sending")
    assert notebook.page.locator(".jp-Notebook").get_by_role("button", name=asking).count() == 0
    assert notebook.page.locator("[data-ticking], progress:indeterminate").count() == 0
    assert panel.get_by_label("Seed", exact=True).get_attribute("readonly") is not None

    task_id = present(
        re.search(r"act\.task\(\"([^\"]+)", present(card.locator(".cometact-gone").text_content()))
    )[1]
    record = notebook.cell(2).locator(".cometact-record")
    assert not record.is_visible()
    notebook.save()  # as it was saved while its task ran
    notebook.reload()
    record.wait_for()
    for part in (task_id[:8], "hero.png", "As of 20", f"act.task('{task_id}')"):
        assert part in present(record.text_content())
    for index, part in ((3, "As of 20"), (4, "%act_two"), (5, task_id[:8])):
        assert part in present(
            notebook.cell(index).locator("[class^=cometact-][class$=-record]").text_content()
        )


def test_a_kernel_that_was_killed_is_gone_and_one_that_is_held_is_not(notebook: Notebook) -> None:
    pid = begin(notebook, CARD, f"act.panel({INPUTS})")
    panel = notebook.cell(3).locator(".cometact-panel")
    panel.locator(".primary.ready").wait_for()
    os.kill(pid, signal.SIGSTOP)  # as busy as a kernel can be
    panel.get_by_role("button", name=re.compile("^Submit")).click()
    panel.get_by_text("The kernel is busy").wait_for()
    panel.get_by_role("button", name="Sending…").wait_for()
    assert notebook.page.locator(".cometact-gone").count() == 0
    os.kill(pid, signal.SIGKILL)
    notebook.cell(2).locator(".cometact-gone").get_by_text("act.task(").wait_for()
    panel.get_by_text("The kernel ended while this was being sent: look with act.history()").wait_for()
    assert notebook.page.get_by_role("button", name=re.compile("Sending|Cancel")).count() == 0
    assert notebook.page.get_by_text("The kernel is busy").count() == 0


def test_a_restart_from_elsewhere_is_seen_too(notebook: Notebook) -> None:
    begin(notebook, CARD)
    notebook.cell(2).get_by_role("button", name="Cancel").wait_for()
    kernel = notebook.page.evaluate(KERNEL_ID)
    address = f"{notebook.lab.base_url}/api/kernels/{kernel}/restart?token={notebook.lab.TOKEN}"
    urlopen(Request(address, method="POST", data=b""), timeout=60).close()
    notebook.cell(2).locator(".cometact-gone").wait_for()
    assert notebook.cell(2).get_by_role("button", name="Cancel").count() == 0


class Line:
    """The page's connection to its kernel, which lives on when it is cut."""

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/api/kernels/[^/]+/channels"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close(code=3001)
            return
        socket.connect_to_server()
        self._open.append(socket)

    def cut(self) -> None:
        self.is_cut = True
        while self._open:
            self._open.pop().close(code=3001)


def test_a_lost_connection_is_said_and_a_click_of_meanwhile_is_sent_once_when_it_is_back(
    new_page: Callable[[Lab], Page], lab: Lab
) -> None:
    page = new_page(lab)
    line = Line(page)
    notebook = Notebook(page, lab, lab.write("apart.ipynb", [""] * 8))
    notebook.open()
    begin(notebook, CARD, f"panel = act.panel({INPUTS}, seed=4141); panel")
    card, panel = (notebook.cell(index).locator(kind).first for index, kind in ((2, VIEWS[2]), (3, VIEWS[4])))
    card.get_by_role("button", name="Cancel").wait_for()
    panel.locator(".primary.ready").wait_for()
    line.cut()
    for view in (card, panel):
        view.get_by_text("No connection to the kernel since").wait_for()
    assert page.locator("[data-ticking]").count() == 0
    assert page.locator(".cometact-gone").count() == 0  # the kernel lives
    panel.get_by_role("button", name=re.compile("^Submit")).click()
    line.is_cut = False
    notebook.cell(3).locator(VIEWS[2]).first.wait_for()  # the card of what was submitted
    for view in (card, panel):
        view.get_by_text("No connection to the kernel since").wait_for(state="detached")
    notebook.type(
        4, "print('=', len(panel.tasks), sum(row.request.seed == 4141 for row in act.history()), '=')"
    )
    notebook.run(4)
    notebook.cell(4).locator(".jp-OutputArea").get_by_text("= 1 1 =").wait_for()
    page.close()
