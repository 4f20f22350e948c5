"""The plan of a sweep: its purchases and their cost, before anything is bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.money import NO_MODEL, of_limit, to_micro, usd
from cometact_nb.domain.price import is_amount, is_over
from cometact_nb.domain.sweep.grid import label
from cometact_nb.errors import ApprovalNeeded, BudgetError, ConfigError

if TYPE_CHECKING:
    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.money import Account
    from cometact_nb.domain.price import Price

__all__ = ["Approval", "Plan", "approve", "check_max_spend", "without_yes"]

_SHOWN_VALUES = 12
_SHOWN_DOUBTS = 5


@dataclass(frozen=True)
class Plan:
    """The effect of ``sweep.run()`` now; most numbers count cells.

    Args:
        name: of the sweep.
        axes: fields with several values, and these values.
        cells: all of them.
        done: with a video already; nothing is sent for them.
        running: already at the service.
        failed: failed or cancelled; only ``sweep.retry()`` buys them again.
        forgotten: given up by you; only ``sweep.retry(forgotten=True)`` buys them again.
        unconfirmed: perhaps bought; you settle each, and it is never sent again by itself.
        not_found: accepted under an id that the service does not know; they may be paid for.
        stopped: left out because another cell with the same input failed on it.
        to_buy: to be sent.
        price: expected for one request.
        queued: that the present run will still send.
        spent_usd: cost of the sweep so far, in US dollars, by the prices at purchase.
        agreed_usd: US dollars that you have approved so far, for the whole sweep.
        elsewhere_usd: cost of other sweeps for the same videos without your approval, in US dollars.
        signed_anew: whose task was sent with another link to the same files.
        waiting: each cell that waits for your decision, and why.
        warnings: points that would waste money.
        errors: faults that prevent the run.
        sandbox: it goes to this machine, and nothing is billed.
        ask_above: US dollars that need no approval.
        publishes: which files of this machine become public first, and where, a sentence each.
        refused_lately: the service refused a request of the last hour since it had no channel for the model.
        limit: what ``configure(max_spend=…)`` still allows, in words; empty without it.
    """

    name: str
    axes: dict[str, list[Any]]
    cells: int
    done: int
    running: int
    failed: int
    forgotten: int
    unconfirmed: int
    not_found: int
    stopped: int
    to_buy: int
    queued: int
    price: Price
    spent_usd: float
    agreed_usd: float
    elsewhere_usd: float
    signed_anew: int
    waiting: tuple[str, ...]
    warnings: tuple[Finding, ...]
    errors: tuple[Finding, ...]
    sandbox: bool
    ask_above: float
    publishes: tuple[str, ...] = ()
    refused_lately: bool = False
    limit: str = ""

    @property
    def cost_usd(self) -> float:
        """The expected cost of the cells to buy, in US dollars."""
        return self.to_buy * self.price.usd_per_request

    @property
    def total_usd(self) -> float:
        """The cost of the whole sweep after the run, in US dollars, with requests on their way."""
        return self.spent_usd + (self.queued + self.to_buy) * self.price.usd_per_request

    @property
    def without_yes_usd(self) -> float:
        """The part of it that nobody has approved, over all runs, retries and kernels, in US dollars.

        It includes the cost of other sweeps for the same videos without approval.
        """
        return without_yes(self.total_usd, self.agreed_usd, self.elsewhere_usd)

    @property
    def needs_yes(self) -> bool:
        """Whether ``run`` needs ``yes=True``, or a ``max_cost`` that covers it if only the cost needs it."""
        return bool(self.refusal) or (self.cost_usd > 0 and is_over(self.without_yes_usd, self.ask_above))

    @property
    def refusal(self) -> str:
        """Why a sweep is not bought without a yes, whatever it costs; empty where it may be."""
        return NO_MODEL if self.refused_lately and self.cost_usd else ""

    @property
    def grid(self) -> str:
        """The axes in words, such as ``3 expression_intensity × 2 seed``."""
        return " × ".join(f"{len(values)} {name}" for name, values in self.axes.items()) or "1 cell"

    def counts(self) -> list[str]:
        """The numbers of cells by outcome, in words, without zeros."""
        numbers = {
            "to buy": self.to_buy,
            "done already, reused": self.done,
            "at the service": self.running,
            "failed (sweep.retry() buys them again)": self.failed,
            "given up (sweep.retry(forgotten=True) buys them again)": self.forgotten,
            "unconfirmed (yours to settle)": self.unconfirmed,
            "not known to the service (they may be paid for)": self.not_found,
            "stopped (another with the same input failed on it)": self.stopped,
        }
        return [f"{count} {what}" for what, count in numbers.items() if count]

    def __str__(self) -> str:
        lines = [
            f"Sweep {self.name!r}: {self.cells} cells ({self.grid})" + (" · SANDBOX" if self.sandbox else "")
        ]
        for name, values in self.axes.items():
            texts = [label(name, value) for value in values[:_SHOWN_VALUES]]
            lines.append(f"  {name}: {', '.join(texts)}{' …' if len(values) > _SHOWN_VALUES else ''}")
        lines.append(f"  {', '.join(self.counts())}")
        lines.append(f"  Expected cost: {self.price.estimate(self.to_buy)}")
        if self.spent_usd:
            lines[-1] += f"; spent so far: {usd(self.spent_usd)}"
        lines += self._notes()
        lines += [f"  Error: {finding}" for finding in self.errors]
        lines += [f"  Warning: {finding}" for finding in self.warnings]
        lines.append(f"  {self.next_step()}")
        return "\n".join(lines)

    __repr__ = __str__

    def _notes(self) -> list[str]:
        notes = [f"  {line}." for line in (self.limit, *self.publishes) if line]
        if self.signed_anew:
            notes.append(
                f"  {_cells(self.signed_anew, 'has', 'have')} the same files under links that were signed or "
                "written anew; nothing is bought again for them."
            )
        if self.waiting:
            first = "; ".join(self.waiting[:_SHOWN_DOUBTS]) + (
                " …" if len(self.waiting) > _SHOWN_DOUBTS else ""
            )
            notes.append(
                f"  {_cells(len(self.waiting), 'waits', 'wait')} for your word: {first}. Nothing is bought "
                "for them: cell.task.confirm(id) or .forget() settles one, sweep.retry(doubtful=True) pays "
                "again."
            )
        return notes

    def next_step(self) -> str:
        """The next step, in one sentence."""
        if self.errors:
            return "Nothing is sent before the errors are mended."
        if not self.to_buy:
            return "There is nothing to buy."
        if self.refusal:
            return f"{self.refusal} {_all_the_same(self, None)}"
        if self.needs_yes:
            return (
                f"More than {usd(self.ask_above)} needs a yes{self.so_far()}: sweep.run(yes=True), or "
                f"sweep.run(max_cost={usd(self.total_usd)[1:]})."
            )
        return "sweep.run() sends them."

    def so_far(self) -> str:
        """Say which cost had no approval before, for a sentence about the limit; empty without any."""
        before = self.without_yes_usd - self.cost_usd
        return f" ({usd(before)} of it went without one so far)" if is_over(before, 0.0) else ""


@dataclass(frozen=True)
class Approval:
    """The approved cost of a sweep.

    Args:
        approved_usd: US dollars in all.
        agreed_usd: the part of it that the user approved; the rest needed no approval.
    """

    approved_usd: float = 0.0
    agreed_usd: float = 0.0


def approve(plan: Plan, before: Approval, max_cost: float | None, *, yes: bool) -> Approval:
    """Decide what a sweep may cost in all from now on.

    Args:
        plan: of the run.
        before: the earlier approval.
        max_cost: the user's limit for the whole sweep, US dollars.
        yes: the user agrees to the price, or to as much as ``max_cost`` allows.

    Raises:
        ApprovalNeeded: it costs more than was approved.
        ConfigError: ``max_cost`` is no amount.
    """
    total = plan.total_usd
    price = plan.price.estimate(plan.to_buy)
    if plan.refused_lately and plan.cost_usd and not yes:
        raise ApprovalNeeded(f"{plan.refusal} Nothing was sent. {_all_the_same(plan, max_cost)}", plan)
    if max_cost is not None:
        if not is_amount(max_cost):
            raise ConfigError(f"max_cost={max_cost!r} is not an amount of US dollars. Give a number ≥ 0.")
        if is_over(total, max_cost) and not yes:
            raise ApprovalNeeded(
                f"{plan.to_buy} cells cost {price}; with {usd(plan.spent_usd)} spent so far, more than "
                f"max_cost={usd(max_cost)}. Nothing was sent. Narrow the sweep, raise max_cost, or say "
                "yes=True to buy as many as it allows.",
                plan,
            )
        return Approval(float(max_cost), float(max_cost))
    if yes:
        return Approval(max(total, before.approved_usd), max(total, before.agreed_usd))
    if plan.needs_yes:
        raise ApprovalNeeded(
            f"{plan.to_buy} cells cost {price}, more than {usd(plan.ask_above)}{plan.so_far()}. Nothing was "
            f"sent. Look at sweep.plan, then sweep.run(yes=True) or sweep.run(max_cost={usd(total)[1:]}).",
            plan,
        )
    return Approval(max(total, before.approved_usd), before.agreed_usd)


def _all_the_same(plan: Plan, max_cost: float | None) -> str:
    """Say how a sweep is bought although the service refused a request for want of the model."""
    limit = "" if max_cost is None else f"max_cost={max_cost!r}, "
    cells = "1 cell" if plan.to_buy == 1 else f"{plan.to_buy} cells"
    return f"sweep.run({limit}yes=True) sends {cells} all the same, at {plan.price.estimate(plan.to_buy)}."


def without_yes(total_usd: float, agreed_usd: float, elsewhere_usd: float) -> float:
    """Return the part of a sweep's cost that nobody has approved, in US dollars.

    Args:
        total_usd: its cost in all.
        agreed_usd: the approved part.
        elsewhere_usd: the cost of other sweeps for the same videos without approval.
    """
    return elsewhere_usd + max(0.0, total_usd - agreed_usd)


def _cells(count: int, one: str, several: str) -> str:
    return f"1 cell {one}" if count == 1 else f"{count} cells {several}"


def check_max_spend(plan: Plan, account: Account, spent_micro: int, *, yes: bool) -> None:
    """Raise before the first request if ``configure(max_spend=…)`` would stop the sweep on its way.

    Args:
        plan: of the run.
        account: with the limit, and what that counts over.
        spent_micro: what counts against it now, in millionths of a US dollar.
        yes: run up to that stop.

    Raises:
        BudgetError: it would.
    """
    limit = account.limit_micro
    if yes or limit is None or not plan.to_buy:
        return
    if spent_micro + plan.to_buy * to_micro(plan.price.usd_per_request, up=True) <= limit:
        return
    cells = "1 cell costs" if plan.to_buy == 1 else f"{plan.to_buy} cells cost"
    raise BudgetError(
        f"{cells} {plan.price.estimate(plan.to_buy)}, and {of_limit(account, spent_micro)}. Nothing was "
        "sent. Narrow the sweep, raise configure(max_spend=…), or say run(yes=True) to buy as many as it "
        "allows."
    )
