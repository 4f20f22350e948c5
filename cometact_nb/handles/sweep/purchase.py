"""Plans a sweep's purchase, checks its approval, and starts the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.rules import FAILED, IN_DOUBT
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, ApprovalNeeded, ConfigError, RequestError
from cometact_nb.handles.sweep.entries import state_of
from cometact_nb.handles.sweep.plan import Approval, Plan, approve, check_max_spend

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.request import ActTwoRequest
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
    """Plans purchases of a sweep for its user, and starts its runs.

    Args:
        core: with the settings.
        entries: the cells.
        ledger: records the approval.
        runner: buys.
        axes: fields with several values, and these values, for the plan.
        doubts: points of the sweep that would waste money.
        inputs: looks at the inputs.
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

    def widen(self, axes: dict[str, list[Any]], doubts: Collection[Finding]) -> None:
        """Plan with the cells that were added.

        Args:
            axes: of all cells.
            doubts: of all cells.
        """
        self._axes, self._doubts = axes, doubts
        self._inputs.add(entry.cell.request for entry in self._entries)

    def plan(self, targets: Sequence[Entry], config: Config) -> Plan:
        """Plan the purchase of these cells, with its cost and its faults; wait for the inspections."""
        entries, ledger = self._entries, self._ledger
        states = [state for state in entries.states if state is not None]
        count = [state.status for state in states].count
        findings = self._inputs.findings()
        errors = [finding for finding in findings if finding.severity == "error"]
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
            stopped=max(0, left - sum(entry.job is None for entry in targets)),
            to_buy=len(targets),
            queued=sum(map(entries.is_coming, entries)),
            price=config.price,
            spent_usd=ledger.spent_usd,
            agreed_usd=ledger.approval.agreed_usd,
            elsewhere_usd=ledger.elsewhere_usd,
            signed_anew=sum(entry.signed_anew for entry in entries),
            waiting=self._waiting(targets),
            warnings=(*self._doubts, *(finding for finding in findings if finding not in errors)),
            errors=tuple(errors),
            sandbox=ledger.endpoint.sandbox,
            ask_above=config.ask_above,
            publishes=self._core.own_files.public_lines(_requests(targets)),
            refused_lately=ledger.is_model_missing,
            limit=self._core.limit_line(config),
        )

    def _waiting(self, targets: Sequence[Entry]) -> tuple[str, ...]:
        """List each cell in doubt, with the reason."""
        return tuple(
            f"cell {entry.cell.index + 1} ({entry.job.state.id or entry.job.state.key}"
            f"{', submitted alone' if entry.reused else ''}) {_WHY_IN_DOUBT[entry.job.state.status]}"
            for entry in self._entries
            if entry.job is not None and entry.job.state.status in IN_DOUBT and entry not in targets
        )

    def start(
        self,
        targets: Sequence[Entry],
        max_cost: float | None = None,
        *,
        yes: bool = False,
        canary: bool | None,
        approved: Approval | None = None,
    ) -> None:
        """Buy cells within the approved cost, in the background.

        Args:
            targets: the cells.
            max_cost: see :meth:`cometact_nb.Sweep.run`.
            yes: see :meth:`cometact_nb.Sweep.run`.
            canary: see :meth:`cometact_nb.Sweep.run`.
            approved: an earlier approval for these cells; None checks whether they need one.

        Raises:
            ActTwoError: see :meth:`cometact_nb.Sweep.run`; nothing was sent.
        """
        earlier = {entry: state_of(entry) for entry in targets}
        config = self._core.look_up_price()  # read once: the approved price belongs to the checked service
        ledger = self._ledger
        cells = len(self._entries) if approved is None else ledger.approved_cells
        if targets:
            plan = self.plan(targets, config)
            if plan.errors:
                raise RequestError(plan.errors)
            self._check_service(targets, config)
            if config.max_spend is not None:
                check_max_spend(plan, *self._core.spent(config), yes=yes)
            if approved is not None and plan.refusal:
                raise ApprovalNeeded(plan.next_step(), plan)
            approved = approved or approve(plan, ledger.approval, max_cost, yes=yes)
            ledger.buy_all_the_same()
            # Before the first cell is paid for, and after everything that may forbid it.
            self._core.own_files.put_in_place(_requests(targets), self._core.output_folder())
        approval = approved or ledger.approval

        async def begin() -> None:
            ledger.recount()
            ledger.approve(approval, canary, cells)
            # Another thread may have begun the same meanwhile: its cells are not bought again.
            left = [entry for entry, before in earlier.items() if self._entries.is_unchanged(entry, before)]
            self._runner.start(
                left,
                price_usd=config.price.usd_per_request if targets else None,
                approved_usd=approval.approved_usd,
                canary=canary,
            )

        self._core.run(begin())

    def resume(self) -> bool:
        """Go on if the sweep was running when its kernel ended, within the approved cost.

        A sweep that was stopped in this kernel goes on only by its user's call, even if the stop could not be
        recorded. The reason why a sweep cannot go on becomes the run's problem.

        Returns:
            whether it goes on.
        """
        ledger, runner = self._ledger, self._runner
        targets = [
            entry
            for entry in self._entries.to_buy()
            if ledger.approved_cells is None or entry.cell.index < ledger.approved_cells
        ]
        if ledger.terms.state != SweepState.RUNNING or not targets:
            return False
        if runner.state is SweepState.RUNNING:
            return False
        if ledger.doubt:
            cost = self._core.config.price.estimate(len(targets))
            runner.hold(_ask(ledger.doubt, ledger.name, len(targets), cost))
            return False
        if runner.state is not SweepState.PLANNED:
            return False
        try:
            self.start(targets, canary=ledger.canary, approved=ledger.approval)
        except ActTwoError as error:
            runner.not_resumed(str(error))
            return False
        return True

    def _check_service(self, targets: Sequence[Entry], config: Config) -> None:
        """Raise the errors for which the service would refuse the first request."""
        name, base_url = self._ledger.name, self._ledger.base_url
        if config.base_url != base_url:
            cure = "Configure that service again, or make a new sweep."
            if self._ledger.endpoint.sandbox:
                cure = (
                    "That was a sandbox: act.use_sandbox() goes back to your own, and "
                    f"act.use_sandbox(url={base_url!r}) to one that was started by cometact-nb sandbox. If "
                    "it is gone, make a new sweep."
                )
            raise ConfigError(
                f"Sweep {name!r} belongs to {base_url}, but new requests go to {config.base_url}. {cure}"
            )
        self._ledger.endpoint = config.endpoint
        for request in _requests(targets):
            self._core.check(request)


def _requests(targets: Sequence[Entry]) -> list[ActTwoRequest]:
    """Return one request for each pair of inputs."""
    return list({entry.pair: entry.cell.request for entry in targets}.values())


def _ask(doubt: str, name: str, cells: int, cost: str) -> str:
    """Say why a sweep waits for its user's approval, and how to give it."""
    return (
        f"{doubt[:1].upper()}{doubt[1:]}. So nothing is bought by itself; the {cells} cells that are left "
        f"cost {cost}. act.sweep_by_name({name!r}).run(yes=True) buys them, .run(max_cost=…) up to an amount."
    )
