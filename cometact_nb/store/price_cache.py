"""Keeps the last look at a service's price list in the user's cache folder, for all their kernels."""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

import msgspec

from cometact_nb.domain.price_list import PriceList

__all__ = ["recall", "remember"]

_MAX_BYTES = 64_000


def recall(base_url: str) -> PriceList | None:
    """Return the last look at the list of a service; None without one, or where it cannot be read.

    Args:
        base_url: of the service.
    """
    try:
        with _place(base_url).open("rb") as file:
            listing = msgspec.json.decode(file.read(_MAX_BYTES), type=PriceList)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    return listing if listing.base_url == base_url else None


def remember(prices: PriceList) -> None:
    """Write a look, whole or not at all; a cache that cannot be written is none.

    Args:
        prices: to keep.
    """
    place = _place(prices.base_url)
    beside = place.with_suffix(f".{uuid.uuid4().hex[:8]}.tmp")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(msgspec.json.encode(prices))
            os.replace(beside, place)  # noqa: PTH105  (a rename over the old file)
        finally:
            beside.unlink(missing_ok=True)


def _place(base_url: str) -> Path:
    import platformdirs  # noqa: PLC0415  (few kernels look)

    name = hashlib.sha256(base_url.encode()).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False)) / "prices" / f"{name}.json"
