"""Agreeing to a purchase: what a sweep would buy, whether it may, and the start of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.rules import FAILED, IN_DOUBT
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, ConfigError, RequestError
from cometact_nb.handles.sweep.entries import see
from cometact_nb.handles.sweep.plan import Approval, Plan, approve, check_max_spend

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cometact_nb.domain.media import Finding
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.entries import Entries, Entry
    from cometact_nb.handles.sweep.inputs import Inputs
    from cometact_nb.handles.sweep.ledger import Ledger
    from cometact_nb.handles.sweep.runner import Runner

__all__ = ["Purchase"]

_WHY_IN_DOUBT = {
    Status.UNCONFIRMED: "was sent, and its answer was lost",
    Status.NOT_FOUND: "was accepted, and the service does not know its id",
}


class Purchase:
    """What stands between a sweep's user and its run.

    Args:
        core: has the settings.
        entries: the cells.
        ledger: records what is agreed to.
        runner: buys.
        axes: swept fields and their values, for the plan.
        doubts: what would waste money about the sweep itself.
        inputs: what was seen of the inputs.
    """

    def __init__(
        self,
        core: Core,
        entries: Entries,
        ledger: Ledger,
        runner: Runner,
        *,
        axes: dict[str, list[Any]],
        doubts: Collection[Finding],
        inputs: Inputs,
    ) -> None:
        self._core = core
        self._entries = entries
        self._ledger = ledger
        self._runner = runner
        self._axes = axes
        self._doubts = doubts
        self._inputs = inputs

    def plan(self, wanted: Sequence[Entry], config: Config) -> Plan:
        """What buying these cells would cost, and what speaks against it; waits for the inspections."""
        entries, ledger = self._entries, self._ledger
        states = [state for state in entries.states if state is not None]
        count = [state.status for state in states].count
        seen = self._inputs.findings()
        errors = [finding for finding in seen if finding.severity == "error"]
        left = len(entries.without_task())
        return Plan(
            name=ledger.name,
            axes=self._axes,
            cells=len(entries),
            done=count(Status.SUCCEEDED),
            running=sum(not state.status.is_terminal for state in states),
            failed=sum(count(status) for status in FAILED),
            forgotten=count(Status.FORGOTTEN),
            unconfirmed=count(Status.UNCONFIRMED),
            not_found=count(Status.NOT_FOUND),
            stopped=max(0, left - sum(entry.job is None for entry in wanted)),
            to_buy=len(wanted),
            queued=sum(map(entries.is_coming, entries)),
            price=config.price,
            spent_usd=ledger.spent_usd,
            agreed_usd=ledger.approval.agreed_usd,
            elsewhere_usd=ledger.elsewhere_usd,
            signed_anew=sum(entry.signed_anew for entry in entries),
            waiting=self._waiting(wanted),
            warnings=(*self._doubts, *(finding for finding in seen if finding not in errors)),
            errors=tuple(errors),
            sandbox=ledger.endpoint.sandbox,
            ask_above=config.ask_above,
        )

    def _waiting(self, wanted: Sequence[Entry]) -> tuple[str, ...]:
        """Each cell in doubt, and why."""
        return tuple(
            f"cell {entry.cell.index + 1} ({entry.job.state.id or entry.job.state.key}"
            f"{', submitted alone' if entry.reused else ''}) {_WHY_IN_DOUBT[entry.job.state.status]}"
            for entry in self._entries
            if entry.job is not None and entry.job.state.status in IN_DOUBT and entry not in wanted
        )

    def start(
        self,
        wanted: Sequence[Entry],
        max_cost: float | None = None,
        *,
        yes: bool = False,
        canary: bool | None,
        approved: Approval | None = None,
    ) -> None:
        """Buy cells within what is approved for them, in the background.

        Args:
            wanted: the cells.
            max_cost: see :meth:`cometact_nb.Sweep.run`.
            yes: see :meth:`cometact_nb.Sweep.run`.
            canary: see :meth:`cometact_nb.Sweep.run`.
            approved: what was approved earlier for these cells; None asks whether they may be bought.

        Raises:
            ActTwoError: as :meth:`cometact_nb.Sweep.run`; nothing was sent.
        """
        seen = {entry: see(entry) for entry in wanted}
        config = self._core.config  # once: the price that is agreed to is that of the service checked
        ledger = self._ledger
        if wanted:
            plan = self.plan(wanted, config)
            if plan.errors:
                raise RequestError(plan.errors)
            self._check_service(wanted, config)
            check_max_spend(plan, config.max_spend, self._core.engine.spent_usd, yes=yes)
            approved = approved or approve(plan, ledger.approval, max_cost, yes=yes)
        approval = approved or ledger.approval

        async def begin() -> None:
            ledger.recount()
            ledger.approve(approval, canary)
            # Another thread may have begun the same meanwhile: what it buys is not bought again.
            left = [entry for entry, before in seen.items() if self._entries.as_seen(entry, before)]
            self._runner.start(
                left,
                price_usd=config.price.usd_per_request if wanted else None,
                approved_usd=approval.approved_usd,
                canary=canary,
            )

        self._core.run(begin())

    def resume(self) -> bool:
        """Go on by itself if the sweep was running when its kernel ended, within what was approved then.

        What was stopped in this kernel goes on by its user's word alone, also where the stop could not be
        recorded. What keeps the sweep from going on becomes the run's problem.

        Returns:
            whether it goes on.
        """
        wanted, ledger, runner = self._entries.wanted(), self._ledger, self._runner
        if ledger.terms.state != SweepState.RUNNING or not wanted:
            return False
        if runner.state is SweepState.RUNNING:
            return False
        if ledger.doubt:
            cost = self._core.config.price.estimate(len(wanted))
            runner.hold(_ask(ledger.doubt, ledger.name, len(wanted), cost))
            return False
        if runner.state is not SweepState.PLANNED:
            return False
        try:
            self.start(wanted, canary=ledger.canary, approved=ledger.approval)
        except ActTwoError as error:
            runner.not_resumed(str(error))
            return False
        return True

    def _check_service(self, wanted: Sequence[Entry], config: Config) -> None:
        """Raise what the first request would be refused for."""
        name, base_url = self._ledger.name, self._ledger.base_url
        if config.base_url != base_url:
            cure = "Configure that service again, or make a new sweep."
            if self._ledger.endpoint.sandbox:
                cure = (
                    "That was a sandbox, which ends with its kernel: make a new sweep. If it was started by "
                    f"cometact-nb sandbox and still runs: act.use_sandbox(speed, url={base_url!r})."
                )
            raise ConfigError(
                f"Sweep {name!r} belongs to {base_url}, but new requests go to {config.base_url}. {cure}"
            )
        self._ledger.endpoint = config.endpoint
        for request in {entry.pair: entry.cell.request for entry in wanted}.values():
            self._core.check(request)


def _ask(doubt: str, name: str, cells: int, cost: str) -> str:
    """Why a sweep waits for its user's word, and how to give it."""
    return (
        f"{doubt[:1].upper()}{doubt[1:]}. So nothing is bought by itself; the {cells} cells that are left "
        f"cost {cost}. act.sweep_by_name({name!r}).run(yes=True) buys them, .run(max_cost=…) up to an amount."
    )
