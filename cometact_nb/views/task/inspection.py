"""Shows the result of an inspection as a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views.base.html import h, join

if TYPE_CHECKING:
    from cometact_nb.domain.inspection.facts import Inspection
    from cometact_nb.views.base.html import Markup

__all__ = ["inspection_html"]


def inspection_html(inspection: Inspection) -> Markup:
    """Write the lines of its text form, the first one bold."""
    head, *lines = (line.strip() for line in str(inspection).splitlines())
    return h("div", None, h("b", None, head), *(join(h("br"), line) for line in lines))
