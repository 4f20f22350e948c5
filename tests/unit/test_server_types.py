"""The types of the server part's answers, for scripts, are those of the Python classes."""

from __future__ import annotations

import server_types


def test_the_list_for_scripts_has_what_python_sends() -> None:
    assert server_types.PATH.read_text("utf-8") == server_types.text()
