"""Describes a panel's form for its page: findings beside fields, previews, code, price, service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import RATIOS
from cometact_nb.domain.media import infer_type
from cometact_nb.errors import (
    ActTwoError,
    ApprovalNeeded,
    ConsentNeeded,
    RefusedError,
    RequestError,
    UnconfirmedError,
)
from cometact_nb.views.base import wording as words
from cometact_nb.views.panel.code import needs_consent, request_code, sweep_code
from cometact_nb.views.panel.files import is_local
from cometact_nb.views.panel.form import INPUTS, by_field, field_named, inferred
from cometact_nb.views.panel.links import is_name
from cometact_nb.views.panel.sweep_form import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.sweep.grid import Cells, Spec
    from cometact_nb.handles.session import Session

__all__ = ["about_error", "about_form", "about_service"]

#: The most inputs of a sweep to show as pictures.
PREVIEWS = 12
#: Longer addresses are data URIs.
_ADDRESS_CHARS = 2048
_MOOT = (
    "It changes nothing: the character is a video, and body control is for images (CometAPI's model page)."
)
_LOCAL = (
    "This file is on your machine. CometAPI documents https URLs only; Runway also takes files inline, so it "
    "may be refused."
)


def about_form(
    values: Mapping[str, Any],
    findings: Iterable[Finding],
    looks: Mapping[Role, Mapping[str, Inspection | None]],
    plan: tuple[Spec, Cells] | None,
    links: Mapping[str, str] | None = None,
    *,
    sandbox: bool,
) -> dict[str, Any]:
    """Describe the values of a form.

    Args:
        values: see :data:`~cometact_nb.views.panel.form.EMPTY`.
        findings: errors and warnings about them.
        looks: the inspection of each input, by role and address; None while it runs.
        plan: the valid sweep of the form with its cells, or None.
        links: the addresses that prepared files will have for the service, by theirs in the form.
        sandbox: requests stay on this machine.
    """
    sentences = by_field(findings, naming=values["sweep"])
    kinds = {values["character_type"] or infer_type(one) or "" for one in addresses("character", values)}
    kind = kinds.pop() if len(kinds) == 1 else ""
    by_role = {role: addresses(role, values) for role in INPUTS}
    links = links or {}
    return {
        "findings": sentences,
        "valid": not any(one["kind"] != "warning" for each in sentences.values() for one in each),
        "previews": {
            role: [
                _preview(role, one, values, looks[role], sandbox=sandbox) for one in by_role[role][:PREVIEWS]
            ]
            for role in INPUTS
        },
        "unseen": {role: max(0, len(by_role[role]) - PREVIEWS) for role in INPUTS},
        "inferred": "" if values["sweep"] else inferred(values),
        "moot": {"body_control": _MOOT if kind == "video" else ""},
        "consent": _consent(values, by_role, links, sandbox=sandbox),
        "code": sweep_code(*plan)
        if plan is not None
        else {}
        if values["sweep"]
        else request_code(values, links),
    }


def _consent(
    values: Mapping[str, Any], by_role: Mapping[Role, list[str]], links: Mapping[str, str], *, sandbox: bool
) -> str:
    """Write the question for the user's consent; an empty text if none is needed."""
    if any(is_local(address) and address not in links for each in by_role.values() for address in each):
        return "A file of this machine is sent inline; the sandbox takes it." if sandbox else _LOCAL
    ratios = values["axes"]["ratio"] if values["sweep"] else [values["ratio"]]
    if any(ratio is not None and ratio not in RATIOS for ratio in ratios):
        return "CometAPI does not list this ratio; the service may refuse it."
    if needs_consent(values, links):
        return "CometAPI documents https URLs only; the service may refuse it."
    return "What CometAPI does not list is allowed." if values["allow_unlisted"] else ""


def _preview(
    role: str,
    address: str,
    values: Mapping[str, Any],
    looks: Mapping[str, Inspection | None],
    *,
    sandbox: bool,
) -> dict[str, str]:
    """Describe one input: its name, its picture if a page may load it, and its facts."""
    kind = values["character_type"] if role == "character" else ""
    url = "" if is_name(address) else words.loadable(address, sandbox=sandbox)
    facts = (
        _facts(looks[address]) if address in looks else "A file of this machine." if is_local(address) else ""
    )
    return {
        "address": address if len(address) <= _ADDRESS_CHARS else "",
        "name": words.clean(words.file_name(address), 60),
        "url": url or "",
        "kind": kind or infer_type(address) or ("video" if role == "reference" else ""),
        "facts": facts,
    }


def _facts(look: Inspection | None) -> str:
    if look is None:
        return "Looking at it…"
    if look.unreachable:
        return f"It could not be looked at: {words.message(look.unreachable, 160)}"
    facts = look.facts
    lines = [
        (facts.container or "").upper(),
        f"{facts.width} × {facts.height}" if facts.width else "",
        f"{facts.duration_s:.1f} s" if facts.duration_s else "",
        words.size(facts.bytes) if facts.bytes else "",
    ]
    return " · ".join(part for part in lines if part)


def about_service(session: Session) -> dict[str, Any]:
    """Describe the present service and its price."""
    config = session.config
    price = "Sandbox: nothing is billed" if config.sandbox else f"About {config.price.estimate()}"
    return {
        "target": config.base_url,
        "sandbox": config.sandbox,
        "switchable": session.sandbox is not None or not config.sandbox,
        "samples": session.sandbox is not None,
        "key": config.is_loopback or config.api_key is not None,
        "price": words.clean(price),
        "cost": config.price.usd_per_request,
    }


def about_error(error: BaseException) -> tuple[str, str, str]:
    """Return place (a field, or the form's foot), text and kind of the message about a failed submission."""
    match error:
        case KeyboardInterrupt():
            return "", "Interrupted; what was sent goes on. It is below.", "warning"
        case UnconfirmedError(sent=False):
            message = "Nothing was sent: the same request was sent before and may be paid for."
            return "", f"{message} Settle its task below first.", "warning"
        case UnconfirmedError():
            return "", "Sent, but the answer was lost. What to do stands below; do not resend.", "warning"
        case ApprovalNeeded():
            return "", "", ""  # the offer says so
        case ConsentNeeded():
            return "", "Nothing was sent: agree above first that files of yours become public.", "error"
        case RequestError():
            return "", "Nothing was sent: see what is marked in the form.", "error"
        case ActTwoError():
            place = field_named(error.param) if isinstance(error, RefusedError) else ""
            return place, words.message(error, 600), "error"
    return "", f"This failed here ({type(error).__name__}); see the kernel's log.", "error"
