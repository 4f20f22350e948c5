"""Reads from a signed link when it ends, as the store that signed it wrote it there. Pure.

The forms stand in the stores' own pages: docs.aws.amazon.com (Signature Version 2 and 4, CloudFront),
cloud.google.com/storage/docs/access-control/signed-urls, learn.microsoft.com (service SAS).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ends_at"]

#: Azure's times may have no seconds, or be a day alone.
_AZURE_FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d")


def ends_at(uri: str) -> float | None:
    """Return when a signed link ends, Unix seconds; None where it does not say so in a known form.

    Args:
        uri: of an input.
    """
    if not uri[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        pairs = parse_qsl(urlsplit(uri).query, max_num_fields=100)
    except ValueError:
        return None
    query = {name.lower(): value for name, value in pairs}
    for marks, end in _FORMS.items():
        if query.keys() >= set(marks.split()):
            try:
                return end(query)
            except (ValueError, OverflowError):
                return None
    return None


def _after(prefix: str) -> Callable[[dict[str, str]], float]:
    """Read a time and a number of seconds after it."""

    def end(query: dict[str, str]) -> float:
        begin = _time(query[f"{prefix}-date"], "%Y%m%dT%H%M%SZ")
        return (begin + timedelta(seconds=int(query[f"{prefix}-expires"]))).timestamp()

    return end


def _azure(query: dict[str, str]) -> float:
    for form in _AZURE_FORMS:
        try:
            return _time(query["se"], form).timestamp()
        except ValueError:
            continue
    raise ValueError(query["se"])


def _time(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)


#: How the end is read, by the parameters that show whose link it is.
_FORMS: dict[str, Callable[[dict[str, str]], float]] = {
    "x-amz-signature x-amz-date x-amz-expires": _after("x-amz"),
    "x-goog-signature x-goog-date x-goog-expires": _after("x-goog"),
    "sig sv se": _azure,
    "awsaccesskeyid signature expires": lambda query: float(int(query["expires"])),
    "googleaccessid signature expires": lambda query: float(int(query["expires"])),
    "key-pair-id signature expires": lambda query: float(int(query["expires"])),
}
