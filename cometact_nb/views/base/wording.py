"""The wording of all views: harmless foreign text, numbers with units, loadable URLs."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from cometact_nb.domain import redact
from cometact_nb.domain.knobs import KNOB
from cometact_nb.domain.money import usd
from cometact_nb.domain.redact import clean
from cometact_nb.domain.service import is_loopback
from cometact_nb.domain.sizes import size
from cometact_nb.domain.url_secrets import is_signed
from cometact_nb.store.clips import links

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cometact_nb.domain.advice import Billed
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import ClipInfo, TaskState

__all__ = [
    "clean",
    "clip_facts",
    "counts",
    "duration",
    "elapsed",
    "file_name",
    "knobs",
    "label",
    "loadable",
    "message",
    "moment",
    "money",
    "place",
    "relative",
    "reported",
    "short_id",
    "size",
]


def message(text: object, limit: int = 400) -> str:
    """Clean a sentence about an outcome of keys, tokens and the queries of URLs, which may be signatures."""
    return redact.text(text, limit=limit)


def counts(by_status: Mapping[str, int], by: str = ", ") -> str:
    """Write how many cells of a sweep have each status, as ``3 succeeded, 1 not found``.

    Args:
        by_status: counts by the status's name.
        by: text to put between them.
    """
    return by.join(f"{count} {name.lower().replace('_', ' ')}" for name, count in by_status.items())


def duration(seconds: float) -> str:
    """Write seconds as ``31 s``, ``2 min 05 s``, ``1 h 02 min``."""
    whole = int(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def reported(state: TaskState) -> str:
    """Write the progress of an unfinished task as ``42 %``; an empty string without any."""
    if state.progress is None or state.status.is_terminal:
        return ""
    return f"{round(state.progress * 100)} %"


def moment(seconds: float) -> str:
    """Write Unix seconds as ``2026-05-04 12:03 UTC``; in UTC, since a notebook is read elsewhere, too."""
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def elapsed(state: TaskState, now: float) -> float | None:
    """Return the seconds from submission to the end or to ``now``; None when nobody here can know."""
    unknown = state.begun_at is None or (state.is_settled and state.ended_at is None)
    return None if unknown else state.elapsed_s(now)


def short_id(state: TaskState) -> str:
    """Return the first eight characters of the service's id, or of the local key without one."""
    return clean(state.id or state.key, 9)[:8]


def label(state: TaskState) -> str:
    """Write the status for a card's label."""
    words = state.status.value.replace("_", " ")
    unwatched = not state.watching and not state.status.is_terminal
    return f"{words} · NOT WATCHED" if unwatched else words


def knobs(request: ActTwoRequest) -> list[tuple[str, str]]:
    """List the knobs with a value, as (name, value) in words."""
    return [
        (KNOB[name].title, clean(KNOB[name].in_words(value), 40)) for name, value in request.params.items()
    ]


def clip_facts(clip: ClipInfo) -> list[str]:
    """List dimensions, frame rate, length and size of a clip, without unknown ones."""
    facts = []
    if clip.width and clip.height:
        facts.append(f"{clip.width} × {clip.height}")
    if clip.fps:
        facts.append(f"{clip.fps:.4g} fps")
    if clip.duration_s:
        facts.append(f"{clip.duration_s:.1f} s")
    facts.append(size(clip.bytes))
    return facts


def money(state: TaskState, billed: Billed, *, sandbox: bool) -> str:
    """Write the cost of a task, as far as anyone here can know, always as an estimate."""
    if sandbox:
        return "Sandbox: nothing billed"
    if billed == "no":
        return "Nothing billed"
    price = "price not known here"
    if state.price_usd is not None:
        source = f", {clean(state.price_source, 160)}" if state.price_source else ""
        price = f"about {usd(state.price_usd)} (estimate{source})"
    if billed == "yes":
        return f"Billed: {price}"
    if state.status.is_terminal or not state.watching:
        return f"Billed or not is not known: {price}"
    return f"Price: {price}"


def loadable(url: Any, *, sandbox: bool, is_saved: bool = True) -> str | None:
    """Return ``url`` if a page may load it by itself and save it.

    That is an https URL, or this machine's if the task runs in a sandbox, without a part that opens a private
    file.

    Args:
        url: an address.
        sandbox: the task runs in a sandbox.
        is_saved: False for a message to a page, which nothing saves, so that it may have a signed link.
    """
    if not isinstance(url, str) or len(url) > 2048 or clean(url, 2048) != url or " " in url:  # noqa: PLR2004
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if not host or "@" in parts.netloc or (is_saved and is_signed(url)):
        return None  # saved with the notebook, a signed link would open the file to whoever reads that
    if parts.scheme == "https" or (parts.scheme == "http" and sandbox and is_loopback(url)):
        return url
    return None


def file_name(url: str) -> str:
    """Return the last part of a URL's path, readable, or the kind of a URL without a path."""
    if url[:5].lower() == "data:":
        return f"{clean(re.split('[;,]', url[5:40])[0], 30) or 'data'}, inline"
    url = redact.bare(url)  # a token may be the last part of a path, or stand before the host
    try:
        parts = urlsplit(url[:4096])
        name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or url
    except ValueError:
        name = url
    return clean(name, 60) or "unnamed"


def relative(path: str, notebook_dir: Path) -> str | None:
    """Return ``path`` as a percent-encoded relative URL from the notebook's folder; None without one."""
    result = links.relative(path, notebook_dir)
    return None if result is None else quote(result, safe="/", errors="surrogateescape")


def place(where: str, folder: Path | None) -> str:
    """Return a file's path for people, relative to ``folder`` where possible, or its address."""
    source = relative(where, folder) if folder is not None else None
    return unquote(source) if source else where
