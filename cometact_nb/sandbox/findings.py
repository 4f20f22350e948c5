"""Finds the faults in a request's body that the vendor would refuse."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "findings"]

Finding = tuple[str, str, str]
"""Message, code and parameter, as ``error_body`` takes them."""

_RATIOS = ("1280:720", "720:1280", "960:960", "1104:832", "832:1104", "1584:672")
_TYPES = {"character": ("image", "video"), "reference": ("video",)}
#: https://docs.dev.runwayml.com/assets/inputs
_URL_LENGTH = 2048
#: Encoded size of a data URI, image or video: the same page, since Runway's SDK 5.18 (2026-09-01).
_DATA_URI_BYTES = 5 * 1024 * 1024
_DATA_IMAGES = ("image/jpeg", "image/jpg", "image/png", "image/webp")


def findings(body: Any) -> Iterator[Finding]:
    """Yield everything that is wrong with a body, in the vendor's order."""
    if not isinstance(body, dict):
        yield "the body is not an object", "", ""
        return
    if not body.get("model"):
        yield "model name is required", "", "model"
    elif body["model"] != "act_two":
        yield f"model {body['model']!r} is not available", "", "model"
    for name, types in _TYPES.items():
        yield from _part_findings(name, types, body.get(name))
    yield from _knob_findings(body)


def _part_findings(name: str, types: tuple[str, ...], part: Any) -> Iterator[Finding]:
    if not isinstance(part, dict) or not isinstance(part.get("uri"), str):
        yield f"{name} is required", "", name
        return
    if part.get("type") not in types:
        yield f"{name}.type must be one of {', '.join(types)}", "", f"{name}.type"
    problem = _data_problem(part) if part["uri"][:5].lower() == "data:" else _url_problem(part["uri"])
    if problem:
        yield f"{name}.uri {problem}", "", f"{name}.uri"


def _data_problem(part: dict[str, Any]) -> str:
    """Say why an input inside the request is refused; an empty string if it is not."""
    uri = part["uri"]
    if len(uri) > _DATA_URI_BYTES:
        return f"is a data URI of more than {_DATA_URI_BYTES >> 20} MB"
    kind = uri[5:].lower()
    good = kind.startswith(_DATA_IMAGES) if part.get("type") == "image" else kind.startswith("video/")
    return "" if good else f"is a data URI of an unsupported {part.get('type')} type"


def _url_problem(uri: str) -> str:
    """Say why an address is refused; an empty string if it is not.

    Plain http and numeric addresses are allowed for this machine only, since the samples have no certificate.
    """
    if len(uri) > _URL_LENGTH:
        return f"is longer than {_URL_LENGTH} characters"
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        # An invalid port raises only at access.
        good = parts.scheme in {"https", "http", "runway"} and bool(parts.netloc) and parts.port != 0
    except ValueError:
        return "must be an HTTPS URL"
    here = host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)
    if not good or (parts.scheme == "http" and not here):
        return "must be an HTTPS URL"
    return "must name its host by a domain name" if _is_ip(host) and not here else ""


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _knob_findings(body: dict[str, Any]) -> Iterator[Finding]:
    def whole(name: str, low: int, high: int) -> bool:
        value = body.get(name, low)
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    if not whole("expressionIntensity", 1, 5):
        yield "expressionIntensity must be an integer from 1 to 5", "", "expressionIntensity"
    if not whole("seed", 0, 2**32 - 1):
        yield "seed must be an integer from 0 to 4294967295", "", "seed"
    if not isinstance(body.get("bodyControl", False), bool):
        yield "bodyControl must be a boolean", "", "bodyControl"
    # Tuples, not sets: the value may be a list, which has no hash.
    if body.get("ratio", _RATIOS[0]) not in _RATIOS:
        yield f"ratio must be one of {', '.join(_RATIOS)}", "", "ratio"
    moderation = body.get("contentModeration", {})
    if not isinstance(moderation, dict) or moderation.get("publicFigureThreshold", "auto") not in (
        "auto",
        "low",
    ):
        yield "contentModeration.publicFigureThreshold must be auto or low", "", "contentModeration"
