"""``cometact-nb doctor``: one input, looked at from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.entry.cli import say
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Inspect the input and write what was found; in JSON the URL is without its query."""
    session = Session()
    try:
        found = session.inspect(options.address, options.role)
    finally:
        session.close()
    say.result(found.to_dict(), str(found), as_json=options.json)
    return {True: say.OK, False: say.BAD, None: say.UNREACHED}[found.ok]
