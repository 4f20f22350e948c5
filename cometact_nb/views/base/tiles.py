"""Lays out cells in rows that wrap, with inline styles alone: no record in a notebook scrolls sideways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views.base.html import h, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.views.base.html import Markup

__all__ = ["tile_rows", "title_line"]

#: Between two tiles, and the least width of one: two stand side by side on a page of 400 px. Pixels.
_GAP_PX, _LEAST_PX = 8, 108


def tile_rows(
    lines: Sequence[tuple[Markup | str | None, Sequence[Markup]]], across: int, box: str = ""
) -> Markup:
    """Show each line as a title and its tiles below it.

    A table would be as wide as its columns at any width of the page. So each tile says by itself where it
    stands, and a narrow page has fewer side by side.

    Args:
        lines: titles, which may be None, and tiles.
        across: the most tiles side by side; a line of as many fills the width.
        box: more of a tile's inline style.
    """
    width = f"max({_LEAST_PX}px,calc({100 / max(across, 1):.3f}% - {_GAP_PX}px))"
    tile = {"style": f"flex:0 1 {width};min-width:0;margin:0;box-sizing:border-box;{box}"}
    flow = {"style": f"display:flex;flex-wrap:wrap;gap:{_GAP_PX}px;list-style:none;margin:0 0 8px;padding:0"}
    return join(
        *(join(title, h("ul", flow, *(h("li", tile, one) for one in tiles))) for title, tiles in lines)
    )


def title_line(text: str, *, small: bool = False) -> Markup:
    """Show the title of a line of tiles; a ``small`` one stands below another."""
    return h("div", {"style": f"margin:{4 if small else 8}px 0 4px;font-weight:600"}, text)
