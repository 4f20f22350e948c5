"""Looks at an input: its headers first, as the vendor does, then only those parts of the file that tell.

Whatever is wrong with an input becomes a finding. Nothing raises but a nonsense argument, and a network that
fails leaves the question open.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import os
import re
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

from cometact_nb.domain import redact
from cometact_nb.domain.inspection.facts import Inspection, MediaFacts
from cometact_nb.domain.inspection.findings import findings, published
from cometact_nb.domain.inspection.sniff import sniff
from cometact_nb.domain.media import Finding, MediaRef, check_uri, infer_type
from cometact_nb.engine.contents import with_content
from cometact_nb.engine.remote_file import BLOCK, Limits, Look, Seen
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from typing import BinaryIO

    from cometact_nb.api.client import Client
    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.domain.media import MediaType

__all__ = ["Inspector", "Limits"]

#: How long what was seen is remembered, and for how long a host that gave no answer is not asked again by a
#: submit, seconds.
_KEPT_S, _SILENT_S = 600.0, 60.0
_KEPT = 64
_SLOW = "its host takes too long"
_WEB = re.compile(r"https?:", re.IGNORECASE)
#: Looks before a request that are under way at once; of a sweep's many the others wait for their turn.
_AT_ONCE = 6
#: Inputs that are read at once; the rest wait for a thread.
_THREADS = 4


class Inspector:
    """Inspects inputs and remembers for ten minutes what it saw.

    Args:
        limits: bounds of one inspection.
        monotonic: seconds that never jump.
    """

    def __init__(self, limits: Limits | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._monotonic = monotonic
        self._kept: OrderedDict[tuple[str, bool], tuple[float, Seen]] = OrderedDict()
        self._silent: dict[str, tuple[float, str]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def inspect(
        self,
        client: Client,
        given: str | os.PathLike[str] | MediaRef,
        role: Role | None = None,
        *,
        folder: Path,
        sandbox: bool,
        fresh: bool = False,
    ) -> Inspection:
        """Look at one input; see :meth:`cometact_nb.Session.inspect`.

        Args:
            client: the shared HTTP client.
            given: URL, path, or what :func:`cometact_nb.image` and :func:`cometact_nb.video` give.
            role: what it is to be used as; None infers it from what it is.
            folder: where a relative path starts.
            sandbox: whether requests go to this machine, so that http on loopback is as good as https.
            fresh: look again, whatever is remembered.

        Raises:
            ConfigError: an argument of another kind.
        """
        declared, address, here = _checked(given, role)
        seen = await self._seen(client, address, folder, self.limits, here=here, sandbox=sandbox, fresh=fresh)
        return _judged(address, role, declared, seen)

    async def before_sending(
        self, client: Client, ref: MediaRef, role: Role, *, sandbox: bool, within_s: float
    ) -> Inspection | None:
        """Look at an input that is about to be paid for; None where there is nothing to fetch.

        What was seen to be good is remembered; what was seen to be bad is looked at again, since it may have
        been mended. A host that gave no answer is not waited for again within a minute.

        Args:
            client: the shared HTTP client.
            ref: the input.
            role: what it is to be used as.
            sandbox: see :meth:`inspect`.
            within_s: seconds that all of it may take.
        """
        if not _WEB.match(ref.uri):
            return None
        host = urlsplit(ref.uri).netloc
        silent = self._silent.get(host)
        if silent is not None and self._monotonic() - silent[0] < _SILENT_S:
            return Inspection(ref.uri, role, unreachable=silent[1])
        known = self.known(ref, role, sandbox=sandbox)
        if known is not None and known.ok:
            return known
        limits = replace(self.limits, seconds=min(within_s, self.limits.seconds))
        async with self._turn:
            seen = await self._seen(client, ref.uri, Path(), limits, here=False, sandbox=sandbox, fresh=True)
        judged = _judged(ref.uri, role, ref.type, seen)
        if seen.hurried and seen.unchecked:
            judged = replace(judged, unreachable=_SLOW)
        if judged.unreachable is not None:
            self._silent = {
                **dict(list(self._silent.items())[-_KEPT:]),
                host: (self._monotonic(), judged.unreachable),
            }
        return judged

    def known(self, ref: MediaRef, role: Role, *, sandbox: bool) -> Inspection | None:
        """What an inspection of the last ten minutes saw, or None: this looks at nothing itself."""
        kept = self._kept.get((ref.uri, sandbox))
        if kept is None or self._monotonic() - kept[0] >= _KEPT_S:
            return None
        return _judged(ref.uri, role, ref.type, kept[1])

    def close(self) -> None:
        """Let its threads end; what they read meanwhile is of no use any more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        self._turn = asyncio.Semaphore(_AT_ONCE)  # the old one belongs to the loop that ends

    async def _seen(
        self,
        client: Client,
        address: str,
        folder: Path,
        limits: Limits,
        *,
        here: bool,
        sandbox: bool,
        fresh: bool,
    ) -> Seen:
        if self._pool is None:  # of its own, so that no look holds up what else the session's loop hands out
            self._pool = ThreadPoolExecutor(_THREADS, "cometact_nb looks")
        if here or not _WEB.match(address):
            return await _seen_here(address, folder, self._pool, here=here)
        now = self._monotonic()
        kept = self._kept.get((address, sandbox))
        if kept is not None and not fresh and now - kept[0] < _KEPT_S:
            return kept[1]
        seen = await Look(client, address, limits, self._pool).look(sandbox=sandbox)
        if seen.unreachable is None and not (seen.hurried and limits is not self.limits):
            self._kept[address, sandbox] = (now, seen)
            self._kept.move_to_end((address, sandbox))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return seen


def _judged(address: str, role: Role | None, declared: MediaType | None, seen: Seen) -> Inspection:
    """What the vendor would say of what was seen."""
    if role is None and seen.facts.kind is not None:
        role = "character" if seen.facts.kind == "image" else "reference"
    early = tuple(
        replace(finding, field=role or "input", value=_shown(finding.value)) for finding in seen.early
    )
    asked = early or seen.unreachable is not None
    judged = findings(role, seen.facts, declared) if not asked or seen.facts.local else ()
    return Inspection(address, role, seen.facts, early + judged, seen.unchecked, seen.unreachable)


def _checked(given: object, role: object) -> tuple[MediaType | None, str, bool]:
    """The type that a request would send, the address, and whether it is a path for certain."""
    if role not in {None, "character", "reference"}:
        raise ConfigError(f"role={role!r} is no role. Give 'character', 'reference', or nothing.")
    if isinstance(given, MediaRef):
        return given.type, given.uri, False
    if not isinstance(given, (str, os.PathLike)):
        raise ConfigError(f"{type(given).__name__} is neither a URL nor a path.")
    address = os.fsdecode(given) if isinstance(given, os.PathLike) else given.strip()
    return infer_type(address), address, isinstance(given, os.PathLike)


def _shown(value: object) -> object:
    return redact.shown(value) if isinstance(value, str) else value


async def _seen_here(address: str, folder: Path, pool: Executor, *, here: bool) -> Seen:
    """A data URI, a file of this machine, or something that is neither."""
    if not address or "\0" in address:
        return Seen(MediaFacts(), (Finding("input", None, "is no address", "Give an https:// URL."),))
    run = asyncio.get_running_loop().run_in_executor
    if here:
        return await run(pool, _seen_path, folder, address)
    early = tuple(check_uri("input", MediaRef(infer_type(address) or "video", address), allow_unlisted=False))
    if address.startswith("data:"):
        content = _data(address)
        return await run(pool, _seen_file, io.BytesIO(content), len(content), early)
    if re.match(r"[a-z][a-z0-9+.-]+:", address, re.IGNORECASE):
        return Seen(MediaFacts(), early)
    return await run(pool, _seen_path, folder, address)


def _seen_path(folder: Path, given: str) -> Seen:
    path = Path(given)
    try:
        path = folder / path.expanduser()
        if not path.exists():
            return _no_file(path, "is no file of this machine", "Check it, or give a URL.")
        if path.is_dir():
            return _no_file(path, "is a folder", "Give a file in it.")
        if not path.is_file():  # a pipe or a device: opening it might wait for ever
            return _no_file(path, "is no ordinary file", "Give a JPEG, PNG, WebP, MP4, MOV or WebM.")
        with path.open("rb") as file:
            return _seen_file(file, path.stat().st_size, (published(path.name),))
    except PermissionError:
        return _no_file(path, "may not be read by you", "Change its permissions, or those of its folder.")
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return _no_file(path, f"cannot be read ({why})", "Check it, or give a URL.")


def _no_file(path: Path, problem: str, cure: str) -> Seen:
    return Seen(MediaFacts(), (Finding("input", str(path), problem, cure),))


def _seen_file(file: BinaryIO, size: int, early: tuple[Finding, ...]) -> Seen:
    facts = MediaFacts(bytes=size, local=True, read=True)
    facts, unchecked = with_content(facts, sniff(file.read(BLOCK)), file, size)
    return Seen(facts, early, unchecked)


def _data(uri: str) -> bytes:
    head, _, body = uri.partition(",")
    raw = unquote_to_bytes(body)
    if not head.endswith(";base64"):
        return raw
    try:
        return base64.b64decode(raw)
    except binascii.Error:
        return b""
