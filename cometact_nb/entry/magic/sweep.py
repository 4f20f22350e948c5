"""Runs ``%act_two`` with several values: plans a sweep, runs it within the approved cost, shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from cometact_nb.domain.money import usd
from cometact_nb.domain.text.line import SWEEP_OPTIONS
from cometact_nb.errors import ApprovalNeeded

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.plan import Plan
    from cometact_nb.handles.sweep.sweep import Sweep

__all__ = ["is_sweep", "plan", "run", "show"]


def is_sweep(fields: Mapping[str, Any], options: argparse.Namespace) -> bool:
    """Whether a line stands for several requests, or has an option of sweeps."""
    from cometact_nb.domain.sweep.grid import is_several  # noqa: PLC0415  (when a line is run)

    has_option = any(getattr(options, name) for name in SWEEP_OPTIONS)
    return has_option or any(is_several(value) for value in fields.values())


def plan(session: Session, fields: Mapping[str, Any], options: argparse.Namespace) -> Sweep:
    """Plan the sweep of a line; send nothing.

    Raises:
        UsageError: the line has an option of single requests.
        RequestError: with everything that is wrong about any of its requests.
    """
    if options.nested:
        raise UsageError("%act_two: --nested is for a single request. await sweep leaves the kernel free.")
    _dollars(options.max_cost)
    return session.sweep(name=options.name, **fields)


def run(sweep: Sweep, options: argparse.Namespace) -> None:
    """Send the cells that have not been bought, within the cost that the line allows.

    Raises:
        ApprovalNeeded: it costs more than the line allows; nothing was sent.
    """
    try:
        sweep.run(_dollars(options.max_cost), yes=options.yes, canary=False if options.no_canary else None)
    except ApprovalNeeded as error:
        if error.plan is None:
            raise
        raise ApprovalNeeded(_on_a_line(error.plan, _dollars(options.max_cost)), error.plan) from None


def show(sweep: Sweep, *, quiet: bool) -> None:
    """Show the sweep in the current cell, once; or keep the cell from showing it."""
    from cometact_nb.views.sweep import show as view  # noqa: PLC0415  (when there is something to show)

    if quiet:
        view.hush(sweep)
    else:
        view.show(sweep, once_per_cell=True)


def _on_a_line(costly: Plan, max_cost: float | None) -> str:
    total = costly.total_usd
    limit = costly.ask_above if max_cost is None else max_cost
    so_far = f" beside {usd(costly.spent_usd)} spent so far" if costly.spent_usd else ""
    cure = "--yes buys as many as that allows" if max_cost is not None else "add --yes"
    cells = "1 cell costs" if costly.to_buy == 1 else f"{costly.to_buy} cells cost"
    if costly.refusal:
        price = f"{costly.price.estimate(costly.to_buy)}{so_far}"
        return f"{costly.refusal} {cells} {price}. Nothing was sent; add --yes."
    return (
        f"{cells} {costly.price.estimate(costly.to_buy)}{so_far}, more than {usd(limit)}. Nothing was sent. "
        f"Look with --dry-run, then {cure}, or --max-cost {usd(total)[1:]}."
    )


def _dollars(text: Any) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"%act_two: --max-cost {text!r} is not an amount of US dollars.")
    return value
