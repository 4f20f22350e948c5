"""Runs ``cometact-nb prepare``, which makes an input of a file."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from cometact_nb.entry.cli import say
from cometact_nb.entry.preparing import arguments_of
from cometact_nb.handles.prepare import prepare
from cometact_nb.handles.session import Session
from cometact_nb.views.base.waiting_line import waiting_line

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Make the input and print its path and the changes."""
    session = Session()
    try:
        with waiting_line(f"Preparing {PurePath(options.file).name}") as report:
            prepared = prepare(session, options.file, progress=report, **arguments_of(options))
    finally:
        session.close()
    say.result(prepared.to_dict(), str(prepared), as_json=options.json)
    return say.OK
