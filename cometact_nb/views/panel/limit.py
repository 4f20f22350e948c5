"""Says beside a panel's price what the limit of ``configure(max_spend=…)`` still allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.money import Account, remaining
from cometact_nb.errors import ConfigError
from cometact_nb.handles.account import spent_micro
from cometact_nb.views.base import wording as words

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from cometact_nb.handles.session import Session

__all__ = ["LimitLookup"]


class LimitLookup:
    """Looks up what counts against the limit, without making the page wait.

    Args:
        session: with the limit and the history.
        changed: called after a change, on the session's notifier thread.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self._session = session
        self._changed = changed
        self._question: tuple[Account, bool] | None = None
        self._answer = ""

    def line(self) -> str:
        """Return the last answer, and look again if the limit changed or something was bought."""
        session, config = self._session, self._session.config
        if config.max_spend is None or not config.price.usd_per_request:
            return ""
        try:
            question = (session.account(config), config.sandbox)
        except ConfigError as error:  # a project's limit without a project
            return words.message(error, 300)
        if question == self._question:
            return self._answer
        if self._question is None or self._question[0][2:] != question[0][2:]:
            self._answer = ""  # it was about another limit
        self._question = question
        engine, (account, sandbox) = session.engine, question

        async def count() -> str:
            return remaining(account, spent_micro(engine, account, sandbox=sandbox))

        engine.call(count()).add_done_callback(lambda done: self._keep(question, done))
        return self._answer

    def forget(self) -> None:
        """Look again with the next drawing, because something was bought or has ended."""
        self._question = None

    def _keep(self, question: tuple[Account, bool], done: Future[str]) -> None:
        if done.cancelled() or done.exception() is not None or question != self._question:
            return
        self._answer = words.clean(f"{done.result()}.")
        self._session.call_soon(self._changed)
