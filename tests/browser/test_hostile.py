"""Text from the network is shown as text: no script of a vendor, a URL or a pasted body ever runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed=30)"


def test_a_hostile_failure_message_is_text_in_every_form(notebook: Notebook) -> None:
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    hostile = "{sandbox.character}?scenario=unknown-failure&x=<svg/onload=alert(1)>"
    notebook.type(1, f"task = %act_two -c {hostile} -r {{sandbox.reference}}")
    notebook.run(1)
    notebook.cell(1).get_by_text("MOON.PHASE").first.wait_for()
    notebook.type(2, f"%act_two -c {hostile} -r {{sandbox.reference}} --dry-run")
    notebook.run(2)
    notebook.finished(2)
    notebook.save()
    notebook.reload()
    card = notebook.cell(1).locator(".jp-OutputArea")
    card.get_by_text("MOON.PHASE").first.wait_for()
    assert "<script>" in card.inner_text()  # shown, letter by letter
    assert notebook.page.title() != "pwned"
    assert card.locator("script, [onerror], [onload]").count() == 0


NAME = "<img src=x onerror=\"document.title='pwned'\"> \u202etxet"
SWEEP = """
hostile = sandbox.character + "?scenario=unknown-failure&x=<svg/onload=alert(1)>"
sweep = act.sweep(character=hostile, reference=sandbox.reference, expression_intensity=[1, 5], name={name!r})
sweep.run(canary=False)
"""


def test_hostile_text_is_text_in_a_sweep_its_gallery_and_the_history(notebook: Notebook) -> None:
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    name = "".join(char for char in NAME if char.isprintable())
    notebook.type(1, SWEEP.format(name=name))
    notebook.run(1)
    shown = notebook.cell(1).locator(".jp-OutputArea")
    shown.get_by_text("document.title='pwned'").first.wait_for()
    notebook.type(2, "sweep.wait(); act.history()")
    notebook.run(2)
    past = notebook.cell(2).locator(".jp-OutputArea")
    past.locator(".cometact-history li").nth(1).wait_for()
    past.get_by_text("MOON.PHASE").first.wait_for()
    notebook.type(3, "sweep.gallery()")
    notebook.run(3)
    beside = notebook.cell(3).locator(".jp-OutputArea")
    beside.get_by_text("document.title='pwned'").first.wait_for()
    beside.get_by_text("MOON.PHASE").first.wait_for()
    for area in (shown, past, beside):
        assert (
            area.locator(
                "script, svg[onload], [onerror], [src^='javascript:'], [href^='javascript:']"
            ).count()
            == 0
        )
    assert notebook.page.title() != "pwned"
