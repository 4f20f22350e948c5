"""Handles the buttons of a card whose request may have been paid for, with the possible cost of each."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from cometact_nb.domain.money import usd
from cometact_nb.domain.service import is_loopback
from cometact_nb.errors import ActTwoError, UnconfirmedError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.once import Gate

if TYPE_CHECKING:
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.task import Task

__all__ = ["Settling", "settling_of"]

#: The log of requests, with time, model and cost, in the gateway software that CometAPI seems to run; no page
#: of CometAPI names the address.
_LOG = "/console/log"
_VENDOR = "api.cometapi.com"


def _log_of(task: Task) -> tuple[str | None, str]:
    """Return address, if known, and name of the service's log of requests."""
    if urlsplit(task.base_url).hostname == _VENDOR:
        return f"https://{_VENDOR}{_LOG}", "Your log at CometAPI"
    if task.sandbox and is_loopback(task.base_url):
        return f"{task.base_url}/sandbox/ledger", "The sandbox's ledger"
    return None, f"The log of {task.base_url}"


def settling_of(task: Task) -> Settling:
    """Return what all cards of ``task`` share, so that "Send again" counts once for all of them."""
    with _making:
        return _by_task.setdefault(id(task), Settling(task))


class Settling:
    """Confirms, forgets or sends again, each once for any number of clicks.

    Args:
        task: in doubt, or perhaps later.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._gate = Gate()
        self._lock = threading.Lock()
        self._is_sent_again = False
        #: The service and the price, in US dollars, of "Send again" in the last facts.
        self._last_terms: tuple[str, float] | None = None

    def facts(self) -> dict[str, Any] | None:
        """Return the texts of the buttons; None for a task that is not in doubt."""
        task, config = self._task, self._task.session.config
        if not task.state.is_in_doubt:
            return None
        with self._lock:
            if self._last_terms not in {None, _terms(config)}:
                self._gate.renew()  # a click on the old price has not seen the new one
            self._last_terms = _terms(config)
        price_usd = config.price.usd_per_request
        cost = f"Pays {usd(price_usd)} once more" if price_usd else "Costs nothing at the sandbox"
        cost += ", and twice in all if the service has the first." if price_usd else "."
        if price_usd and config.sandbox:
            cost += " (Sandbox: nothing is billed.)"
        link, place = _log_of(task)
        return {
            "log": link,
            "place": place,
            "cost": cost,
            "really": f"Really pay {usd(price_usd)}?" if price_usd else "Really send it again?",
            "again": not self._is_sent_again and task.request is not None,
            "token": self._gate.token,
        }

    def settle(self, what: str, token: int, task_id: str = "") -> str:
        """Do what the button says, and describe the result. It may take as long as the service.

        Args:
            what: ``"confirm"``, ``"forget"`` or ``"again"``.
            token: of the facts that the page had; an older one does nothing.
            task_id: for ``"confirm"``.
        """
        if not self._gate.take(token):
            return "That was asked already."
        try:
            return self._settle(what, task_id)
        except UnconfirmedError as error:
            if not error.sent:
                return words.message(error)
            name = error.task.key if error.task is not None else ""
            return f"Sent again, and that answer was lost, too: act.task({name!r}) has it."
        except ActTwoError as error:
            return f"Nothing was done. {words.message(error)}"
        finally:
            self._gate.release()

    def _settle(self, what: str, task_id: str) -> str:
        task = self._task
        if what == "confirm":
            task.confirm(task_id)
            return "It is watched."
        if what == "forget":
            task.forget()
            return "Given up."
        if what != "again" or self._is_sent_again:
            return "Nothing was done."
        config = task.session.config  # once: another thread may configure another service meanwhile
        if self._last_terms != _terms(config):
            return "Nothing was done: the price or the service is another one by now. Look again."
        self._is_sent_again = True
        try:
            new = task.resubmitted(config)
        except ActTwoError as error:
            self._is_sent_again = isinstance(error, UnconfirmedError) and error.sent
            raise
        return f"Sent again: act.task({new.id!r}) shows it. This one is still yours to settle."


def _terms(config: Config) -> tuple[str, float]:
    return config.base_url, config.price.usd_per_request


_making = threading.Lock()
#: By the identity of the task, which each holds for as long as it lives.
_by_task: WeakValueDictionary[int, Settling] = WeakValueDictionary()
