"""The guide's table of what a user is told about prices, written from what the package said."""

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
