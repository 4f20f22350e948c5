"""Replaces signed links in a form by names, since notebooks save the form's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.media import Finding
from cometact_nb.domain.url_secrets import is_signed
from cometact_nb.errors import RequestError
from cometact_nb.views.panel.form import INPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Links", "is_name"]

#: Stands in a name for the missing part; no address has it.
_CUT = "…"
#: A longer text is a file.
_LINK_MAX_CHARS = 8192


def is_name(address: str) -> bool:
    """Whether an address is the name of a signed link."""
    return _CUT in address and "://" in address[:20]


class Links:
    """Gives each signed link a name without its signature.

    Args:
        renewed: called with a name that has a new link.
    """

    def __init__(self, renewed: Callable[[str], None] = lambda _: None) -> None:
        self._renewed = renewed
        self._links: dict[str, str] = {}

    def hide(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Replace signed links in a form's values, even in a browser's, by names."""
        hidden = {**values, **self._names(values)}
        if isinstance(axes := hidden.get("axes"), dict):
            hidden["axes"] = {**axes, **self._names(axes)}
        return hidden

    def whole(self, address: str) -> str:
        """Return the link of a name; any other address as it is.

        Raises:
            RequestError: this kernel does not have the link.
        """
        if not is_name(address) or address in self._links:
            return self._links.get(address, address)
        problem = "leaves out what signs the link, which this kernel was not given"
        raise RequestError([Finding("panel", address, problem, "Paste the whole link again.")])

    def links_of(self, addresses: Iterable[str]) -> dict[str, str]:
        """Return the links of all names among the addresses."""
        return {name: self._links[name] for name in addresses if name in self._links}

    def _names(self, values: Mapping[str, Any]) -> dict[str, str]:
        texts = {role: values[role] for role in INPUTS if isinstance(values.get(role), str)}
        return {role: "\n".join(map(self._name, text.split("\n"))) for role, text in texts.items()}

    def _name(self, line: str) -> str:
        link = line.strip()
        if not link or len(link) > _LINK_MAX_CHARS or link[:5].lower() == "data:" or not is_signed(link):
            return line
        label = redact.display(link)
        name = label = label if _CUT in label else f"{label}?{_CUT}"
        count = 1
        while identity_of(self._links.get(name, link)) != identity_of(link):
            count += 1
            name = f"{label}{count}"
        before, self._links[name] = self._links.get(name), link
        if before not in {None, link}:
            self._renewed(name)
        return name
