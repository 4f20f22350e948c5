"""What the sweep in a panel's form would buy and cost, kept up to date while the form is edited."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.sweep.rules import FAILED, assign
from cometact_nb.domain.task import Status
from cometact_nb.store.journal.sweeps import owned
from cometact_nb.views.base import wording as words
from cometact_nb.views.panel.sweep_form import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future

    from cometact_nb.domain.sweep.grid import Cells, Spec
    from cometact_nb.engine.engine import Engine
    from cometact_nb.errors import ApprovalNeeded
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.plan import Plan

__all__ = ["Bought", "Offer", "about_sweep", "offer_of"]

#: What has become of cells, by what the form says of them.
_WORDS: dict[str, Collection[str]] = {
    "done already": {Status.SUCCEEDED},
    "in line to be sent": {"QUEUED"},
    "failed; only its retry buys them again": FAILED,
    "unconfirmed, yours to settle": {Status.UNCONFIRMED},
    "not known to the service, perhaps paid for": {Status.NOT_FOUND},
    "given up by you": {Status.FORGOTTEN},
    "stopped, for another with the same input failed on it": {"STOPPED"},
}
_UNDER_WAY = "at the service"
#: Cells that a click would send.
_TO_BUY = {"PLANNED", Status.REFUSED}
_SHOWN_VALUES = 8


@dataclass(frozen=True)
class Offer:
    """A price that the user was told and has not agreed to yet.

    Args:
        spec: of the sweep it is for.
        total_usd: what the sweep may cost in all once it is agreed to, US dollars.
        text: what it buys, in words.
        button: what agrees to it.
    """

    spec: Spec
    total_usd: float
    text: str
    button: str


def offer_of(spec: Spec, error: ApprovalNeeded) -> Offer | None:
    """What to agree to after a sweep was refused for its price alone."""
    plan: Plan | None = error.plan
    if plan is None:
        return None
    limit = f"More than ${plan.ask_above:.2f} needs a yes of its own. Nothing was sent yet."
    many = "1 request costs" if plan.to_buy == 1 else f"{plan.to_buy} requests cost"
    text = words.clean(f"{many} about {plan.price.estimate(plan.to_buy)}. {limit}")
    total = plan.total_usd
    return Offer(spec, total, text, f"Yes, buy {plan.to_buy} for ${plan.cost_usd:.2f}")


class Bought:
    """What has become already of the cells of the sweep in the form.

    Args:
        session: has the history.
        changed: is called when there is news, on the session's notifier thread.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self._session = session
        self._changed = changed
        self._asked: tuple[str, Cells] | None = None
        self._known: Counter[str] | None = None

    def of(self, cells: Cells) -> Counter[str] | None:
        """How many cells there are of each status, as the history knows it; None while it is asked."""
        asked = (self._session.config.base_url, cells)
        if self._asked is None or self._asked[0] != asked[0] or self._asked[1] is not cells:
            self._asked, self._known = asked, None
            engine = self._session.engine
            engine.call(_look(engine, *asked)).add_done_callback(self._tell)
        return self._known

    def forget(self) -> None:
        """Look again: something was bought, or has ended."""
        self._asked = None

    def _tell(self, done: Future[tuple[Cells, Counter[str]]]) -> None:
        if done.cancelled() or done.exception() is not None:
            return  # the submission itself says what is wrong with the history
        cells, known = done.result()
        if self._asked is not None and self._asked[1] is cells:
            self._known = known
            self._session.call_soon(self._changed)


async def _look(engine: Engine, base_url: str, cells: Cells) -> tuple[Cells, Counter[str]]:
    found = owned(engine.history, base_url, {cell.identity for cell in cells.cells})
    served = assign(cells.cells, [row.owned for row in found])
    counts = Counter(task.state.status.value for task in served.values())
    return cells, counts + Counter(PLANNED=len(cells.cells) - len(served))


def about_sweep(cells: Cells, known: Counter[str] | None, config: Config) -> dict[str, Any]:
    """What is told about a sweep beside its button.

    Args:
        cells: what it asks for.
        known: how many of them there are of each status; None while that is not known.
        config: the price, and what goes without a yes.

    Returns:
        ``count`` of cells, ``axes`` as names and values in words, ``counts`` by what has become of them,
        ``buy``, the number to be sent, ``total``, its price, ``price`` with where it comes from, and ``ask``,
        a sentence when it needs a second yes.
    """
    count, counts = len(cells.cells), known or Counter(PLANNED=len(cells.cells))
    buy = sum(counts[status] for status in _TO_BUY)
    told = {text: sum(counts[status] for status in kinds) for text, kinds in _WORDS.items()}
    told[_UNDER_WAY] = count - buy - sum(told.values())
    cost = buy * config.price.usd_per_request
    if not buy:
        total, price = "nothing left to buy", ""
    elif config.sandbox and not cost:
        total, price = "nothing is billed", "Sandbox: nothing is billed"
    else:
        total, price = f"about ${cost:.2f}", words.clean(f"About {config.price.estimate(buy)}")
    return {
        "count": count,
        "grid": " × ".join(str(len(values)) for values in cells.axes.values()) if len(cells.axes) > 1 else "",
        "axes": [
            [NAMES.get(name, name), len(values), _values(name, values)] for name, values in cells.axes.items()
        ],
        "counts": [f"{many} {text}" for text, many in told.items() if many],
        "buy": buy,
        "total": total,
        "price": price,
        "ask": f"More than ${config.ask_above:.2f}: you are asked once more."
        if cost > config.ask_above
        else "",
    }


def _values(name: str, values: list[Any]) -> str:
    if name == "replicate":
        return "of each request"
    shown = [label(name, value) for value in values[:_SHOWN_VALUES]]
    more = f" … {label(name, values[-1])}" if len(values) > _SHOWN_VALUES else ""
    return words.clean(", ".join(shown) + more)
