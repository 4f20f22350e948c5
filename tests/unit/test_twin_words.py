"""What is said of a request that was not sent beside one in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from cometact_nb.domain.task import Status, TaskState
from cometact_nb.handles.settle import about_twin


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"id": None, "sandbox": False}, ("its answer was lost", "Look for it in your CometAPI log", "'local-1'")),
        ({"id": "t-1", "sandbox": False}, ("the service does not know its id", "your CometAPI log", "'t-1'")),
        ({"id": None, "sandbox": True}, ("its answer was lost", "Look for it in the sandbox's ledger", "'local-1'")),
    ],
)  # fmt: skip
def test_it_says_why_where_to_look_and_under_which_name(
    state: dict[str, Any], words: tuple[str, str, str]
) -> None:
    said = about_twin(TaskState(key="local-1", status=Status.UNCONFIRMED, **state))
    assert [word for word in words if word not in said] == []
