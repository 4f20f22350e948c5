"""The widget that asks which of two clips is better."""

from __future__ import annotations

import errno
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from cometact_nb.errors import ActTwoError
from cometact_nb.handles.sweep.questions import Questions, checked_rater
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import h
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import in_background, widget_data
from cometact_nb.views.base.page_widget import PageWidget, plain_layout
from cometact_nb.views.base.pieces import read_piece
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.gallery.facts import clip_facts
from cometact_nb.views.pairs.preferences import preferences_html, preferences_text

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.questions import Question

__all__ = ["Pairs"]


class Pairs(PageWidget):
    """Two clips in step, and the question which is better. Made by :meth:`cometact_nb.Sweep.compare`.

    Every answer is kept in the history at once.

    Args:
        sweep: whose clips are compared.

    Raises:
        ConfigError: it has fewer than two clips, or the extra ``decide`` is missing.
    """

    _esm: ClassVar[Any] = joined("pairs/pairs.js")
    _css: ClassVar[Any] = styles("base/gone.css", "gallery/gallery.css", "pairs/pairs.css")

    #: The sweep's name, and whether it runs in the sandbox.
    title = traitlets.Dict().tag(sync=True)

    def __init__(self, sweep: ClipSet) -> None:
        self._questions = Questions(sweep.session, sweep.cells)
        self._sweep = sweep
        self._asking = threading.Lock()
        self._question: Question | None = None
        self._answers: list[Question] = []
        self._rater = sweep.last_round()[1]
        self._output = LiveOutput("Comparison of an Act-Two sweep", lambda: self, self._record)
        super().__init__(
            title={
                "name": words.clean(sweep.name, 100),
                "sandbox": sweep.sandbox,
                "again": words.clean(sweep.recall, 160),
            },
            layout=plain_layout(),
        )
        self.on_msg(self._receive)

    def to_html(self) -> str:
        """Write what the answers come to, as HTML that needs neither kernel nor script."""
        return h("div", {"class": "cometact-pairs-record"}, preferences_html(self._sweep.preferences()))

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[Any, Any], dict[Any, Any]]:
        return {**widget_data(self), **self._record()}, {}

    def _ipython_display_(self) -> None:
        self._output.show()

    def _record(self) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": preferences_text(self._sweep.preferences())}

    # --- what the browser asks -------------------------------------------------------------------------

    def _receive(self, _: Any, content: Any, __: Any) -> None:
        """Pass a browser's message on to another thread, since it may come on any."""
        cells = self._sweep.cells
        match content:
            case {"type": "clip", "file": "clip", "index": int(index), "offset": int(), "size": int()}:
                if 0 <= index < len(cells):
                    in_background(self._send_piece, cells[index], content)
            case {"type": "hello"}:
                in_background(self._say, content, self._again)
            case {"type": "rater", "rater": str(rater)}:
                in_background(self._say, content, self._ask_rater, rater)
            case {"type": "answer", "question": str(question), "answer": str(answer)}:
                in_background(self._say, content, self._answer, question, answer)
            case {"type": "back"}:
                in_background(self._say, content, self._take_back)
            case {"type": "leave out", "question": str(question), "side": str(side)}:
                in_background(self._say, content, self._leave_out, question, side)

    def _say(self, content: dict[str, Any], work: Any, *args: Any) -> None:
        """Do some work, one after the other, and tell the page the question after it."""
        with self._asking:
            problem = ""
            try:
                work(*args)
            except ActTwoError as error:
                problem = words.message(error)
            self.send(self._facts(problem, content.get("number")))
        if content["type"] != "hello":
            with suppress(ActTwoError):  # the record stays as it was
                self._output.refresh()

    def _again(self) -> None:
        if self._question is None:
            self._question = self._questions.ask(self._rater)

    def _ask_rater(self, rater: str) -> None:
        self._rater = checked_rater(rater)
        self._answers.clear()
        self._question = self._questions.ask(self._rater)

    def _answer(self, question: str, answer: str) -> None:
        if self._question is None or self._question.id != question:
            return  # of a page that has not heard of the next question yet, or the second of two key presses
        self._questions.answer(self._question, answer)
        self._answers.append(self._question)
        self._question = self._questions.ask(self._rater)

    def _take_back(self) -> None:
        if self._answers:
            self._questions.take_back(self._answers[-1])
            self._question = self._answers.pop()

    def _leave_out(self, question: str, side: str) -> None:
        if self._question is not None and self._question.id == question:
            self._questions.leave_out(self._question.first if side == "first" else self._question.second)
            self._question = self._questions.ask(self._rater)

    def _facts(self, problem: str, number: Any) -> dict[str, Any]:
        """Describe the question, without a word about what the clips are."""
        question = self._question
        facts: dict[str, Any] = {
            "type": "question",
            "number": number,
            "problem": problem,
            "rater": words.clean(self._rater, 60),
            "question": None,
            "back": len(self._answers),
            "answered": 0,
            "pairs": 0,
            "enough": "",
        }
        if question is None:
            return facts
        with suppress(ActTwoError):
            facts["enough"] = _advice(self._sweep)
        facts["question"] = {
            "id": question.id,
            "first": _clip(question.first),
            "second": _clip(question.second),
        }
        return {**facts, "answered": self._answered(), "pairs": question.pairs}

    def _answered(self) -> int:
        return self._sweep.preferences(self._rater).raters.get(self._rater, 0)

    def _send_piece(self, cell: Cell, request: dict[str, Any]) -> None:
        clip = cell.clip

        def find() -> Path:
            if clip is None:
                raise FileNotFoundError(errno.ENOENT, "there is none")
            return clip.path

        answer, buffers = read_piece("This clip", find, {**request, "type": "clip"}, request["size"])
        if answer:
            self.send(answer, buffers)


def _clip(cell: Cell) -> dict[str, Any]:
    state = cell.job.state if cell.job is not None else None
    return {"index": cell.index, "clip": clip_facts(state.clips[0]) if state and state.clips else None}


def _advice(sweep: ClipSet) -> str:
    """Say whether it is enough, without naming a clip: the next answers should not know either."""
    preferences = sweep.preferences()
    if preferences.sufficiency.is_enough:
        return "These answers are enough: sweep.preferences() says for what. You may go on."
    return "" if len(preferences.judgements) < len(preferences.cells) else "Not enough yet: go on."
