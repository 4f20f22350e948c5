"""Shows what requests were expected to cost: a table with bars, and where each figure is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain import money
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h, join

if TYPE_CHECKING:
    from cometact_nb.handles.spending import SpendingTable
    from cometact_nb.store.journal.spending import Spending
    from cometact_nb.views.base.html import Markup

__all__ = ["spending_html"]

#: The most rows in a notebook; ``to_rows()`` has all.
_ROWS = 60
#: The size of a bar, in pixels.
_WIDTH, _HEIGHT = 170, 14
_HEAD = {
    name: (name.capitalize(), "Requests", "Expected price", "In doubt", "Credits reported", "")
    for name in ("day", "sweep", "project", "status")
}


def spending_html(table: SpendingTable) -> Markup:
    """Write the table as HTML that needs neither style sheet nor script."""
    most = max((row.micro + row.in_doubt_micro for row in table), default=0)
    rows = [_row(table, row, most) for row in table[:_ROWS]]
    since = "" if table.since is None else f"since {words.moment(table.since)}"
    empty = None if rows else parts.fine("Nothing was bought in this time.")
    more = parts.fine(f"The first {_ROWS} are shown; ", code("to_rows()"), " has all.")
    return parts.frame(
        parts.header(h("strong", None, "Act-Two spending"), right=since, sandbox=table.sandbox),
        h(
            "div",
            {"style": "padding:10px 14px 12px;overflow-x:auto"},
            h("strong", None, words.clean(table.headline, 300)),
            parts.table(rows, _HEAD[table.by]),
            empty,
            more if len(table) > _ROWS else None,
            *(parts.fine(words.clean(note, 600)) for note in table.notes),
            parts.fine("Blue: bought. Outlined: in doubt, the most that it may have cost."),
        ),
    )


def _row(table: SpendingTable, row: Spending, most: int) -> tuple[object, ...]:
    unknown = parts.fine(f"{row.unpriced} with an unknown price") if row.unpriced else None
    refunds = parts.fine(f"{row.refunded} refunded") if row.refunded else None
    return (
        words.clean(table.name(row), 160),
        row.tasks,
        join(money.usd(row.usd), unknown),
        f"{row.in_doubt}, at most {money.usd(row.in_doubt_usd)}" if row.in_doubt else "",
        join(f"{row.credits:g}", parts.fine(f"for {money.requests(row.credits_of)}"), refunds)
        if row.credits is not None
        else "none",
        _bar(row, most) if most else "",
    )


def _bar(row: Spending, most: int) -> Markup:
    """Draw the price of a row beside the highest, with what is in doubt outlined."""

    def x(micro: int) -> float:
        return round(micro / most * (_WIDTH - 2), 1)

    sure = {"x": 1, "y": 2, "width": x(row.micro), "height": _HEIGHT - 4, "fill": parts.BLUE}
    doubtful = None
    if row.in_doubt_micro:
        line = {"fill": "none", "stroke": "currentColor", "stroke-dasharray": "3 2"}
        size = {"x": 1 + x(row.micro), "y": 2, "width": x(row.in_doubt_micro), "height": _HEIGHT - 4}
        doubtful = h("rect", {**size, **line})
    frame = {"width": _WIDTH, "height": _HEIGHT, "viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img"}
    label = money.expected(row, short=True)
    return h("svg", {**frame, "aria-label": label}, h("rect", sure), doubtful)
