"""The history's widget: one model for the whole table, and messages for its actions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from cometact_nb.domain import search
from cometact_nb.domain.task import Status
from cometact_nb.store.clips.confine import is_poster
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.page_widget import PageWidget, plain_layout
from cometact_nb.views.base.pictures import small_jpeg
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.history.record import input_names, knob_line, outcome
from cometact_nb.views.task.facts import tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.search import Query
    from cometact_nb.domain.task import TaskState
    from cometact_nb.handles.history import HistoryRow

__all__ = ["HistoryWidget", "as_text", "poster_bytes", "row_facts"]

#: A poster in the table, pixels, twice what it is shown at, for dense screens; and bytes.
_POSTER_PX, _SENT_MAX_BYTES = 224, 24_000
#: Above this a poster is not sent: it was not written by this package.
_POSTER_MAX_BYTES = 1 << 20


class HistoryWidget(PageWidget):
    """The table. Python owns its content, the ES module its look.

    Args:
        act: called with each message's type and content, on any thread.
        closed: called when it is closed, maybe more than once.
    """

    _esm: ClassVar[Any] = joined("history/history.js")
    _css: ClassVar[Any] = styles("base/gone.css", "history/history.css")

    #: See :func:`row_facts`.
    rows: Any = traitlets.List().tag(sync=True)
    #: The query for the filters: ``status``, ``since``, ``text``.
    asked = traitlets.Dict().tag(sync=True)
    #: Messages about the whole table: ``count``, ``error``, ``open``.
    told = traitlets.Dict().tag(sync=True)
    #: The values of a status.
    statuses: Any = traitlets.List().tag(sync=True)

    def __init__(
        self, act: Callable[[str, dict[str, Any]], None], closed: Callable[[], None] = lambda: None
    ) -> None:
        self._act, self._closed = act, closed
        super().__init__(statuses=list(search.STATUSES), layout=plain_layout())
        self.on_msg(self._receive)

    def close(self) -> None:
        """Show no more changes, and release the browser's copy."""
        self._closed()
        super().close()

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        """Acknowledge a browser's message at once, which shows the page that the kernel is not busy."""
        if isinstance(content, dict) and isinstance(content.get("type"), str):
            self.send({"type": "heard", "number": content.get("number")})
            self._act(content["type"], content)


def row_facts(row: HistoryRow, folder: Path) -> dict[str, Any]:
    """Describe one task for the table, in words, with the paths of its clip and poster.

    Args:
        row: the task.
        folder: where relative paths start.
    """
    state, request, clip = row.state, row.request, row.state.clip
    source = words.relative(clip.place, folder) if clip else None
    return {
        "key": row.key,
        "id": words.clean(state.id or state.key, 200),
        "short": words.short_id(state),
        "label": f"{words.label(state)} {words.reported(state)}".strip(),
        "tone": tone(state),
        "when": words.moment(row.begun_at.timestamp()),
        "marks": ["SANDBOX"] if row.sandbox else [],
        "sweep": words.clean(row.sweep, 60) if row.sweep else "",
        "inputs": input_names(row),
        "knobs": knob_line(row),
        "told": outcome(row),
        "path": words.clean(clip.place, 4096) if clip else "",
        "source": source or "",
        "poster": bool(clip and clip.poster),
        "can": _can(state, known=request is not None),
    }


def as_text(query: Query) -> dict[str, str]:
    """Write a query as the text of the filters, which ask for the same again."""
    groups = {statuses: name for name, statuses in search.GROUPS.items()}
    moment = "" if query.since is None else datetime.fromtimestamp(query.since, UTC).isoformat(" ", "minutes")
    return {
        "status": groups.get(query.statuses) or ",".join(query.statuses),
        "since": moment,
        "text": " ".join(query.words),
    }


def _can(state: TaskState, *, known: bool) -> list[str]:
    """List the possible actions for a task."""
    running = not state.status.is_terminal
    missing = state.status is Status.SUCCEEDED and not state.clips
    return [
        "show",
        *(["load"] if known else []),
        *(["resume"] if missing or (running and not state.watching) else []),
        *(["cancel"] if running and state.id is not None else []),
    ]


def poster_bytes(path: str | None) -> bytes:
    """A small JPEG of a poster, as it is where it cannot be made small; nothing when it cannot be had."""
    try:
        if path is None or not is_poster(path) or Path(path).stat().st_size > _POSTER_MAX_BYTES:
            return b""
        return small_jpeg(path, _POSTER_PX, _SENT_MAX_BYTES) or Path(path).read_bytes()
    except OSError:
        return b""
