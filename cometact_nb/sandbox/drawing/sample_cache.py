"""Caches samples on disk for the next sandbox: rendering takes seconds and gives the same files."""

from __future__ import annotations

import hashlib
import uuid
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cached_sample"]


def cached_sample(name: str, render: Callable[[], bytes]) -> bytes:
    """Return the file ``name``, rendered unless this user's cache has it from the same code.

    A folder that cannot be read or written costs only the time of rendering.
    """
    path = folder() / name
    with suppress(OSError):
        return path.read_bytes()
    content = render()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{name}.{uuid.uuid4().hex[:12]}.part")
        part.write_bytes(content)
        part.replace(path)
    return content


@cache
def folder() -> Path:
    """Return the cache's folder for this state of the drawing code."""
    import platformdirs  # noqa: PLC0415  (starting must be fast)

    drawing = hashlib.sha256("".join(version(name) for name in ("av", "pillow")).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        drawing.update(path.read_bytes())
    return (
        Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False))
        / "sandbox"
        / drawing.hexdigest()[:16]
    )
