"""Writes a panel's form as code: magic line, Python, curl and JSON, with shortened files."""

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

#: More cells are too long to read as one curl command or one body each.
_LISTED = 24
#: A longer data URI counts as a file.
_URI_CHARS = 300


def _short_inline(address: str) -> str:
    """Shorten a file's data URI, to show a request without megabytes of text."""
    if not is_local(address):
        return address
    return f"data:{mime_of(address, 'image/png')};base64,…"


def needs_consent(values: Mapping[str, Any], links: Mapping[str, str] | None = None) -> bool:
    """Whether an input is something else than the https URLs that CometAPI documents.

    Args:
        values: of the form.
        links: see :func:`request_code`.
    """
    inputs = [
        address for role in INPUTS for address in addresses(role, values) if address not in (links or {})
    ]
    return any(is_local(address) or address.startswith(("data:", "runway:")) for address in inputs)


def request_code(values: Mapping[str, Any], links: Mapping[str, str] | None = None) -> dict[str, str]:
    """Write one request in every form; an empty mapping while it is not valid.

    Args:
        values: of the form.
        links: the addresses that prepared files will have for the service, by theirs in the form.
    """
    known = links or {}
    try:
        request = request_of(
            {**values, "allow_unlisted": True}, lambda address: known.get(address) or _short_inline(address)
        )
        request = request.replace(allow_unlisted=values["allow_unlisted"] or needs_consent(values, known))
    except RequestError:
        return {}
    return _clean(parts.forms(request))


def sweep_code(spec: Spec, cells: Cells) -> dict[str, str]:
    """Write a sweep in every form; the vendor has no sweeps, so each cell has a curl command and a body."""
    short = short_spec(spec)
    code = {"Magic": to_magic(short), "Python": to_python(short)}
    if len(cells.cells) <= _LISTED:
        short_cells = cells if short == spec else expand(short)
        requests = [cell.request for cell in short_cells.cells]
        code |= {"curl": to_curls(requests), "JSON": to_bodies(requests)}
    else:
        note = f"{len(cells.cells)} requests are too many for one each; the magic line holds them all."
        code |= {"curl": f"# {note}", "JSON": ""}
    return _clean(code)


def _clean(code: Mapping[str, str]) -> dict[str, str]:
    return {name: words.clean(text, len(text) + 1, lines=True) for name, text in code.items()}


def short_spec(spec: Spec) -> Spec:
    """Shorten the files of a sweep and remove the signatures of links; the result cannot run."""
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
