"""Runs ``cometact-nb doctor``, which inspects one input from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.entry.cli import say
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Inspect the input and print the findings; JSON has the URL without its query."""
    session = Session()
    try:
        inspection = session.inspect(options.address, options.role)
    finally:
        session.close()
    say.result(inspection.to_dict(), str(inspection), as_json=options.json)
    return {True: say.OK, False: say.BAD, None: say.UNREACHED}[inspection.ok]
