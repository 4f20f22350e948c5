"""Shows the history in a cell: a live table to filter and act on, and a record that needs no kernel."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import search
from cometact_nb.engine.notify import Soon
from cometact_nb.errors import ActTwoError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import in_background, page_folder
from cometact_nb.views.base.page_widget import column
from cometact_nb.views.history import record as history_record
from cometact_nb.views.history.widget import HistoryWidget, as_text, poster_bytes, row_facts
from cometact_nb.views.task import show as status
from cometact_nb.views.task.widget import StatusWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.handles.history import HistoryRow, TaskHistory
    from cometact_nb.handles.task import Task
    from cometact_nb.views.panel.panel import Panel

__all__ = ["show", "widget_alone"]

#: The most cards below the table.
_CARDS = 6
#: The most characters of one filter.
_TEXT_MAX_CHARS = 200


def show(history: TaskHistory) -> None:
    """Show a history: a live table in a notebook, text elsewhere; once in an execution of a cell.

    Args:
        history: the rows.
    """
    if not status.mark_shown(f"history {id(history)}"):
        HistoryTable(history).show()


def widget_alone(history: TaskHistory) -> HistoryWidget:
    """Return a live table of its own, for a front end that places it itself; it opens no cards below."""
    return HistoryTable(history).table_alone()


class HistoryTable:
    """The live table of one history.

    Args:
        history: the rows. Filters change its query, and so its rows.
    """

    def __init__(self, history: TaskHistory) -> None:
        self._history = history
        self._session = history.session
        self._display = LiveOutput("Act-Two history", self._make, self._record, kind="history")
        self._table: HistoryWidget | None = None
        self._below: Any = None
        self._panel: Panel | None = None
        self._cards: dict[str, StatusWidget] = {}
        #: What ends the listening to each task that may change, by its key.
        self._stop_following: dict[str, Callable[[], None]] = {}
        self._filters = as_text(history.query)
        self._error = ""
        self._drawing = threading.Lock()
        self._soon = Soon(self._session.call_soon, self._refresh)

    def show(self) -> None:
        """Show it in the current cell."""
        self._display.show()

    def table_alone(self) -> HistoryWidget:
        """Make the table without a place for cards below it; a button says which line shows one."""
        self._table = HistoryWidget(self.receive, self._leave)
        self._draw()
        return self._table

    def _make(self) -> Any:
        """Make the widget: the table, with the opened cards below it."""
        self._below = column(max_width="880px", grid_gap="10px", margin="10px 0 0")
        return column(self.table_alone(), self._below)

    # --- messages from the browser, on any thread ----------------------------------------------------

    def receive(self, kind: str, content: dict[str, Any]) -> None:
        """Handle a page's message, on any thread."""
        soon = self._session.call_soon
        match kind:
            case "ask":
                soon(self._ask, content)
            case "poster":
                soon(self._send_poster, content)
            case "close":
                soon(self._close)
            case "show" | "load" | "resume" | "cancel" if (row := self._row(content.get("key"))) is not None:
                in_background(self._do, getattr(self, f"_{kind}"), row)
            case _:
                soon(self._refresh)

    def _ask(self, content: dict[str, Any]) -> None:
        """Apply changed filters, whose text may be nonsense for a moment."""
        filters = {
            name: str(content.get(name) or "")[:_TEXT_MAX_CHARS] for name in ("status", "since", "text")
        }
        try:
            self._history.query = search.query(**filters, limit=self._history.query.limit, now=time.time())
        except ActTwoError as error:
            self._error = words.message(error)
            self._draw()
            return
        self._filters = filters
        self._refresh()

    def _send_poster(self, content: dict[str, Any]) -> None:
        """Send a poster as the buffer of a message, which no notebook stores."""
        row, table = self._row(content.get("key")), self._table
        if row is None or table is None:
            return
        piece = poster_bytes(row.state.clip.poster if row.state.clip else None)
        answer = {"type": "poster", "view": content.get("view"), "key": row.key, "mime": "image/jpeg"}
        table.send(answer, [piece] if piece else [])

    def _close(self) -> None:
        if self._below is not None:
            self._below.children = ()
            self._draw()

    # --- what a button does, on a thread of its own --------------------------------------------------

    def _do(self, work: Callable[[HistoryRow], None], row: HistoryRow) -> None:
        """Run ``work``, which may call the service, and show its error in the table."""
        try:
            work(row)
        except ActTwoError as error:
            if self._table is not None:
                self._table.send({"type": "said", "text": words.message(error), "opened": False})
        self._soon()

    def _show(self, row: HistoryRow) -> None:
        task = row.task()
        self._follow(task)
        if self._below is None:
            self._say(row, f"is shown by act.task({task.id or task.key!r}) in another cell")
            return
        card = self._cards.get(task.key)
        if card is None:
            card = self._cards[task.key] = StatusWidget(task)
            card.follow()
        self._open(card)
        self._say(row, "is shown below", opened=True)

    def _load(self, row: HistoryRow) -> None:
        from cometact_nb.views.panel.panel import Panel  # noqa: PLC0415  (its form, when it is needed)

        if self._below is None:
            self._say(row, f"is loaded by act.panel().load(act.task({row.id or row.key!r})) in another cell")
            return
        if self._panel is None:
            self._panel = Panel(self._session)
        self._panel.load(row.state)
        self._open(self._panel.view)
        self._say(row, "is loaded into the panel below; nothing was sent", opened=True)

    def _resume(self, row: HistoryRow) -> None:
        task = row.task()
        self._follow(task)
        if not task.state.watching or (task.state.is_settled and not task.state.clips):
            task.refresh()
        self._say(row, "is watched again; nothing was sent")

    def _cancel(self, row: HistoryRow) -> None:
        task = row.task()
        self._follow(task)
        task.cancel()
        self._say(row, "is being cancelled; the service confirms it with the next poll")

    # --- inside --------------------------------------------------------------------------------------

    def _row(self, key: Any) -> HistoryRow | None:
        return next((row for row in self._history if row.key == key), None)

    def _open(self, widget: Any) -> None:
        others = [child for child in self._below.children if child is not widget]
        self._below.children = (widget, *others)[:_CARDS]
        self._draw()

    def _say(self, row: HistoryRow, what: str, *, opened: bool = False) -> None:
        if self._table is not None:
            message = f"Task {words.short_id(row.state)} {what}."
            self._table.send({"type": "said", "text": message, "opened": opened})

    def _follow(self, task: Task) -> None:
        """Draw the table anew when a task in it changes."""
        if task.key not in self._stop_following and not task.state.is_settled:
            self._stop_following[task.key] = task.add_listener(lambda _: self._soon())

    def _leave(self) -> None:
        """Listen to no task any more, since the table was closed."""
        self._table = None
        for stop in list(self._stop_following.values()):
            stop()

    def _refresh(self) -> None:
        """Read the history again and show it."""
        try:
            self._history.refresh()
            self._error = ""
        except ActTwoError as error:
            self._error = words.message(error)
        self._draw()
        self._display.update()

    def _draw(self) -> None:
        table = self._table
        if table is None:
            return
        with self._drawing:
            known = {task.key: task for task in self._session.tasks()}
            for row in self._history:
                if row.key in known:
                    self._follow(known[row.key])
            folder, query = page_folder(self._session), self._history.query
            table.rows = [row_facts(row, folder) for row in self._history]
            table.asked = self._filters
            table.told = {
                "count": history_record.describe_query(query, len(self._history)),
                "money": self._history.money,
                "error": self._error,
                "open": len(self._below.children) if self._below is not None else 0,
            }

    def _record(self) -> dict[str, str]:
        rows, folder = self._history, page_folder(self._session)
        return {
            "text/html": history_record.record_html(
                rows, rows.query, now=time.time(), folder=folder, money=rows.money
            ),
            "text/plain": history_record.record_text(rows, rows.query, folder=folder, money=rows.money),
        }
