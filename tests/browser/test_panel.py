"""A user with the panel in JupyterLab: fills it, breaks it, mends it, submits, and never pays twice."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from axe import findings
from panel_page import PANEL, POSTS, begin, ready, submit
from present import present

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser

#: The sandbox outlives its kernel; a file of the user's says which process it is.
SANDBOX_PID = (
    "__import__('json').loads((__import__('cometact_nb.handles.sandbox_process', fromlist=['x'])"
    ".state_of_sandbox() / 'sandbox.json').read_text())['pid']"
)

SEEN = """node => new Promise(told => {
    const look = ([{intersectionRatio}]) => { eyes.disconnect(); told(intersectionRatio > 0.9); };
    const eyes = new IntersectionObserver(look); // also of what cuts it: the notebook scrolls
    eyes.observe(node);
})"""
#: The pairs of texts in the panel that run over each other.
OVERLAPS = """form => {
    const boxes = [];
    const walk = document.createTreeWalker(form, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const whole = document.createRange();
        whole.selectNodeContents(node);
        const hidden = node.parentElement.closest('.unseen, option, textarea, details:not([open]) > :not(summary)');
        if (!node.data.trim() || hidden) continue;
        for (const box of whole.getClientRects()) if (box.width > 1 && box.height > 1) boxes.push([node.data.trim().slice(0, 40), box]);
    }
    const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    return boxes.flatMap(([one, a], at) => boxes.slice(at + 1).filter(([other, b]) => over(a, b)).map(([other]) => `${one} | ${other}`));
}"""


def test_someone_who_never_saw_it_gets_a_clip_without_typing_code(notebook: Notebook) -> None:
    notebook.type(1, "import cometact_nb as act\npanel = act.panel()")
    notebook.run(1)
    form = ready(notebook)
    form.get_by_label("CometAPI key").wait_for()
    form.get_by_role("switch").check()
    form.get_by_text("Nothing is billed").first.wait_for()
    form.get_by_role("button", name="Use sample inputs").click()
    form.get_by_role("img", name="Preview of the character").wait_for()
    form.get_by_role("radio", name="960 × 960").check()
    form.get_by_role("slider").focus()
    notebook.page.keyboard.press("ArrowRight")
    form.get_by_text("4 · lively").wait_for()
    submit(form).click()
    notebook.cell(1).locator(".cometact video[controls]").wait_for()
    assert notebook.value("panel.task.request.params") == "{'expression_intensity': 4, 'ratio': '960:960'}"


def test_fill_break_mend_and_double_click_is_one_post(notebook: Notebook) -> None:
    form = begin(notebook)
    seed = form.get_by_label("Seed", exact=True)
    seed.fill("-4")
    form.get_by_text("Is outside 0–4294967295").wait_for()
    assert seed.get_attribute("aria-invalid") == "true"
    submit(form).click()
    form.get_by_text("Nothing was sent").wait_for()
    seed.fill("7")
    form.get_by_text("Is outside").wait_for(state="detached")
    submit(form).dblclick()
    form.get_by_text("Accepted.").wait_for()
    submit(form).dblclick()
    cards = notebook.cell(1).locator(".cometact")
    cards.nth(1).wait_for()
    assert notebook.value(f"len(panel.tasks), {POSTS}, panel.task.request.seed") == "2 2 7"
    assert cards.count() == 2


def test_a_click_on_a_busy_kernel_says_so_and_sends_what_the_page_shows(notebook: Notebook) -> None:
    form = begin(notebook)
    pid = int(notebook.value("__import__('os').getpid()"))
    os.kill(pid, signal.SIGSTOP)  # as busy as a kernel can be
    try:
        form.get_by_label("Seed", exact=True).fill("1")
        form.get_by_label("Seed", exact=True).press("Tab")
        form.get_by_label("Seed", exact=True).fill("42")
        submit(form).click()
        form.get_by_role("button", name="Sending…").click(force=True)
        form.get_by_text("The kernel is busy").wait_for()
    finally:
        os.kill(pid, signal.SIGCONT)
    form.get_by_text("Accepted.").wait_for()
    form.get_by_text("The kernel is busy").wait_for(state="hidden")
    assert notebook.value(f"panel.task.request.seed, {POSTS}") == "42 1"


def test_two_views_stay_in_step_and_cannot_send_twice(notebook: Notebook) -> None:
    begin(notebook)
    notebook.type(2, "panel")
    notebook.run(2)
    one, two = (notebook.cell(index).locator(".cometact-panel") for index in (1, 2))
    two.wait_for()
    one.get_by_label("Seed", exact=True).fill("11")
    notebook.page.wait_for_function(
        "node => node.value === '11'", arg=two.get_by_label("Seed", exact=True).element_handle()
    )
    # In one go: the answer to the first comes back while both are under way.
    notebook.page.evaluate(
        "() => document.querySelectorAll('.cometact-panel .primary').forEach(one => one.click())"
    )
    two.get_by_text("Accepted.").wait_for()
    assert notebook.value(f"len(panel.tasks), {POSTS}") == "1 1"


def test_a_second_click_and_a_held_key_send_nothing_also_after_a_fast_answer(notebook: Notebook) -> None:
    form = begin(notebook)
    submit(form).click()
    form.get_by_text("Accepted.").wait_for()
    second = "new MouseEvent('click', {bubbles: true, detail: 2})"
    form.evaluate(f"node => node.querySelector('.primary').dispatchEvent({second})")
    assert notebook.value(f"len(panel.tasks), {POSTS}") == "1 1"
    submit(form).focus()
    notebook.page.keyboard.down("Enter")
    notebook.cell(1).locator(".cometact").nth(1).wait_for()  # the second task's card
    for _ in range(3):
        notebook.page.keyboard.down("Enter")  # held: it repeats
    notebook.page.keyboard.up("Enter")
    assert notebook.value(f"len(panel.tasks), {POSTS}") == "2 2"


def test_it_survives_a_reload_and_leaves_a_record_without_its_kernel(notebook: Notebook) -> None:
    form = begin(notebook)
    form.get_by_label("Seed", exact=True).fill("7")
    submit(form).click()
    notebook.cell(1).locator(".cometact video[controls]").wait_for()
    record = notebook.cell(1).locator(".cometact-panel-record")
    record.get_by_text("SUCCEEDED").wait_for(state="attached")
    assert not record.is_visible()
    notebook.save()
    notebook.reload()
    form = ready(notebook)
    assert form.get_by_label("Seed", exact=True).input_value() == "7"
    submit(form).click()
    notebook.cell(1).locator(".cometact").nth(1).wait_for()
    assert notebook.value(f"len(panel.tasks), {POSTS}") == "2 2"
    record.locator("video").nth(1).wait_for(state="attached")

    notebook.save()
    outputs = notebook.lab.saved(notebook.name)["cells"][1]["outputs"]
    assert len(json.dumps(outputs)) < 24_000
    notebook.restart_kernel()
    notebook.reload()
    record.wait_for()
    assert "--seed 7" in record.inner_text()
    assert record.get_by_role("row", name=re.compile("Seed.*7")).is_visible()


def test_a_reload_and_a_reconnect_in_mid_flight_send_once(notebook: Notebook) -> None:
    form = begin(notebook)
    form.locator(".primary.ready").wait_for()
    pid = int(notebook.value(SANDBOX_PID))
    os.kill(pid, signal.SIGSTOP)  # the request is sent, and its answer waits
    try:
        submit(form).click()
        form.get_by_role("button", name="Sending…").wait_for()
        notebook.save()
        notebook.reload()
        form = ready(notebook)
        form.get_by_role("button", name="Sending…").click(force=True)
        notebook.reconnect()
        form.get_by_role("button", name="Sending…").dblclick(force=True)
    finally:
        os.kill(pid, signal.SIGCONT)
    form.get_by_text("Accepted.").wait_for()
    assert notebook.value(f"len(panel.tasks), {POSTS}") == "1 1"


def test_a_sweep_is_filled_in_priced_agreed_to_and_bought_once(notebook: Notebook) -> None:
    form = begin(notebook, "act.configure(price=0.8)\n" + PANEL)
    form.get_by_role("radio", name="Sweep").check()
    form.get_by_role("checkbox", name="1 subtle").check()
    form.get_by_role("checkbox", name="5 exaggerated").check()
    form.get_by_label("Seed", exact=True).fill("1,,2")
    form.get_by_text("nothing between two commas").wait_for()
    form.get_by_label("Seed", exact=True).fill("1:2")
    form.get_by_text("about $3.20", exact=True).wait_for()
    submit(form).dblclick()
    agree = form.get_by_role("button", name="Yes, buy 4 for $3.20")
    agree.wait_for()
    assert notebook.value(f"panel.sweep, {POSTS}") == "None 0"
    agree.dblclick()
    form.get_by_text("Started.").wait_for()
    form.get_by_text("The same sweep as code").click()
    line = form.get_by_role("tabpanel")
    line.get_by_text("--expression-intensity 1,5 --seed 1,2").wait_for()
    pasted = line.inner_text().replace("1,5", "1,3,5")
    form.get_by_text("Fill the form from code").click()
    form.get_by_role("textbox", name="A magic line").fill(pasted)
    form.get_by_role("button", name="Fill the form").click()
    form.get_by_text("The form was filled").wait_for()
    assert form.get_by_role("checkbox", name="3 natural").is_checked()
    assert notebook.value(f"len(panel.sweep.wait().cells), {POSTS}, panel.plan.to_buy") == "4 4 2"
    form.get_by_role("radio", name="One request").check()
    form.get_by_text("The same request as code").wait_for()
    assert form.get_by_text("1 · subtle", exact=True).is_visible()


def test_code_is_live_and_comes_back(notebook: Notebook) -> None:
    form = begin(notebook)
    form.get_by_text("The same request as code").click()
    form.get_by_role("tab", name="Magic").focus()
    notebook.page.keyboard.press("ArrowRight")
    assert form.get_by_role("tab", name="Python").get_attribute("aria-selected") == "true"
    form.get_by_label("Seed", exact=True).fill("77")
    code = form.get_by_role("tabpanel")
    code.get_by_text("seed=77").wait_for()
    pasted = code.inner_text().replace("77", "78")
    form.get_by_text("Fill the form from code").click()
    form.get_by_role("textbox", name="A magic line").fill(pasted)
    form.get_by_role("button", name="Fill the form").click()
    form.get_by_text("The form was filled").wait_for()
    assert form.get_by_label("Seed", exact=True).input_value() == "78"


def test_what_stops_a_submission_comes_into_view_and_the_first_wrong_field_has_the_focus(
    notebook: Notebook,
) -> None:
    page = notebook.page
    form = begin(notebook, "panel = act.panel(reference=sandbox.reference + '-nowhere')")
    page.set_viewport_size({"width": 900, "height": 420})
    form.get_by_label("Seed", exact=True).fill("-4")
    form.get_by_text("Is outside").wait_for()
    assert form.get_by_label("Character", exact=True).get_attribute("aria-invalid") == "false"
    submit(form).click()
    character = form.get_by_label("Character", exact=True)
    page.wait_for_function("node => node === document.activeElement", arg=character.element_handle())
    assert character.get_attribute("aria-invalid") == "true"
    told = page.locator(f"[id='{character.get_attribute('aria-describedby')}']")
    assert told.inner_text().strip()
    page.wait_for_function(SEEN, arg=told.element_handle())

    # An input that is not there leaves no hole where its picture would be.
    form.get_by_text("No preview.").wait_for()
    assert form.locator(".preview").evaluate("node => node.getBoundingClientRect().height") < 40


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_bars_anyone_nor_runs_into_anything_in_either_theme_nor_at_400_pixels(
    notebook: Notebook, theme: str
) -> None:
    page = notebook.page
    page.evaluate(f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
    form = begin(notebook)
    form.locator(".primary.ready").wait_for()
    form.get_by_text("The same request as code").click()
    form.get_by_text("Fill the form from code").click()
    submit(form).click()
    notebook.cell(1).locator(".cometact").wait_for()
    form.get_by_label("Seed", exact=True).fill("-4")
    form.get_by_text("Is outside").wait_for()
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for width, mode in (
        (1280, "Sweep"),
        (1280, "One request"),
        (640, "One request"),  # 1280 at 200 %
        (530, "One request"),
        (530, "Sweep"),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        form.get_by_role("radio", name=mode).check()
        form.get_by_text(f"The same {mode.split()[-1].lower()} as code").wait_for()
        found = findings(page, ".cometact-panel", ".cometact")
        assert not found, json.dumps(found, indent=1)
        assert form.evaluate(OVERLAPS) == []
    box = present(form.bounding_box())
    assert 300 < box["width"] <= 420
    assert form.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.evaluate(
        "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
    )
