"""The traits of a sweep's live view, as JSON. The Jupyter server's extension sends the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.views.base import wording as words
from cometact_nb.views.sweep import facts
from cometact_nb.views.sweep.layout import lay_out, names_of, params_line

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.sweep import Sweep

__all__ = ["changing_of", "grid_of"]


def changing_of(sweep: Sweep, token: int, *, acting: bool) -> dict[str, Any]:
    """Write what changes in a sweep: each cell's state in a few characters, totals, and possible actions.

    Args:
        sweep: to show.
        token: which a click on an action must bring back.
        acting: an action is under way.
    """
    codes = facts.cell_codes(sweep)
    word, tone = facts.state_word(sweep)
    left = facts.seconds_left(sweep)
    return {
        "cells": codes,
        "head": {
            "state": word,
            "tone": tone,
            "problem": words.message(sweep.problem, 600),
            "hint": " ".join(filter(None, [facts.hint(codes, sandbox=sweep.sandbox), facts.failures(sweep)])),
            "counts": facts.counts(codes),
            "money": words.clean(facts.money_line(sweep)),
            "left": None if left is None else round(left, 1),
            "ticking": sweep.state is SweepState.RUNNING,
            "actions": facts.actions(sweep),
            "token": token,
            "acting": acting,
        },
    }


def grid_of(sweep: Sweep) -> dict[str, Any]:
    """Write names and places as JSON."""
    cells = sweep.cells
    params = [cell.params for cell in cells]
    layout = lay_out(sweep.axes, params, table=sweep.spec.is_table)
    names = names_of(sweep.axes)
    shapes = {cell.request.ratio for cell in cells}
    ratio = next(iter(shapes)) if len(shapes) == 1 else None
    return {
        "name": sweep.name,
        "sandbox": sweep.sandbox,
        "rows": title_of(layout.rows) if layout.is_grid else "",
        "columns": title_of(layout.columns) if layout.is_grid else "",
        "row_labels": list(layout.row_labels),
        "column_labels": list(layout.column_labels),
        "bands": [{"title": band.title, "cells": band.cells} for band in layout.bands],
        "labels": [words.clean(params_line(values, names), 200) for values in params],
        "ratio": (ratio or "16:9").replace(":", " / "),
        "kinds": facts.KINDS,
    }
