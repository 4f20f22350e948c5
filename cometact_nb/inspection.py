"""Looks at an input as the vendor would: its headers first, then only those parts of the file that tell.

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
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from cometact_nb.domain.inspection import Inspection, MediaFacts, findings, shown
from cometact_nb.domain.media import Finding, MediaRef, check_uri, infer_type
from cometact_nb.domain.sniff import sniff
from cometact_nb.errors import ConfigError
from cometact_nb.remote import BLOCK, Limits, Look, Seen, with_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from cometact_nb.api.client import Client
    from cometact_nb.domain.inspection import Role
    from cometact_nb.domain.media import MediaType

__all__ = ["Inspector", "Limits"]

_KEPT_S = 180.0
_KEPT = 64


class Inspector:
    """Inspects inputs and remembers for three minutes what it saw.

    Args:
        limits: bounds of one inspection.
        monotonic: seconds that never jump.
    """

    def __init__(self, limits: Limits | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._monotonic = monotonic
        self._kept: OrderedDict[tuple[str, bool], tuple[float, Seen]] = OrderedDict()

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
        declared, address = _checked(given, role)
        seen = await self._seen(client, address, folder, sandbox=sandbox, fresh=fresh)
        return _judged(address, role, declared, seen)

    def known(self, ref: MediaRef, role: Role, *, sandbox: bool) -> Inspection | None:
        """What an inspection of the last three minutes found, or None: this looks at nothing itself."""
        kept = self._kept.get((ref.uri, sandbox))
        if kept is None or self._monotonic() - kept[0] >= _KEPT_S:
            return None
        return _judged(ref.uri, role, ref.type, kept[1])

    async def _seen(self, client: Client, address: str, folder: Path, *, sandbox: bool, fresh: bool) -> Seen:
        if not re.match(r"https?:", address, re.IGNORECASE):
            return await _seen_here(address, folder)
        now = self._monotonic()
        kept = self._kept.get((address, sandbox))
        if kept is not None and not fresh and now - kept[0] < _KEPT_S:
            return kept[1]
        seen = await Look(client, address, self.limits).look(sandbox=sandbox)
        if seen.unreachable is None:
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
    judged = findings(address, role, seen.facts, declared) if not asked or seen.facts.local else ()
    return Inspection(address, role, seen.facts, early + judged, seen.unchecked, seen.unreachable)


def _checked(given: object, role: object) -> tuple[MediaType | None, str]:
    """The type that a request would send, and the address."""
    if role not in {None, "character", "reference"}:
        raise ConfigError(f"role={role!r} is no role. Give 'character', 'reference', or nothing.")
    if isinstance(given, MediaRef):
        return given.type, given.uri
    if not isinstance(given, (str, os.PathLike)):
        raise ConfigError(f"{type(given).__name__} is neither a URL nor a path.")
    address = os.fsdecode(given).strip()
    return infer_type(address), address


def _shown(value: object) -> object:
    return shown(value) if isinstance(value, str) else value


async def _seen_here(address: str, folder: Path) -> Seen:
    """A data URI, a file of this machine, or something that is neither."""
    if not address or "\0" in address:
        return Seen(MediaFacts(), (Finding("input", None, "is no address", "Give an https:// URL."),))
    early = tuple(check_uri("input", MediaRef(infer_type(address) or "video", address), allow_unlisted=False))
    if address.startswith("data:"):
        content = _data(address)
        return await asyncio.to_thread(_seen_file, io.BytesIO(content), len(content), early)
    if re.match(r"[a-z][a-z0-9+.-]+:", address, re.IGNORECASE):
        return Seen(MediaFacts(), early)
    return await asyncio.to_thread(_seen_path, folder, address)


def _seen_path(folder: Path, given: str) -> Seen:
    path = Path(given)
    try:
        path = folder / path.expanduser()
        if not path.is_file():
            problem = "is no file of this machine"
            return Seen(MediaFacts(), (Finding("input", str(path), problem, "Check it, or give a URL."),))
        cure = "Host it where anyone can fetch it and give its https:// URL."
        local = Finding("input", path.name, "is a local file, which the service cannot read", cure)
        with path.open("rb") as file:
            return _seen_file(file, path.stat().st_size, (local,))
    except (OSError, ValueError, RuntimeError) as error:
        problem = f"cannot be read ({type(error).__name__})"
        return Seen(MediaFacts(), (Finding("input", str(path), problem, "Check its permissions."),))


def _seen_file(file: BinaryIO, size: int, early: tuple[Finding, ...]) -> Seen:
    facts = MediaFacts(bytes=size, local=True)
    facts, unchecked = with_content(facts, sniff(file.read(BLOCK)), file)
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
