"""Turns a panel's form in sweep mode into a sweep's arguments, and back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import KNOBS, title_of
from cometact_nb.domain.media import Finding, MediaRef, infer_type
from cometact_nb.domain.sweep.grid import Spec, expand, specify
from cometact_nb.domain.text.several import read_several, write_several
from cometact_nb.domain.text.sweep_forms import one_type, values_of_spec
from cometact_nb.errors import RequestError
from cometact_nb.views.panel.form import INPUTS, TYPED, normal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cometact_nb.domain.sweep.grid import Cells

__all__ = ["TAKES", "Grid", "addresses", "fields_of", "form_of", "title_in_form", "with_input"]

#: The form's name for the replicates of a sweep.
TAKES = "Takes of each"


def title_in_form(name: str) -> str:
    """Return the form's name for an axis of a sweep."""
    return TAKES if name == "replicate" else title_of(name)


def addresses(role: str, values: Mapping[str, Any]) -> list[str]:
    """List the addresses of an input in a form, each once."""
    text = values["axes"][role] if values["sweep"] else values[role]
    return list(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))


def with_input(values: Mapping[str, Any], role: str, address: str, *, more: bool = False) -> dict[str, Any]:
    """Return the form's values with another input.

    Args:
        values: of the form.
        role: of the input.
        address: of the input.
        more: in sweep mode, keep the present ones.
    """
    lines = [*addresses(role, values), address] if more else [address]
    axes = {**values["axes"], role: "\n".join(lines)} if values["sweep"] else {}
    return {**values, role: address, "axes": axes}


def fields_of(
    values: Mapping[str, Any],
    inline: Callable[[str], str] = str,
    kinds: Mapping[str, str | None] | None = None,
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the arguments of :meth:`Session.sweep` for a form in sweep mode.

    Args:
        values: see :data:`cometact_nb.views.panel.form.EMPTY`.
        inline: turns an address of this machine into a data URI, and returns other addresses as they are.
        kinds: types of characters whose names do not show them, by address.

    Returns:
        the arguments without fields that cannot be read, and the faults of those fields. The faults of
        requests come from :func:`cometact_nb.domain.sweep.grid.expand`.
    """
    problems: list[Finding] = []
    fields: dict[str, Any] = {}
    for name in INPUTS:
        fields[name] = refs = []
        for address in addresses(name, values):
            try:
                refs.append(_ref(name, address, inline(address), values, kinds or {}))
            except RequestError as error:
                problems += [replace(finding, field=name) for finding in error.findings]
    for knob in KNOBS:
        entry = values["axes"][knob.name]
        try:
            fields[knob.name] = read_several(knob.name, entry) if entry and knob.name in TYPED else entry
        except RequestError as error:
            problems += error.findings
    replicates = values["replicates"]
    try:
        specify({}, replicates=replicates)
    except RequestError as error:
        problems += error.findings
        replicates = 1
    several = {name: entry[0] if len(entry) == 1 else entry for name, entry in fields.items() if entry}
    options = {"replicates": replicates, "allow_unlisted": values["allow_unlisted"]}
    return {name: value for name, value in several.items() if value is not None} | options, problems


def _ref(
    name: str, address: str, inlined: str, values: Mapping[str, Any], kinds: Mapping[str, str | None]
) -> Any:
    if name != "character":
        return inlined
    kind: Any = values["character_type"] or infer_type(inlined) or kinds.get(address)
    return MediaRef(kind, inlined)


class Grid:
    """The cells of the last form in sweep mode, expanded again only when it was changed."""

    def __init__(self) -> None:
        self._last: tuple[Spec, Cells | RequestError] | None = None

    def cells(self, fields: Mapping[str, Any]) -> tuple[Spec, Cells]:
        """A sweep's specification and its cells.

        Args:
            fields: see :func:`fields_of`.

        Raises:
            RequestError: with everything that is wrong about any of them.
        """
        rest = {name: value for name, value in fields.items() if name not in {"replicates", "allow_unlisted"}}
        spec = specify(rest, replicates=fields["replicates"], allow_unlisted=fields["allow_unlisted"])
        last = self._last
        if last is None or last[0] != spec:
            try:
                last = (spec, expand(spec))
            except RequestError as error:
                last = (spec, error)
            self._last = last
        if isinstance(last[1], RequestError):
            raise RequestError(last[1].findings)
        return spec, last[1]


def form_of(spec: Spec) -> dict[str, Any]:
    """The form's values for a sweep.

    Raises:
        RequestError: the form cannot hold it: its cells are no grid, or its characters are of two types that
            their URLs do not tell.
    """
    spec_values = values_of_spec(spec)
    values: dict[str, Any] = {
        "sweep": True,
        "replicates": spec.replicates,
        "allow_unlisted": spec.allow_unlisted,
    }
    axes: dict[str, Any] = {}
    for name, several in spec_values.items():
        if name in INPUTS:
            axes[name] = "\n".join(str(one.uri if isinstance(one, MediaRef) else one) for one in several)
            refs = [one for one in several if isinstance(one, MediaRef)]
            if name == "character" and refs and one_type(name, refs):
                values["character_type"] = refs[0].type
            values[name] = axes[name].partition("\n")[0]
        else:
            axes[name] = write_several(several) if name in TYPED else several
            values[name] = several[0]
    return normal({**values, "axes": axes})
