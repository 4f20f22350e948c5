"""Reads from the environment which proxy to use, as curl and requests do."""

from __future__ import annotations

import ipaddress
import logging
import re
from typing import TYPE_CHECKING
from urllib.request import getproxies

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["proxies"]

log = logging.getLogger("cometact_nb")

_HOST = re.compile(r"(?:\*?\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?(?::[0-9]{1,5})?")


def proxies(environment: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Map URL patterns, in httpx's form, to a proxy each, or to None for a direct connection.

    An entry of NO_PROXY that is no host (such as the network ``fe80::/10``) is left out, with a line in the
    log. httpx would refuse to work at all.

    Args:
        environment: proxies by scheme, with ``no`` for the exceptions; default
            :func:`urllib.request.getproxies`.
    """
    settings = getproxies() if environment is None else environment
    by_pattern: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        if settings.get(scheme):
            by_pattern[f"{scheme}://"] = (
                settings[scheme] if "://" in settings[scheme] else f"http://{settings[scheme]}"
            )
    entries = [entry.strip() for entry in re.split(r"[,\s]+", settings.get("no", "")) if entry.strip()]
    if not by_pattern or "*" in entries:
        return {}
    patterns = {entry: _pattern(entry) for entry in entries}
    left_out = [entry for entry, pattern in patterns.items() if pattern is None]
    if left_out:
        log.warning(
            "NO_PROXY: %s left out, since it is neither a host nor an address", ", ".join(left_out)[:200]
        )
    return by_pattern | dict.fromkeys(pattern for pattern in patterns.values() if pattern)


def _pattern(entry: str) -> str | None:
    """Turn an entry of NO_PROXY into a pattern: an address, or a host with all hosts below it."""
    scheme, _, host = entry.rpartition("://")
    scheme = scheme.lower() or "all"
    if scheme not in {"all", "http", "https"}:
        return None
    address, port = _split(host)
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        pass
    else:
        return f"{scheme}://[{ip}]{port}" if ip.version == 6 else f"{scheme}://{ip}{port}"  # noqa: PLR2004
    if not _HOST.fullmatch(host):
        return None
    name = host.removeprefix("*")
    return f"{scheme}://{name}" if name.lower() == "localhost" else f"{scheme}://*{name}"


def _split(host: str) -> tuple[str, str]:
    """Split an address, without its brackets, from its port with the colon."""
    match = re.fullmatch(r"\[([^\]]*)\](:[0-9]{1,5})?", host)
    if match:
        return match.group(1), match.group(2) or ""
    address, _, port = host.rpartition(":")
    return (address, f":{port}") if address.count(":") == 0 and port.isdecimal() and address else (host, "")
