"""What a panel tells about its form: findings beside fields, previews, code, price, where it would go."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.media import infer_type
from cometact_nb.domain.request import RATIOS
from cometact_nb.errors import RefusedError, RequestError
from cometact_nb.views import parts, words
from cometact_nb.views.panel_files import is_local
from cometact_nb.views.panel_form import INPUTS, by_field, field_named, inferred, request_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cometact_nb.domain.inspection import Inspection, Role
    from cometact_nb.domain.media import Finding
    from cometact_nb.errors import ActTwoError
    from cometact_nb.sessions import Session

__all__ = ["about_error", "about_form", "about_service", "short_inline"]

_MOOT = (
    "It changes nothing: the character is a video, and body control is for images (CometAPI's model page)."
)
_LOCAL = (
    "This file is on your machine. CometAPI documents https URLs only; Runway also takes files inline, so it "
    "may be refused."
)


def short_inline(address: str) -> str:
    """A stand-in for a file's data URI, for showing a request without megabytes of text."""
    if not is_local(address):
        return address
    return f"data:{mimetypes.guess_type(address.lower())[0] or 'image/png'};base64,…"


def about_form(
    values: Mapping[str, Any],
    findings: Iterable[Finding],
    looks: Mapping[Role, Inspection | None],
    *,
    sandbox: bool,
) -> dict[str, Any]:
    """What is told about the values of a form.

    Args:
        values: see :data:`~cometact_nb.views.panel_form.EMPTY`.
        findings: errors and warnings about them.
        looks: what the inspection of each input brought, by role; None while it runs.
        sandbox: whether requests stay on this machine.
    """
    told = by_field(findings)
    kind = values["character_type"] or inferred(values)
    local = {role: is_local(values[role]) for role in INPUTS}
    return {
        "findings": told,
        "valid": not any(one["kind"] != "warning" for each in told.values() for one in each),
        "previews": {role: _preview(role, values, kind, sandbox=sandbox) for role in INPUTS},
        "facts": {role: _facts(looks[role]) if role in looks else "" for role in INPUTS},
        "type": kind,
        "inferred": inferred(values),
        "moot": {"body_control": _MOOT if kind == "video" else ""},
        "local": local,
        "consent": _consent(values, local=any(local.values()), sandbox=sandbox),
        "code": _code(values),
    }


def _consent(values: Mapping[str, Any], *, local: bool, sandbox: bool) -> str:
    """What the user is asked to allow, an empty text when there is nothing that needs it."""
    if local:
        return "A file of this machine is sent inline; the sandbox takes it." if sandbox else _LOCAL
    if values["ratio"] is not None and values["ratio"] not in RATIOS:
        return "CometAPI does not list this ratio; the service may refuse it."
    if _needs_consent(values):
        return "CometAPI documents https URLs only; the service may refuse it."
    return "What CometAPI does not list is allowed." if values["allow_unlisted"] else ""


def _preview(role: str, values: Mapping[str, Any], kind: str, *, sandbox: bool) -> dict[str, str] | None:
    url = words.loadable(values[role], sandbox=sandbox)
    kind = kind if role == "character" else infer_type(values[role]) or "video"
    return {"url": url, "kind": kind} if url and kind else None


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


def _code(values: Mapping[str, Any]) -> dict[str, str]:
    """The request in every form, an empty mapping while it is not valid. Files stand shortened."""
    try:
        request = request_of({**values, "allow_unlisted": True}, short_inline)
        request = request.replace(allow_unlisted=values["allow_unlisted"] or _needs_consent(values))
    except RequestError:
        return {}
    return {name: words.clean(text, len(text) + 1, lines=True) for name, text in parts.forms(request).items()}


def _needs_consent(values: Mapping[str, Any]) -> bool:
    return any(is_local(values[role]) or values[role].startswith(("data:", "runway:")) for role in INPUTS)


def about_service(session: Session) -> dict[str, Any]:
    """Where requests go now, and at which price."""
    config = session.config
    price = "Sandbox: nothing is billed" if config.sandbox else f"About {config.price.estimate()}"
    return {
        "target": config.base_url,
        "sandbox": config.sandbox,
        "switchable": session.sandbox is not None or not config.sandbox,
        "samples": session.sandbox is not None,
        "key": config.sandbox or config.api_key is not None,
        "price": words.clean(price),
    }


def about_error(error: ActTwoError) -> tuple[str, str]:
    """Where an error of a submission is told, the field that the answer names or the form's foot, and how."""
    if isinstance(error, RequestError):
        return "", "Nothing was sent: see what is marked in the form."
    place = field_named(error.param) if isinstance(error, RefusedError) else ""
    return place, words.message(error, 600)
