"""What a panel tells about its form: findings beside fields, previews, code, price, where it would go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import RATIOS
from cometact_nb.domain.media import infer_type
from cometact_nb.errors import ActTwoError, ApprovalNeeded, RefusedError, RequestError, UnconfirmedError
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

#: So many inputs of a sweep are shown as pictures.
SEEN = 12
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
    swept: tuple[Spec, Cells] | None,
    *,
    sandbox: bool,
) -> dict[str, Any]:
    """What is told about the values of a form.

    Args:
        values: see :data:`~cometact_nb.views.panel.form.EMPTY`.
        findings: errors and warnings about them.
        looks: what the inspection of each input brought, by role and address; None while it runs.
        swept: the sweep that they are, None when they are no valid one.
        sandbox: whether requests stay on this machine.
    """
    told = by_field(findings, naming=values["sweep"])
    kinds = {values["character_type"] or infer_type(one) or "" for one in addresses("character", values)}
    kind = kinds.pop() if len(kinds) == 1 else ""
    given = {role: addresses(role, values) for role in INPUTS}
    return {
        "findings": told,
        "valid": not any(one["kind"] != "warning" for each in told.values() for one in each),
        "previews": {
            role: [_seen(role, one, values, looks[role], sandbox=sandbox) for one in given[role][:SEEN]]
            for role in INPUTS
        },
        "unseen": {role: max(0, len(given[role]) - SEEN) for role in INPUTS},
        "inferred": "" if values["sweep"] else inferred(values),
        "moot": {"body_control": _MOOT if kind == "video" else ""},
        "consent": _consent(values, given, sandbox=sandbox),
        "code": sweep_code(*swept) if swept is not None else {} if values["sweep"] else request_code(values),
    }


def _consent(values: Mapping[str, Any], given: Mapping[Role, list[str]], *, sandbox: bool) -> str:
    """What the user is asked to allow, an empty text when there is nothing that needs it."""
    if any(is_local(address) for each in given.values() for address in each):
        return "A file of this machine is sent inline; the sandbox takes it." if sandbox else _LOCAL
    ratios = values["axes"]["ratio"] if values["sweep"] else [values["ratio"]]
    if any(ratio is not None and ratio not in RATIOS for ratio in ratios):
        return "CometAPI does not list this ratio; the service may refuse it."
    if needs_consent(values):
        return "CometAPI documents https URLs only; the service may refuse it."
    return "What CometAPI does not list is allowed." if values["allow_unlisted"] else ""


def _seen(
    role: str,
    address: str,
    values: Mapping[str, Any],
    looks: Mapping[str, Inspection | None],
    *,
    sandbox: bool,
) -> dict[str, str]:
    """One input as it is shown: its name, its picture if that may be loaded, and what is known of it."""
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
    known = [
        (facts.container or "").upper(),
        f"{facts.width} × {facts.height}" if facts.width else "",
        f"{facts.duration_s:.1f} s" if facts.duration_s else "",
        words.size(facts.bytes) if facts.bytes else "",
    ]
    return " · ".join(part for part in known if part)


def about_service(session: Session) -> dict[str, Any]:
    """Where requests go now, and at which price."""
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
    """Where a submission's end is told (a field, or the form's foot), in which words, of which kind."""
    match error:
        case KeyboardInterrupt():
            return "", "Interrupted; what was sent goes on. It is below.", "warning"
        case UnconfirmedError(sent=False):
            told = "Nothing was sent: the same request was sent before and may be paid for."
            return "", f"{told} Settle its task below first.", "warning"
        case UnconfirmedError():
            return "", "Sent, but the answer was lost. What to do stands below; do not resend.", "warning"
        case ApprovalNeeded():
            return "", "", ""  # the offer says it
        case RequestError():
            return "", "Nothing was sent: see what is marked in the form.", "error"
        case ActTwoError():
            place = field_named(error.param) if isinstance(error, RefusedError) else ""
            return place, words.message(error, 600), "error"
    return "", f"This failed here ({type(error).__name__}); see the kernel's log.", "error"
