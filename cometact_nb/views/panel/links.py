"""Signed links of a form: its state, which notebooks save, has only names for them."""

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

#: Stands for what a name leaves out; no address has it as it is.
_CUT = "…"
#: Longer texts are files.
_LINK_MAX_CHARS = 8192


def is_name(address: str) -> bool:
    """Whether an address is a name that stands for a signed link."""
    return _CUT in address and "://" in address[:20]


class Links:
    """Gives each signed link a name without its signature.

    Args:
        renewed: is called with a name that stands for another link by now.
    """

    def __init__(self, renewed: Callable[[str], None] = lambda _: None) -> None:
        self._renewed = renewed
        self._links: dict[str, str] = {}

    def hide(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a form, as a browser may have sent them, with names for signed links."""
        hidden = {**values, **self._named(values)}
        if isinstance(axes := hidden.get("axes"), dict):
            hidden["axes"] = {**axes, **self._named(axes)}
        return hidden

    def whole(self, address: str) -> str:
        """The link that a name stands for; any other address as it is.

        Raises:
            RequestError: this kernel was never given the link.
        """
        if not is_name(address) or address in self._links:
            return self._links.get(address, address)
        problem = "leaves out what signs the link, which this kernel was not given"
        raise RequestError([Finding("panel", address, problem, "Paste the whole link again.")])

    def known(self, addresses: Iterable[str]) -> dict[str, str]:
        """The links behind those addresses that are names."""
        return {name: self._links[name] for name in addresses if name in self._links}

    def _named(self, values: Mapping[str, Any]) -> dict[str, str]:
        texts = {role: values[role] for role in INPUTS if isinstance(values.get(role), str)}
        return {role: "\n".join(map(self._name, text.split("\n"))) for role, text in texts.items()}

    def _name(self, line: str) -> str:
        link = line.strip()
        if not link or len(link) > _LINK_MAX_CHARS or link[:5].lower() == "data:" or not is_signed(link):
            return line
        shown = redact.display(link)
        name = shown = shown if _CUT in shown else f"{shown}?{_CUT}"
        count = 1
        while identity_of(self._links.get(name, link)) != identity_of(link):
            count += 1
            name = f"{shown}{count}"
        before, self._links[name] = self._links.get(name), link
        if before not in {None, link}:
            self._renewed(name)
        return name
