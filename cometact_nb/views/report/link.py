"""The path of a report's page, which a notebook shows as a link."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import h

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())

__all__ = ["ReportPage"]


class ReportPage(_Path):
    """The path of a report's page; at the end of a cell, a relative link to it."""

    #: Address of the page from the notebook's folder; None where there is none, and for paths made of it.
    source: str | None = None

    @classmethod
    def seen_from(cls, folder: Path, page: Path) -> ReportPage:
        """Make the path for a notebook.

        Args:
            folder: of the saved notebook.
            page: of the report.
        """
        path = cls(page)
        path.source = words.relative(str(page), folder)
        return path

    def _repr_html_(self) -> str | None:
        if self.source is None:
            return None
        link = h("a", {"href": self.source, "target": "_blank", "rel": "noreferrer"}, str(self))
        return str(h("div", None, "The report: ", link))
