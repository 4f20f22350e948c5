"""A service: its address, its key, its clock."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from cometact_nb.domain import redact
from cometact_nb.errors import ConfigError

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_RUNWAY_VERSION",
    "Endpoint",
    "Secret",
    "is_loopback",
    "normal_base_url",
]

DEFAULT_BASE_URL = "https://api.cometapi.com"

#: Documented as required on create: apidoc.cometapi.com …/official-format/control-a-character.
DEFAULT_RUNWAY_VERSION = "2024-11-06"


class Secret:
    """A key that only :meth:`reveal` shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the key itself. Call it only where the header is written."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(set)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a key is not pickled; set COMETAPI_KEY where it is needed")


def is_loopback(url: str) -> bool:
    """Whether ``url``'s host is this machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def normal_base_url(url: str) -> str:
    """Return ``url`` without a trailing slash or ``/v1`` (the vendor's SDK has one in its default).

    Raises:
        ConfigError: not an absolute https URL (http is for loopback only).
    """
    text = str(url).strip().rstrip("/")
    text = text.removesuffix("/v1").rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, None
    if parts is None or not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ConfigError(f"base_url={url!r} is not a URL such as {DEFAULT_BASE_URL!r}.")
    if parts.username or parts.password:
        raise ConfigError("base_url holds a user name or password. Give the key as api_key instead.")
    if parts.scheme == "http" and not is_loopback(text):
        raise ConfigError(f"base_url={url!r} would send the key in the clear. Use https.")
    return text


@dataclass(frozen=True)
class Endpoint:
    """The service of one task, fixed at its submission, whatever is configured later.

    Args:
        base_url: normalised, without ``/v1``.
        api_key: None for an unknown key (a task from the history, before a key was set).
        runway_version: the ``X-Runway-Version`` header.
        time_scale: 1 for a real service; the sandbox's clock runs ``1 / time_scale`` times as fast and
            polls are spaced alike. Set only by :func:`cometact_nb.use_sandbox`, never by an answer.
        sandbox: whether this is the sandbox, where nothing is billed. Set only by
            :func:`cometact_nb.use_sandbox`: a paid gateway may have an address of this machine, too.
    """

    base_url: str
    api_key: Secret | None = None
    runway_version: str = DEFAULT_RUNWAY_VERSION
    time_scale: float = 1.0
    sandbox: bool = False

    def __repr__(self) -> str:
        parts = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self))
        return f"Endpoint({', '.join(redact.text(part, self.api_key) for part in parts)})"

    @property
    def is_loopback(self) -> bool:
        """Whether the address is one of this machine: the sandbox, a local gateway or a tunnel."""
        return is_loopback(self.base_url)
