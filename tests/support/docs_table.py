"""The guide's tables of what a user is told about money, written from what the package said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "money.md"
_OFFERED = {True: "yes", False: "no", None: "not known"}


def price_table(found: Mapping[str, tuple[bool | None, str]]) -> str:
    """Write the table.

    Args:
        found: by the form of the list, whether it names the model, and what was said.
    """
    lines = ["| the list (in the sandbox) | names the model | what you are told |", "|---|---|---|"]
    lines += [f"| `{form}` | {_OFFERED[offered]} | {note} |" for form, (offered, note) in found.items()]
    return "\n".join(lines)


def count_table(rows: Mapping[tuple[str, str], str]) -> str:
    """Write the table of what two counts say about a lost answer.

    Args:
        rows: what was said, by the form of the second count and the scenario that lost the answer.
    """
    lines = [
        "| second count (in the sandbox) | the answer was lost by | what you are told |",
        "|---|---|---|",
    ]
    lines += [f"| `{form}` | `{scenario}` | {words} |" for (form, scenario), words in rows.items()]
    return "\n".join(lines)


def credit_table(rows: Mapping[str, str]) -> str:
    """Write the table of what the service reported at the end of a task.

    Args:
        rows: what was said, by scenario.
    """
    lines = ["| the task (in the sandbox) | what you are told |", "|---|---|"]
    lines += [f"| `{scenario}` | {words} |" for scenario, words in rows.items()]
    return "\n".join(lines)
