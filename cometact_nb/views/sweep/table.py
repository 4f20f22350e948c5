"""The sweeps of the history as a table that needs no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import esc

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.saved import SavedSweep, SweepHistory

__all__ = ["sweeps_html"]

#: Rows that a notebook keeps; ``to_rows()`` has all.
_ROWS = 50
_HEAD = ("Sweep", "Cells", "Sent", "Cost", "Last run")


def sweeps_html(shown: SweepHistory) -> str:
    """The sweeps as HTML that needs neither style sheet nor script."""
    note = "<code>act.sweep_by_name(name)</code> opens one, in any kernel."
    if not shown:
        note = "The history has no sweep yet: <code>act.sweep(…)</code> plans one."
    elif len(shown) > _ROWS:
        note = f"The first {_ROWS} are shown; <code>to_rows()</code> has all. {note}"
    count = f"{len(shown)} sweep{'' if len(shown) == 1 else 's'}"
    body = parts.table(map(_row, shown[:_ROWS]), _HEAD) + parts.fine(note)
    return parts.frame(
        parts.header("<strong>Act-Two sweeps</strong>", right=count),
        f'<div style="padding:4px 14px 12px;overflow-x:auto">{body}</div>',
    )


def _row(row: SavedSweep) -> tuple[str, ...]:
    badge = f" {parts.badge('SANDBOX')}" if row.sandbox else ""
    grid = " × ".join(f"{count} {title_of(name).lower()}" for name, count in row.swept.items())
    return (
        f"<code>{esc(row.name, 100)}</code>{badge}",
        f"{row.cells}{parts.fine(esc(grid, 200))}",
        esc(row.outcome, 200),
        f"${row.spent_usd:.2f}",
        f"{esc(words.moment(row.updated_at.timestamp()))}{parts.fine(esc(row.state, 40))}",
    )
