"""Judgements as a file, to be put together with those of another notebook."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec

from cometact_nb._version import __version__
from cometact_nb.domain.sweep.judgements import ANSWERS, Judgement
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.questions import checked_rater

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["encode_judgements", "read_file", "write_file"]

_MADE_BY = "cometact_nb judgements"
_HASH = 64


class _JudgementFile(msgspec.Struct, kw_only=True):
    made_by: str
    version: str
    judgements: Annotated[list[Judgement], msgspec.Meta(max_length=1_000_000)]


def encode_judgements(judgements: Sequence[Judgement]) -> bytes:
    """Write judgements as JSON: clips by their hashes, no path and no parameter."""
    content = _JudgementFile(made_by=_MADE_BY, version=__version__, judgements=list(judgements))
    return msgspec.json.format(msgspec.json.encode(content), indent=1)


def write_file(path: Path, judgements: Sequence[Judgement], *, overwrite: bool) -> None:
    """Write a file of judgements under its name once it is whole.

    Raises:
        ConfigError: it is there already, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise ConfigError(f"{str(path)!r} is there already. Give another name, or overwrite=True.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(encode_judgements(judgements))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror or error}). Give another name, or make room."
        ) from None


def read_file(path: Path) -> list[Judgement]:
    """Read a file of judgements.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_JudgementFile)
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read ({error.strerror or error}).") from None
    except msgspec.MsgspecError as error:
        raise ConfigError(f"{str(path)!r} holds no judgements: {error}.") from None
    if content.made_by != _MADE_BY:
        raise ConfigError(f"{str(path)!r} holds no judgements. Give a file of preferences().save(…).")
    for number, one in enumerate(content.judgements, 1):
        _check(one, number, path)
    return content.judgements


def _check(one: Judgement, number: int, path: Path) -> None:
    checked_rater(one.rater)
    hashes = all(len(clip) == _HASH and set(clip) <= set("0123456789abcdef") for clip in one.pair)
    if not hashes or len(one.pair) != 2 or one.answer not in {*ANSWERS, ""} or not one.id:  # noqa: PLR2004
        raise ConfigError(
            f"{str(path)!r} holds something else than judgements: in number {number} the clips are no two "
            "hashes, or the answer is none."
        )
