"""Shows the sweeps of the history as a table that needs no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.money import usd
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h, join

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.saved import SavedSweep, SweepHistory
    from cometact_nb.views.base.html import Markup

__all__ = ["sweeps_html"]

#: The most rows in a notebook; ``to_rows()`` has all.
_ROWS = 50
_HEAD = ("Sweep", "Cells", "Sent", "Cost", "Last run")


def sweeps_html(history: SweepHistory) -> Markup:
    """Write the sweeps as HTML that needs neither style sheet nor script."""
    note = join(code("act.sweep_by_name(name)"), " opens one, in any kernel.")
    if not history:
        note = join("The history has no sweep yet: ", code("act.sweep(…)"), " plans one.")
    elif len(history) > _ROWS:
        note = join(f"The first {_ROWS} are shown; ", code("to_rows()"), " has all. ", note)
    count = f"{len(history)} sweep{'' if len(history) == 1 else 's'}"
    table = parts.table(map(_row, history[:_ROWS]), _HEAD)
    return parts.frame(
        parts.header(h("strong", None, "Act-Two sweeps"), right=count),
        h("div", {"style": "padding:4px 14px 12px;overflow-x:auto"}, table, parts.fine(note)),
    )


def _row(row: SavedSweep) -> tuple[object, ...]:
    badge = join(" ", parts.badge("SANDBOX")) if row.sandbox else None
    grid = " × ".join(f"{count} {title_of(name).lower()}" for name, count in row.axis_lengths.items())
    return (
        join(code(words.clean(row.name, 100)), badge),
        join(row.cells, parts.fine(words.clean(grid, 200))),
        words.clean(row.outcome, 200),
        usd(row.spent_usd),
        join(words.moment(row.updated_at.timestamp()), parts.fine(words.clean(row.state, 40))),
    )
