"""A request whose answer was lost, settled in its card with mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed=30)\nact.configure(price=0.4)"
LOST = "x = %act_two -c {sandbox.character}?scenario=lost-answer -r {sandbox.reference} --seed 7"


def begin(notebook: Notebook) -> Locator:
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, LOST)
    notebook.run(1)
    card = notebook.cell(1).locator(".cometact").first
    card.get_by_role("button", name="Confirm…").wait_for()
    return card


def says(notebook: Notebook, number: int, code: str, text: str) -> None:
    notebook.type(number, code)
    notebook.run(number)
    notebook.cell(number).get_by_text(text).first.wait_for()


def test_the_card_of_a_lost_answer_settles_it(notebook: Notebook) -> None:
    card = begin(notebook)
    assert notebook.cell(1).get_by_text("First look whether the service has it").count() == 1
    assert card.get_by_text("twice in all").count() == 1

    again = card.get_by_role("button", name="Send again…")
    again.dblclick()  # the second click means the first again
    question = card.get_by_role("button", name="Really pay $0.40?")
    question.wait_for()
    question.press("Escape")
    again.wait_for()

    card.get_by_role("button", name="Confirm…").press("Enter")
    field = card.get_by_role("textbox", name="The task's id, from the log")
    field.press_sequentially("no id")
    field.press("Enter")
    card.get_by_text("Nothing was done").wait_for()

    card.get_by_role("button", name="Forget").press("Enter")
    card.get_by_role("button", name="Really give it up?").press("Enter")
    notebook.cell(1).get_by_text("You gave this unconfirmed request up").first.wait_for()
    assert notebook.cell(1).get_by_role("button", name="Forget").count() == 0  # frozen, nothing to press
    says(notebook, 2, "print(x.status, len(act.session().tasks()))", "FORGOTTEN 1")


def test_sending_again_asks_first_pays_once_and_names_the_new_task(notebook: Notebook) -> None:
    card = begin(notebook)
    card.get_by_role("button", name="Send again…").click()
    card.get_by_role("button", name="Really pay $0.40?").click()
    card.get_by_text("that answer was lost, too").wait_for()
    assert card.get_by_role("button", name="Send again…").is_disabled()
    says(notebook, 2, "print(len(act.session().tasks()), 'sent')", "2 sent")
