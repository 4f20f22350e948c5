"""Which proxy the environment asks for, read as curl and requests read it."""

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
    """URL patterns, as httpx has them, with the proxy for each; None where there is to be none.

    An entry of NO_PROXY that is no host (such as the network ``fe80::/10``) is left out, with a line in the
    log. httpx would refuse to work at all.

    Args:
        environment: scheme and ``no`` to what is set; default :func:`urllib.request.getproxies`.
    """
    found = getproxies() if environment is None else environment
    chosen: dict[str, str | None] = {}
    for scheme in ("http", "https", "all"):
        if found.get(scheme):
            chosen[f"{scheme}://"] = found[scheme] if "://" in found[scheme] else f"http://{found[scheme]}"
    entries = [entry.strip() for entry in re.split(r"[,\s]+", found.get("no", "")) if entry.strip()]
    if not chosen or "*" in entries:
        return {}
    patterns = {entry: _pattern(entry) for entry in entries}
    left_out = [entry for entry, pattern in patterns.items() if pattern is None]
    if left_out:
        log.warning("NO_PROXY: %s left out, no host that can be compared", ", ".join(left_out)[:200])
    return chosen | dict.fromkeys(pattern for pattern in patterns.values() if pattern)


def _pattern(entry: str) -> str | None:
    """The pattern of one entry of NO_PROXY: an address, or a host with all hosts below it."""
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
    """An address, out of its brackets, and its port with the colon."""
    found = re.fullmatch(r"\[([^\]]*)\](:[0-9]{1,5})?", host)
    if found:
        return found.group(1), found.group(2) or ""
    address, _, port = host.rpartition(":")
    return (address, f":{port}") if address.count(":") == 0 and port.isdecimal() and address else (host, "")
