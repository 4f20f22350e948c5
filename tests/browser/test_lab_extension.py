"""The package's own extension in a real JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser

SPENT = """(name) => performance.getEntriesByName(name, "measure").map(one => one.duration)"""


def test_the_extension_is_loaded_and_activated(notebook: Notebook) -> None:
    page = notebook.page
    page.wait_for_function("name => performance.getEntriesByName(name).length", arg="cometact_nb:activate")
    assert len(page.evaluate(SPENT, "cometact_nb:load")) == 1
