"""Prepares the results of a sweep for export: no signatures, no formulas."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.views.base import wording as words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.views.report.files import Files

__all__ = ["csv_text", "rows"]

#: A spreadsheet takes a cell with such a beginning for a formula.
_FORMULA = "=+-@|\t\r\n＝＋－＠"
_INPUTS = ("character", "reference")


def rows(sweep: ClipSet, files: Sequence[Files]) -> list[dict[str, Any]]:
    """Return ``sweep.to_rows()`` without secret parts of addresses, and with clips beside the report."""
    return [_row(line, paths) for line, paths in zip(sweep.to_rows(), files, strict=True)]


def _row(values: dict[str, Any], paths: Files) -> dict[str, Any]:
    problem = paths.problem or values["problem"]
    inputs = {name: redact.bare(values[name]) for name in _INPUTS if name in values}
    return {**values, **inputs, "clip": paths.clip, "problem": words.message(problem) if problem else None}


def csv_text(sweep: ClipSet, files: Sequence[Files]) -> str:
    """Write the results as CSV, with an apostrophe before text that looks like a formula."""
    table = rows(sweep, files)
    names = list(dict.fromkeys(name for line in table for name in line))
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, [_harmless(name) for name in names])
    writer.writeheader()
    writer.writerows({_harmless(name): _harmless(value) for name, value in line.items()} for line in table)
    return target.getvalue()


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = words.clean(value, 4000, lines=True)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA and text.strip() else text
