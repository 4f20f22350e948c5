"""Writes numbers of bytes in words: the one megabyte of the package has 1,000,000 bytes."""

from __future__ import annotations

__all__ = ["size"]

_KB, _MB, _GB = 1000, 1_000_000, 1_000_000_000


def size(count: int) -> str:
    """Write a number of bytes as ``2.0 GB``, ``1.3 MB``, ``22 kB`` or ``7 bytes``."""
    if count >= _GB:
        return f"{count / _GB:.1f} GB"
    if count >= _MB:
        return f"{count / _MB:.1f} MB"
    return f"{count / _KB:.0f} kB" if count >= _KB else f"{count} bytes"
