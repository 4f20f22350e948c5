"""The JSON beside each clip: its request, its facts, and the hash that shows whether it is whole.

It can be shared like the clip: it holds no key and no signature of a URL.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb._version import __version__
from cometact_nb.domain import redact
from cometact_nb.domain.inputs import InputFacts, facts
from cometact_nb.domain.task import ClipInfo  # noqa: TC001  (the sidecar is decoded by it)
from cometact_nb.domain.url_secrets import is_signed

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.domain.task import TaskState

__all__ = ["Sidecar", "TaskFacts", "decode", "encode", "make", "read"]

_MADE_BY = "cometact_nb "
#: A larger record was not written by this package.
_MAX_BYTES = 1 << 20


class TaskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The task that made a clip.

    Args:
        id: the service's id.
        key: the local identity.
        base_url: the service.
        submitted_at: Unix seconds, this machine's clock, like ``ended_at``.
        created_at: Unix seconds, the vendor's clock.
        ended_at: when this machine learnt of the end.
        price_usd: the price of the request at its submission, in US dollars.
        sandbox: whether it was made in the sandbox; None in files of earlier versions.
    """

    id: str | None = None
    key: str = ""
    base_url: str = ""
    submitted_at: float | None = None
    created_at: float | None = None
    ended_at: float | None = None
    price_usd: float | None = None
    sandbox: bool | None = None


class Sidecar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of the JSON beside a clip.

    Args:
        made_by: the package and its version.
        task: the task that made it.
        request: the body as it was sent, with signatures of its inputs' URLs cut off; None for a task made
            elsewhere.
        inputs: names, sizes and hashes of the inputs, by role.
        unsigned: the inputs whose URL lost its signature here: ``"character"``, ``"reference"``.
        allow_unlisted: the request was made with it.
        clip: the file; ``path`` and ``poster`` are names in the sidecar's own folder.
        poster_sha256: hash of the poster, hexadecimal.
    """

    made_by: str
    task: TaskFacts
    request: dict[str, Any] | None
    clip: ClipInfo
    inputs: dict[str, InputFacts] = {}
    unsigned: tuple[str, ...] = ()
    allow_unlisted: bool = False
    poster_sha256: str | None = None

    @property
    def version(self) -> str:
        """The version of this package that wrote it."""
        return self.made_by.removeprefix(_MADE_BY)


def make(state: TaskState, clip: ClipInfo, poster_sha256: str | None) -> Sidecar:
    """Make the sidecar of the clip at ``clip.path``."""
    request, cut = _without_signatures(state.request)
    names = {
        "path": PurePosixPath(clip.path.replace("\\", "/")).name,
        "poster": PurePosixPath(clip.poster.replace("\\", "/")).name if clip.poster else None,
    }
    return Sidecar(
        made_by=f"{_MADE_BY}{__version__}",
        task=TaskFacts(**{name: getattr(state, name) for name in TaskFacts.__struct_fields__}),
        request=request,
        inputs=facts(state.request, state.input_names),
        unsigned=cut,
        allow_unlisted=state.allow_unlisted,
        clip=msgspec.structs.replace(clip, **names),
        poster_sha256=poster_sha256,
    )


def encode(sidecar: Sidecar) -> bytes:
    """Write a sidecar as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(sidecar))


def decode(content: bytes) -> Sidecar | None:
    """Read a sidecar of this package, also of a newer version; None for any other content."""
    try:
        sidecar = msgspec.json.decode(content, type=Sidecar)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return sidecar if sidecar.made_by.startswith(_MADE_BY) else None


def read(path: Path) -> Sidecar | None:
    """Read the file of a sidecar; None for what this package did not write, such as a pipe.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file():  # to read a pipe would wait for ever
        return None
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    return decode(content) if len(content) <= _MAX_BYTES else None


def _without_signatures(request: dict[str, Any] | None) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    if request is None:
        return None, ()
    body, cut = dict(request), []
    for name in ("character", "reference"):
        value = request.get(name)
        if isinstance(value, dict) and _opens(str(value.get("uri", ""))):
            body[name] = {**value, "uri": redact.bare(value["uri"])}
            cut.append(name)
    return body, tuple(cut)


def _opens(uri: str) -> bool:
    return not uri.lower().startswith("data:") and is_signed(uri)
