"""What a user hands over in the panel: files, uploads, code, a key, a signed link; what must not be saved is not."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from panel_page import PANEL, begin, ready

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser


def test_a_local_file_is_sent_only_when_that_is_ticked(notebook: Notebook, tmp_path: Path) -> None:
    form = begin(notebook, "print(sandbox.character)\n" + PANEL)
    url = notebook.cell(1).locator(".jp-OutputArea").get_by_text("http").first.inner_text().strip()
    with urlopen(url) as answer:
        (tmp_path / "mine, näher.png").write_bytes(answer.read())
    form.locator("input[type=file]").first.set_input_files(tmp_path / "mine, näher.png")
    form.get_by_text("documents https URLs only").first.wait_for()
    assert form.get_by_label("Character", exact=True).input_value() == "upload:mine_ näher.png"
    form.get_by_role("img", name="Picture of your file for the character").wait_for()
    form.get_by_label("Try it all the same").check()
    form.locator(".primary.ready").click()
    form.get_by_text("Accepted.").wait_for()
    assert notebook.value("panel.task.request.character.uri[:22]") == "data:image/png;base64,"


def test_an_upload_says_how_far_it_came_and_waits_for_a_busy_kernel(
    notebook: Notebook, tmp_path: Path
) -> None:
    form = begin(notebook, "import os\nprint(sandbox.character)\n" + PANEL)
    pid = int(notebook.value("os.getpid()"))
    url = notebook.cell(1).locator(".jp-OutputArea").get_by_text("http").first.inner_text().strip()
    with urlopen(url) as answer:
        picture = answer.read()
    (tmp_path / "hero.png").write_bytes(picture + bytes(3_500_000 - len(picture)))  # several pieces
    bar = form.get_by_role("progressbar", name="Upload of hero.png")
    os.kill(pid, signal.SIGSTOP)
    try:
        form.locator("input[type=file]").first.set_input_files(tmp_path / "hero.png")
        form.get_by_text("hero.png: 0.0 of 3.5 MB are there").wait_for()
        assert bar.is_visible()
    finally:
        os.kill(pid, signal.SIGCONT)
    form.get_by_text("documents https URLs only").first.wait_for()
    bar.wait_for(state="hidden")
    assert form.get_by_label("Character", exact=True).input_value() == "upload:hero.png"
    form.get_by_label("Try it all the same").check()
    uri = "panel.request.character.uri.partition(',')[2]"
    assert notebook.value(f"len(__import__('base64').b64decode({uri}))") == "3500000"


def test_a_curl_command_pasted_in_any_field_fills_the_form(notebook: Notebook) -> None:
    page = notebook.page
    form = begin(notebook)
    form.get_by_text("The same request as code").click()
    form.get_by_role("tab", name="curl").click()
    form.get_by_role("tabpanel").get_by_text("curl").wait_for()
    command = form.get_by_role("tabpanel").inner_text()
    form.get_by_text("Fill the form from code").click()
    box = form.get_by_role("textbox", name="A magic line")
    for field, seed in (("Seed", 78), ("Character", 79)):
        box.fill(command.replace('"reference"', f'"seed": {seed}, "reference"', 1))
        box.press("Control+a")
        box.press("Control+x")
        form.get_by_label(field, exact=True).press("Control+a")
        page.keyboard.press("Control+v")
        form.locator(".field", has=page.get_by_label(field, exact=True)).get_by_text(
            "The form was filled"
        ).wait_for()
        page.wait_for_function(
            "([node, seed]) => node.value === seed",
            arg=[form.get_by_label("Seed", exact=True).element_handle(), str(seed)],
        )
    assert form.get_by_label("Character", exact=True).input_value().startswith("http")
    assert notebook.value("panel.request.seed, str(panel.request.character.uri)[:4]") == "79 http"


def test_a_key_is_handed_over_and_leaves_the_page_empty(notebook: Notebook) -> None:
    saving = "window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
    notebook.page.evaluate(f"() => {saving}")
    notebook.type(1, "import cometact_nb as act\npanel = act.panel()")
    notebook.run(1)
    form = ready(notebook)
    key = form.get_by_label("CometAPI key")
    assert key.get_attribute("autocomplete") == "one-time-code"  # which no browser offers to keep
    key.fill("sk-canary-" + "browser")
    form.get_by_role("button", name="Use in this kernel").click()
    form.get_by_text("The key is set").wait_for()
    assert not key.is_visible()
    assert key.input_value() == ""
    assert notebook.value("act.session().config.api_key.reveal() == 'sk-canary-' + 'browser'") == "True"
    notebook.save()
    saved = json.dumps(notebook.lab.saved(notebook.name))
    assert "PanelWidget" in saved  # the widgets' state is in it
    assert "sk-canary-browser" not in saved
    assert "sk-canary-browser" not in notebook.page.content()
    notebook.page.evaluate(f"() => {saving}")


def test_a_signed_link_is_seen_and_sent_and_not_saved(notebook: Notebook) -> None:
    saving = "window.jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
    notebook.page.evaluate(f"() => {saving}")
    form = begin(notebook, "print(sandbox.character)\n" + PANEL)
    url = notebook.cell(1).locator(".jp-OutputArea").get_by_text("http").first.inner_text().strip()
    secret = "S1g9f8e7D6c5B4a39281706f5e4"
    field = form.get_by_label("Character", exact=True)
    field.fill(f"{url}?X-Amz-Signature={secret}")
    field.blur()
    notebook.page.wait_for_function(
        "([field, text]) => field.value === text", arg=[field.element_handle(), f"{url}?…"]
    )
    form.locator(f"img[src$='{secret}']").wait_for()  # a message brought it
    notebook.save()
    saved = json.dumps(notebook.lab.saved(notebook.name))
    assert "PanelWidget" in saved
    assert secret not in saved
    form.locator(".primary.ready").click()
    form.get_by_text("Accepted.").wait_for()
    assert notebook.value("panel.task.request.character.uri[-12:]") == secret[-12:]
    notebook.page.evaluate(f"() => {saving}")
