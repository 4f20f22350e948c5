"""The purchase and cost of the sweep in a panel's form, up to date while the form is edited."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.money import NO_MODEL, usd
from cometact_nb.domain.price import is_over
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.sweep.rules import FAILED, assign
from cometact_nb.domain.sweep.run import Mark
from cometact_nb.domain.task import Status
from cometact_nb.handles.sweep.ledger import LATELY_S
from cometact_nb.handles.sweep.plan import without_yes
from cometact_nb.store.journal import sweeps as store
from cometact_nb.views.base import wording as words
from cometact_nb.views.panel.sweep_form import title_in_form

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from concurrent.futures import Future

    from cometact_nb.domain.sweep.grid import Cells, Spec
    from cometact_nb.engine.engine import Engine
    from cometact_nb.errors import ApprovalNeeded
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.plan import Plan

__all__ = ["Offer", "PastPurchases", "PurchaseLookup", "about_sweep", "offer_of"]

#: The statuses of cells, by the form's words for them.
_WORDS: dict[str, Collection[str]] = {
    "done already": {Status.SUCCEEDED},
    "in line to be sent": {Mark.QUEUED},
    "failed; only its retry buys them again": FAILED,
    "unconfirmed, yours to settle": {Status.UNCONFIRMED},
    "not known to the service, perhaps paid for": {Status.NOT_FOUND},
    "given up by you": {Status.FORGOTTEN},
    "stopped, for another with the same input failed on it": {Mark.STOPPED},
}
_UNDER_WAY = "at the service"
#: The statuses of cells that a click would send.
_TO_BUY: set[str] = {Mark.PLANNED, Status.REFUSED}
_SHOWN_VALUES = 8


@dataclass(frozen=True)
class Offer:
    """A price that the form has named and its user has not agreed to yet.

    Args:
        spec: of the sweep.
        base_url: of the service.
        total_usd: US dollars that the sweep may cost in all after the agreement.
        text: the purchase, in words.
        button: text of the button that agrees.
        names_refusal: the text says that the service had no channel for the model within the hour.
    """

    spec: Spec
    base_url: str
    total_usd: float
    text: str
    button: str
    names_refusal: bool = False


def offer_of(spec: Spec, base_url: str, error: ApprovalNeeded) -> Offer | None:
    """Make the offer after a sweep was refused only for its price."""
    plan: Plan | None = error.plan
    if plan is None:
        return None
    many = "1 request costs" if plan.to_buy == 1 else f"{plan.to_buy} requests cost"
    sentences = [
        f"{many} about {plan.price.estimate(plan.to_buy)}.",
        _in_all(plan.spent_usd, plan.total_usd) + "." if plan.spent_usd else "",
        plan.refusal,
        _why(plan),
        "Nothing was sent yet.",
    ]
    text = words.clean(" ".join(filter(None, sentences)))
    button = f"Yes, buy {plan.to_buy} for {usd(plan.cost_usd)}"
    return Offer(spec, base_url, plan.total_usd, text, button, names_refusal=bool(plan.refusal))


def _why(plan: Plan) -> str:
    if is_over(plan.without_yes_usd, plan.ask_above):
        return f"More than {usd(plan.ask_above)} needs a yes of its own{plan.so_far()}."
    return "" if plan.refusal else "The page had not named this price yet."


def _in_all(spent_usd: float, total_usd: float) -> str:
    return f"With {usd(spent_usd)} spent so far, the sweep comes to {usd(total_usd)} in all"


@dataclass(frozen=True)
class PastPurchases:
    """The history's facts about the sweep in the form.

    Args:
        counts: the number of cells with each status.
        spent_usd: cost so far, US dollars.
        agreed_usd: approved cost, US dollars.
        elsewhere_usd: cost of other sweeps for the same videos without approval, US dollars.
        refused_lately: the service had no channel for the model within the hour.
    """

    counts: Counter[str] = field(default_factory=Counter)
    spent_usd: float = 0.0
    agreed_usd: float = 0.0
    elsewhere_usd: float = 0.0
    refused_lately: bool = False


class PurchaseLookup:
    """Looks up the cells of the form's sweep in the history.

    Args:
        session: with the history.
        changed: called after a change, on the session's notifier thread.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self._session = session
        self._changed = changed
        self._question: tuple[str, Cells] | None = None
        self._answer: PastPurchases | None = None

    def of(self, spec: Spec, cells: Cells) -> PastPurchases | None:
        """Return the history's facts about a sweep; None during the look-up."""
        query = (self._session.config.base_url, cells)
        if self._question is None or self._question[0] != query[0] or self._question[1] is not cells:
            self._question, self._answer = query, None
            engine = self._session.engine
            engine.call(_look(engine, query[0], spec, cells)).add_done_callback(self._tell)
        return self._answer

    def forget(self) -> None:
        """Forget the facts, because a cell was bought or has ended."""
        self._question = None

    def _tell(self, done: Future[tuple[Cells, PastPurchases]]) -> None:
        if done.cancelled() or done.exception() is not None:
            return  # the submission itself says what is wrong with the history
        cells, known = done.result()
        if self._question is not None and self._question[1] is cells:
            self._answer = known
            self._session.call_soon(self._changed)


async def _look(engine: Engine, base_url: str, spec: Spec, cells: Cells) -> tuple[Cells, PastPurchases]:
    history, name = engine.history, spec.default_name
    identities = {cell.identity for cell in cells.cells}
    served = assign(cells.cells, [row.owned for row in store.owned(history, base_url, identities)])
    counts = Counter(task.state.status.value for task in served.values())
    row = store.find(history, name, base_url)
    return cells, PastPurchases(
        counts + Counter({Mark.PLANNED.value: len(cells.cells) - len(served)}),
        spent_usd=store.cost_usd(history, name, base_url),
        agreed_usd=row.terms.agreed_usd if row is not None and row.base_url == base_url else 0.0,
        elsewhere_usd=store.unagreed_elsewhere(history, name, base_url, identities),
        refused_lately=bool(store.model_missing_at(history, base_url, engine.now() - LATELY_S)),
    )


def about_sweep(cells: Cells, known: PastPurchases | None, config: Config) -> dict[str, Any]:
    """Describe a sweep beside its button.

    Args:
        cells: of the sweep.
        known: the history's facts about them; None while unknown.
        config: with the price, and the limit without approval.

    Returns:
        ``count`` of cells, ``axes`` as names and values in words, ``counts`` by outcome,
        ``buy``, the number to be sent, ``cost``, its price in US dollars, ``total``, the same in words,
        ``price`` with where it comes from and what the sweep comes to in all, and ``ask``, a sentence when it
        needs a second yes.
    """
    count, known = len(cells.cells), known or PastPurchases()
    counts = known.counts or Counter({Mark.PLANNED.value: count})
    buy = sum(counts[status] for status in _TO_BUY)
    numbers = {text: sum(counts[status] for status in kinds) for text, kinds in _WORDS.items()}
    numbers[_UNDER_WAY] = count - buy - sum(numbers.values())
    cost = buy * config.price.usd_per_request
    if not buy:
        total, price = "nothing left to buy", ""
    elif config.sandbox and not cost:
        total, price = "nothing is billed", "Sandbox: nothing is billed"
    else:
        total, price = f"about {usd(cost)}", words.clean(f"About {config.price.estimate(buy)}")
        if known.spent_usd:
            price += f". {_in_all(known.spent_usd, known.spent_usd + cost)}"
    return {
        "count": count,
        "grid": " × ".join(str(len(values)) for values in cells.axes.values()) if len(cells.axes) > 1 else "",
        "axes": [
            [title_in_form(name), len(values), _values(name, values)] for name, values in cells.axes.items()
        ],
        "counts": [f"{many} {text}" for text, many in numbers.items() if many],
        "buy": buy,
        "cost": cost,
        "total": total,
        "price": price,
        "ask": _asks(known, cost, config),
    }


def _asks(known: PastPurchases, cost_usd: float, config: Config) -> str:
    """Say why a click alone does not buy."""
    without = without_yes(known.spent_usd + cost_usd, known.agreed_usd, known.elsewhere_usd)
    if cost_usd and known.refused_lately:
        return f"{NO_MODEL} You are asked once more."
    if not cost_usd or not is_over(without, config.ask_above):
        return ""
    before = without - cost_usd
    so_far = f", with {usd(before)} that went without a yes so far" if is_over(before, 0.0) else ""
    return f"More than {usd(config.ask_above)}{so_far}: you are asked once more."


def _values(name: str, values: list[Any]) -> str:
    if name == "replicate":
        return "of each request"
    texts = [label(name, value) for value in values[:_SHOWN_VALUES]]
    more = f" … {label(name, values[-1])}" if len(values) > _SHOWN_VALUES else ""
    return words.clean(", ".join(texts) + more)
