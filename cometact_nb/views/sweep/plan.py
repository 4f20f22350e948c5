"""A sweep's plan as a small table: cells, price, what is owned already, what is doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.views.base import html as parts
from cometact_nb.views.base.html import AMBER, BLUE, RED, esc
from cometact_nb.views.sweep.layout import names_of

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.plan import Plan

__all__ = ["plan_html"]

_VALUES = 16
_FINDINGS = 12


def plan_html(plan: Plan) -> str:
    """The plan as HTML that needs neither style sheet nor script."""
    head = parts.header(
        parts.pill("PLAN", BLUE),
        f"Sweep <code>{esc(plan.name, 100)}</code>",
        right=f"{plan.cells} cells",
        sandbox=plan.sandbox,
    )
    price = f"Expected cost: {plan.price.estimate(plan.to_buy)}"
    if plan.spent_usd:
        price += f"; spent so far: ${plan.spent_usd:.2f}"
    tone = RED if plan.errors else AMBER if plan.needs_yes or plan.warnings else BLUE
    body = parts.note(esc(", ".join(plan.counts()) or "no cells"), esc(price), tone) + _axes(plan)
    for findings, name, colour in ((plan.errors, "Error", RED), (plan.warnings, "Warning", AMBER)):
        body += "".join(
            f'<div style="margin-top:8px">{parts.note(name, esc(finding), colour)}</div>'
            for finding in findings[:_FINDINGS]
        )
        if len(findings) > _FINDINGS:
            body += parts.fine(
                f"and {len(findings) - _FINDINGS} more: <code>sweep.plan.{name.lower()}s</code>"
            )
    body += parts.fine(esc(plan.next_step()))
    return parts.frame(head, f'<div style="padding:12px 14px">{body}</div>')


def _axes(plan: Plan) -> str:
    return parts.table(
        (esc(title_of(name)), len(values), esc(_told(list(values.values())), 600))
        for name, values in names_of(plan.axes).items()
    )


def _told(values: list[str]) -> str:
    shown = ", ".join(values[:_VALUES])
    return f"{shown} … (and {len(values) - _VALUES} more)" if len(values) > _VALUES else shown
