"""Looks at a published file as the vendor would: HEAD without a redirect, then a part of it by Range.

What the vendor asks of a link: docs.dev.runwayml.com/assets/inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.api.flow import Answer
from cometact_nb.domain.media import URL_MAX_CHARS

if TYPE_CHECKING:
    from cometact_nb.api.client import Client
    from cometact_nb.engine.job import Clock

__all__ = ["PART_BYTES", "problem_of"]

#: Bytes at the end of the file that are compared.
PART_BYTES = 64 * 1024
_ANSWER_S = 20.0
#: Seconds before further looks at a file that a host does not show yet.
_AGAIN_S = (0.5, 1.5)
_OK, _PARTIAL, _NOT_FOUND = 200, 206, 404


async def problem_of(client: Client, url: str, mime: str, size: int, end: bytes, clock: Clock) -> str:
    """Say why the vendor could not use a published file; an empty string if it can.

    Args:
        client: sends no key.
        url: of the file, with its signature.
        mime: the media type that it must have.
        size: its number of bytes.
        end: its last bytes, up to ``PART_BYTES``.
        clock: for the pause before another look.
    """
    if len(url) > URL_MAX_CHARS:
        return f"its link has {len(url)} characters, and the vendor takes {URL_MAX_CHARS}"
    problem = await _head(client, url, mime, size)
    for pause in _AGAIN_S:
        if f"HTTP {_NOT_FOUND}" not in problem:
            break
        await clock.sleep(pause)
        problem = await _head(client, url, mime, size)
    return problem or await _content(client, url, size, end)


async def _head(client: Client, url: str, mime: str, size: int) -> str:
    answer = await client.head(url, _ANSWER_S, as_vendor=True)
    if not isinstance(answer, Answer):
        return f"its link does not answer ({answer.reason})"
    if 300 <= answer.status < 400:  # noqa: PLR2004
        return f"its link redirects (HTTP {answer.status}), which the vendor does not follow"
    if answer.status != _OK:
        return f"its link answers HEAD with HTTP {answer.status}"
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != mime:
        return f"its link says Content-Type {kind or 'nothing'}, and not {mime}"
    length = answer.headers.get("content-length", "")
    if length != str(size):
        return f"its link says Content-Length {length or 'nothing'}, and the file has {size} bytes"
    if answer.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return "its link sends the file packed (Content-Encoding)"
    return ""


async def _content(client: Client, url: str, size: int, end: bytes) -> str:
    start = size - len(end)
    answer = await client.read_range(url, start, len(end), _ANSWER_S, as_vendor=True)
    if not isinstance(answer, Answer):
        return f"its link does not answer ({answer.reason})"
    if answer.status == _OK and start:  # it sends the whole file: what came is its beginning
        return ""
    if answer.status not in {_OK, _PARTIAL}:
        return f"its link answers GET with HTTP {answer.status}"
    return "" if answer.content == end else "its link gives other bytes than the file has"
