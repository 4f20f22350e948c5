"""Inspects a form's inputs a moment after the last edit, outside the threads that draw."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.media import MediaRef, check_uri, infer_type
from cometact_nb.views.panel.form import INPUTS
from cometact_nb.views.panel.sweep_form import addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import MediaType
    from cometact_nb.handles.session import Session
    from cometact_nb.views.panel.links import Links

    #: A question: role, address, declared type, whether requests stay on this machine.
    Question = tuple[Role, str, MediaType | None, bool]

__all__ = ["Looks"]

#: An address is inspected when it was not edited for this many seconds, lest half of one be sent.
AFTER_S = 0.7
#: The most answers to remember.
MEMORY_SIZE = 64
#: The most addresses of one input to inspect; a sweep's own plan inspects more before it buys.
MOST_LOOKS = 12


class Looks:
    """The inspections of a form's inputs.

    Args:
        session: inspects.
        links: the signed links behind their names.
        changed: called with a role after a change, on the session's notifier thread.
    """

    def __init__(self, session: Session, links: Links, changed: Callable[[Role], None]) -> None:
        self._session = session
        self._links = links
        self._changed = changed
        #: The answers; None while one is awaited.
        self.known: dict[Question, Inspection | None] = {}
        self._timer: threading.Timer | None = None

    def of(self, values: Mapping[str, Any]) -> dict[Role, dict[str, Inspection | None]]:
        """Return the inspections of a form's inputs, by role and address; None while one runs."""
        known = dict(self.known)  # the notifier's thread goes on changing it
        return {
            role: {
                question[1]: known[question] for question in self.questions(role, values) if question in known
            }
            for role in INPUTS
        }

    def later(self, values: Mapping[str, Any]) -> None:
        """Inspect the inputs of a form soon, unless this is called again before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(AFTER_S, self._session.call_soon, (self._look, values))
        self._timer.daemon = True
        contextvars.Context().run(self._timer.start)

    def _look(self, values: Mapping[str, Any]) -> None:
        for question in [question for role in INPUTS for question in self.questions(role, values)]:
            role, address, kind, sandbox = question
            link = self._links.links_of([address]).get(address, address)
            if question in self.known or not _could_be_fetched(role, link, sandbox=sandbox):
                continue
            self.known[question] = None
            self._changed(role)
            work = self._session.begin_inspect(MediaRef(kind, link) if kind else link, role)
            work.add_done_callback(self._tell(question))

    def forget(self, address: str) -> None:
        """Forget an address, so that the next question inspects it again."""
        self.known = {
            question: inspection for question, inspection in self.known.items() if question[1] != address
        }

    def _tell(self, question: Question) -> Callable[[Future[Inspection]], None]:
        """Hands an answer from the engine's thread to the notifier's."""
        return lambda done: self._session.call_soon(self._keep, question, done)

    def _keep(self, question: Question, done: Future[Inspection]) -> None:
        self.known.pop(question, None)
        if not done.cancelled() and done.exception() is None:
            self.known = {**dict(list(self.known.items())[-MEMORY_SIZE:]), question: done.result()}
        self._changed(question[0])
        known = self.known.get(question)
        if known is not None and known.unreachable:
            self.known.pop(question)  # told once; the next edit asks again

    def questions(self, role: Role, values: Mapping[str, Any]) -> list[Question]:
        """List the questions about an input of a form, one for each address."""
        sandbox = self._session.config.is_loopback
        return [
            (role, address, _kind(role, address, values), sandbox)
            for address in addresses(role, values)[:MOST_LOOKS]
        ]


def _kind(role: Role, address: str, values: Mapping[str, Any]) -> MediaType | None:
    if role == "reference":
        return "video"
    kind: MediaType | None = values["character_type"] or infer_type(address)
    return kind


def _could_be_fetched(role: Role, address: str, *, sandbox: bool) -> bool:
    """Whether the vendor could fetch it, as far as its text shows."""
    if not address.startswith("https://") and not (sandbox and address.startswith("http://")):
        return False
    return not any(check_uri(role, MediaRef("video", address), allow_unlisted=False))
