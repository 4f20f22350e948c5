"""What the vendor would refuse in the body of a request."""

from __future__ import annotations

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


def findings(body: Any) -> Iterator[Finding]:
    """All that is wrong with a body, the first first."""
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
    uri = part["uri"]
    if not _is_uri(uri):
        yield f"{name}.uri must be an HTTPS URL", "", f"{name}.uri"
    elif not uri.startswith("data:") and len(uri) > _URL_LENGTH:
        yield f"{name}.uri is longer than {_URL_LENGTH} characters", "", f"{name}.uri"


def _is_uri(uri: str) -> bool:
    """Whether it is of a documented kind; plain http too, since the samples here have no certificate."""
    try:
        parts = urlsplit(uri)
        # An invalid port raises only when it is asked for.
        return parts.scheme == "data" or (
            parts.scheme in {"https", "http", "runway"} and bool(parts.netloc) and parts.port != 0
        )
    except ValueError:
        return False


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
    # Tuples, not sets: what is looked for may be a list, which has no hash.
    if body.get("ratio", _RATIOS[0]) not in _RATIOS:
        yield f"ratio must be one of {', '.join(_RATIOS)}", "", "ratio"
    moderation = body.get("contentModeration", {})
    if not isinstance(moderation, dict) or moderation.get("publicFigureThreshold", "auto") not in (
        "auto",
        "low",
    ):
        yield "contentModeration.publicFigureThreshold must be auto or low", "", "contentModeration"
