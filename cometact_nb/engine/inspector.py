"""Inspects an input: its headers first, as the vendor does, then only the parts of the file that matter.

Any fault of an input becomes a finding. Only a nonsense argument raises; after a network failure the question
is open.
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
from cometact_nb.engine.remote_file import BLOCK, Limits, Observation, RemoteFile
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from typing import BinaryIO

    from cometact_nb.api.client import Client
    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.domain.media import MediaType

__all__ = ["Inspector", "Limits", "inspect_file"]

#: Seconds for which an observation is remembered, and for which a submit does not ask a silent host again.
_MEMORY_S, _SILENT_S = 600.0, 60.0
MEMORY_SIZE = 64
_SLOW = "its host takes too long"
_WEB = re.compile(r"https?:", re.IGNORECASE)
#: Inspections before requests at the same time; the others of a sweep wait for their turn.
_AT_ONCE = 6
#: Inputs that are read at the same time; the rest wait for a thread.
_THREADS = 4


class Inspector:
    """Inspects inputs, and remembers its observations for ten minutes.

    Args:
        limits: of one inspection.
        monotonic: seconds that never jump.
    """

    def __init__(self, limits: Limits | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits or Limits()
        self._monotonic = monotonic
        self._memory: OrderedDict[tuple[str, bool], tuple[float, Observation]] = OrderedDict()
        self._silent: dict[str, tuple[float, str]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def inspect(
        self,
        client: Client,
        source: str | os.PathLike[str] | MediaRef,
        role: Role | None = None,
        *,
        folder: Path,
        sandbox: bool,
        fresh: bool = False,
    ) -> Inspection:
        """Look at one input; see :meth:`cometact_nb.Session.inspect`.

        Args:
            client: the shared HTTP client.
            source: URL, path, or a result of :func:`cometact_nb.image` or :func:`cometact_nb.video`.
            role: the purpose of the input; None infers it from its kind.
            folder: where a relative path starts.
            sandbox: requests go to this machine, so that http on loopback is as good as https.
            fresh: look again, without the memory.

        Raises:
            ConfigError: an argument has another type.
        """
        declared, address, here = _check_arguments(source, role)
        observation = await self._observe(
            client, address, folder, self.limits, here=here, sandbox=sandbox, fresh=fresh
        )
        return _judge(address, role, declared, observation)

    async def before_sending(
        self, client: Client, ref: MediaRef, role: Role, *, sandbox: bool, within_s: float
    ) -> Inspection | None:
        """Look at an input before it is paid for; None where there is nothing to fetch.

        It remembers good inputs, and looks at bad ones again, since they may have been mended. It does not
        wait for a silent host again within a minute.

        Args:
            client: the shared HTTP client.
            ref: the input.
            role: the purpose of the input.
            sandbox: see :meth:`inspect`.
            within_s: the most seconds for all of it.
        """
        if not _WEB.match(ref.uri):
            return None
        host = urlsplit(ref.uri).netloc
        silent = self._silent.get(host)
        if silent is not None and self._monotonic() - silent[0] < _SILENT_S:
            return Inspection(ref.uri, role, unreachable=silent[1])
        earlier = self.recall(ref, role, sandbox=sandbox)
        if earlier is not None and earlier.ok:
            return earlier
        limits = replace(self.limits, seconds=min(within_s, self.limits.seconds))
        async with self._turn:
            observation = await self._observe(
                client, ref.uri, Path(), limits, here=False, sandbox=sandbox, fresh=True
            )
        judged = _judge(ref.uri, role, ref.type, observation)
        if observation.hurried and observation.unchecked:
            judged = replace(judged, unreachable=_SLOW)
        if judged.unreachable is not None:
            self._silent = {
                **dict(list(self._silent.items())[-MEMORY_SIZE:]),
                host: (self._monotonic(), judged.unreachable),
            }
        return judged

    def recall(self, ref: MediaRef, role: Role, *, sandbox: bool) -> Inspection | None:
        """Return the inspection of the last ten minutes, or None, without any look."""
        memory = self._memory.get((ref.uri, sandbox))
        if memory is None or self._monotonic() - memory[0] >= _MEMORY_S:
            return None
        return _judge(ref.uri, role, ref.type, memory[1])

    def close(self) -> None:
        """Let its threads end, without using their results."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        self._turn = asyncio.Semaphore(_AT_ONCE)  # the old one belongs to the loop that ends

    async def _observe(
        self,
        client: Client,
        address: str,
        folder: Path,
        limits: Limits,
        *,
        here: bool,
        sandbox: bool,
        fresh: bool,
    ) -> Observation:
        if self._pool is None:  # its own threads, so that no look delays other work of the session's loop
            self._pool = ThreadPoolExecutor(_THREADS, "cometact_nb looks")
        if here or not _WEB.match(address):
            return await _observe_local(address, folder, self._pool, here=here)
        now = self._monotonic()
        memory = self._memory.get((address, sandbox))
        if memory is not None and not fresh and now - memory[0] < _MEMORY_S:
            return memory[1]
        observation = await RemoteFile(client, address, limits, self._pool).look(sandbox=sandbox)
        if observation.unreachable is None and not (observation.hurried and limits is not self.limits):
            self._memory[address, sandbox] = (now, observation)
            self._memory.move_to_end((address, sandbox))
            while len(self._memory) > MEMORY_SIZE:
                self._memory.popitem(last=False)
        return observation


def inspect_file(path: Path, role: Role | None, name: Path | None = None) -> Inspection:
    """Inspect a file of this machine at once, on the calling thread.

    Args:
        path: absolute.
        role: the purpose of the file; None infers it from its kind.
        name: the path that it will have, with the same ending; None for ``path``.
    """
    return _judge(str(name or path), role, None, _observe_path(Path(), str(path), str(name or path)))


def _judge(
    address: str, role: Role | None, declared: MediaType | None, observation: Observation
) -> Inspection:
    """Judge an observation as the vendor would."""
    if role is None and observation.facts.kind is not None:
        role = "character" if observation.facts.kind == "image" else "reference"
    early = tuple(
        replace(finding, field=role or "input", value=_safe(finding.value)) for finding in observation.early
    )
    has_no_facts = early or observation.unreachable is not None
    judged = (
        findings(role, observation.facts, declared, observation.path)
        if not has_no_facts or observation.facts.local
        else ()
    )
    return Inspection(
        address, role, observation.facts, early + judged, observation.unchecked, observation.unreachable
    )


def _check_arguments(source: object, role: object) -> tuple[MediaType | None, str, bool]:
    """Return the type that a request would send, the address, and whether it is certainly a path."""
    if role not in (None, "character", "reference"):
        raise ConfigError(f"role={role!r} is no role. Give 'character', 'reference', or nothing.")
    if isinstance(source, MediaRef):
        return source.type, source.uri, False
    if not isinstance(source, (str, os.PathLike)):
        raise ConfigError(f"{type(source).__name__} is neither a URL nor a path. Give one as text.")
    address = os.fsdecode(source) if isinstance(source, os.PathLike) else source.strip()
    return infer_type(address), address, isinstance(source, os.PathLike)


def _safe(value: object) -> object:
    return redact.display(value) if isinstance(value, str) else value


async def _observe_local(address: str, folder: Path, pool: Executor, *, here: bool) -> Observation:
    """Observe a data URI, a file of this machine, or something that is neither."""
    if not address or "\0" in address:
        return Observation(MediaFacts(), (Finding("input", None, "is no address", "Give an https:// URL."),))
    run = asyncio.get_running_loop().run_in_executor
    if here:
        return await run(pool, _observe_path, folder, address)
    early = tuple(check_uri("input", MediaRef(infer_type(address) or "video", address), allow_unlisted=False))
    if address.startswith("data:"):
        content = _data(address)
        return await run(pool, _observe_file, io.BytesIO(content), len(content), early)
    if re.match(r"[a-z][a-z0-9+.-]+:", address, re.IGNORECASE):
        return Observation(MediaFacts(), early)
    return await run(pool, _observe_path, folder, address)


def _observe_path(folder: Path, name: str, later: str = "") -> Observation:
    """Observe a file of this machine; ``later`` is the path that it will have."""
    path = Path(name)
    try:
        path = folder / path.expanduser()
        if not path.exists():
            return _no_file(path, "is no file of this machine", "Check it, or give a URL.")
        if path.is_dir():
            return _no_file(path, "is a folder", "Give a file in it.")
        if not path.is_file():  # a pipe or a device: opening it might wait for ever
            return _no_file(path, "is no ordinary file", "Give a JPEG, PNG, WebP, MP4, MOV or WebM.")
        with path.open("rb") as file:
            observation = _observe_file(file, path.stat().st_size, (published(Path(later or name).name),))
            return replace(observation, path=later or name)
    except PermissionError:
        return _no_file(path, "may not be read by you", "Change its permissions, or those of its folder.")
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        return _no_file(path, f"cannot be read ({why})", "Check it, or give a URL.")


def _no_file(path: Path, problem: str, cure: str) -> Observation:
    return Observation(MediaFacts(), (Finding("input", str(path), problem, cure),))


def _observe_file(file: BinaryIO, size: int, early: tuple[Finding, ...]) -> Observation:
    facts = MediaFacts(bytes=size, local=True, read=True)
    facts, unchecked = with_content(facts, sniff(file.read(BLOCK)), file, size)
    return Observation(facts, early, unchecked)


def _data(uri: str) -> bytes:
    head, _, body = uri.partition(",")
    raw = unquote_to_bytes(body)
    if not head.endswith(";base64"):
        return raw
    try:
        return base64.b64decode(raw)
    except binascii.Error:
        return b""
