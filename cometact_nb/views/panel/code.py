"""What a panel's form holds, as code: magic line, Python, curl and JSON. Files stand shortened in it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.media import mime_of
from cometact_nb.domain.sweep.grid import expand
from cometact_nb.domain.text.sweep_forms import to_bodies, to_curls, to_magic, to_python
from cometact_nb.errors import RequestError
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.panel.files import is_local
from cometact_nb.views.panel.form import INPUTS, request_of
from cometact_nb.views.panel.sweep_form import addresses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cometact_nb.domain.sweep.grid import Cells, Spec

__all__ = ["needs_consent", "request_code", "short_spec", "sweep_code"]

#: More cells than this are too long to be read as one curl command or one body each.
_LISTED = 24
#: A data URI longer than this is a file.
_URI_CHARS = 300


def _short_inline(address: str) -> str:
    """A stand-in for a file's data URI, for showing a request without megabytes of text."""
    if not is_local(address):
        return address
    return f"data:{mime_of(address, 'image/png')};base64,…"


def needs_consent(values: Mapping[str, Any]) -> bool:
    """Whether an input is none of the https URLs that CometAPI documents."""
    given = [address for role in INPUTS for address in addresses(role, values)]
    return any(is_local(address) or address.startswith(("data:", "runway:")) for address in given)


def request_code(values: Mapping[str, Any]) -> dict[str, str]:
    """One request in every form, an empty mapping while it is not valid."""
    try:
        request = request_of({**values, "allow_unlisted": True}, _short_inline)
        request = request.replace(allow_unlisted=values["allow_unlisted"] or needs_consent(values))
    except RequestError:
        return {}
    return _clean(parts.forms(request))


def sweep_code(spec: Spec, cells: Cells) -> dict[str, str]:
    """A sweep in every form. The vendor has no sweeps: curl and JSON are one for each cell."""
    short = short_spec(spec)
    code = {"Magic": to_magic(short), "Python": to_python(short)}
    if len(cells.cells) <= _LISTED:
        shown = cells if short == spec else expand(short)
        requests = [cell.request for cell in shown.cells]
        code |= {"curl": to_curls(requests), "JSON": to_bodies(requests)}
    else:
        told = f"{len(cells.cells)} requests are too many for one each; the magic line holds them all."
        code |= {"curl": f"# {told}", "JSON": ""}
    return _clean(code)


def _clean(code: Mapping[str, str]) -> dict[str, str]:
    return {name: words.clean(text, len(text) + 1, lines=True) for name, text in code.items()}


def short_spec(spec: Spec) -> Spec:
    """A sweep with its files shortened and without the signatures of links; it cannot be run."""
    count = itertools.count(1)

    def short(name: str, value: Any) -> Any:
        uri = value.get("uri") if name in INPUTS and isinstance(value, dict) else None
        if not isinstance(uri, str) or not uri.startswith("data:"):
            return redact.values(value)
        if len(uri) <= _URI_CHARS:
            return value
        return {**value, "uri": f"{uri[:40].partition(',')[0]},…{next(count)}"}

    fixed = {name: short(name, value) for name, value in spec.fixed.items()}
    axes = {name: [short(name, value) for value in values] for name, values in spec.axes.items()}
    if fixed == spec.fixed and axes == spec.axes:
        return spec
    return type(spec)(
        fixed=fixed, axes=axes, rows=spec.rows, replicates=spec.replicates, allow_unlisted=spec.allow_unlisted
    )
