"""Shows a sweep's plan as a small table: cells, price, cells already owned, doubtful points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.money import usd
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import AMBER, BLUE, RED, code, h, join
from cometact_nb.views.sweep.layout import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.media import Finding
    from cometact_nb.handles.sweep.plan import Plan
    from cometact_nb.views.base.html import Markup

__all__ = ["plan_html"]

_VALUES = 16
_FINDINGS = 12


def plan_html(plan: Plan) -> Markup:
    """Write the plan as HTML that needs neither style sheet nor script."""
    head = parts.header(
        parts.pill("PLAN", BLUE),
        join("Sweep ", code(words.clean(plan.name, 100))),
        right=f"{plan.cells} cells",
        sandbox=plan.sandbox,
    )
    price = f"Expected cost: {plan.price.estimate(plan.to_buy)}"
    if plan.spent_usd:
        price += f"; spent so far: {usd(plan.spent_usd)}"
    tone = RED if plan.errors else AMBER if plan.needs_yes or plan.warnings else BLUE
    body = h(
        "div",
        {"style": "padding:12px 14px"},
        parts.note(words.clean(", ".join(plan.counts()) or "no cells"), words.clean(price), tone),
        parts.fine(words.clean(f"{plan.limit}.")) if plan.limit else None,
        _axes(plan),
        *(parts.note("Public", words.clean(line), AMBER) for line in plan.publishes),
        _findings("Error", plan.errors, RED),
        _findings("Warning", plan.warnings, AMBER),
        parts.fine(words.clean(plan.next_step())),
    )
    return parts.frame(head, body)


def _findings(name: str, findings: Sequence[Finding], colour: str) -> Markup:
    items = [
        h("div", {"style": "margin-top:8px"}, parts.note(name, words.clean(finding), colour))
        for finding in findings[:_FINDINGS]
    ]
    more = None
    if len(findings) > _FINDINGS:
        more = parts.fine(f"and {len(findings) - _FINDINGS} more: ", code(f"sweep.plan.{name.lower()}s"))
    return join(*items, more)


def _axes(plan: Plan) -> Markup:
    return parts.table(
        (title_of(name), len(values), words.clean(_values_line(list(values.values())), 600))
        for name, values in names_of(plan.axes).items()
    )


def _values_line(values: list[str]) -> str:
    text = ", ".join(values[:_VALUES])
    return f"{text} … (and {len(values) - _VALUES} more)" if len(values) > _VALUES else text
