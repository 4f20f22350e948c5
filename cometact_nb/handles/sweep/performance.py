"""Brings the inputs of a sweep to this machine, to be seen, heard and measured beside its clips."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cometact_nb.api.client import Download
from cometact_nb.domain.inputs import content_of, facts
from cometact_nb.store.clips.video import is_video
from cometact_nb.store.inputs.copies import copied

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.domain.media import MediaRef
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["bring_input", "bring_reference", "reference_of"]

_OK = 200
#: Bytes and seconds; the vendor takes no larger reference.
_MAX_BYTES, _MAX_S = 200_000_000, 120.0


def bring_reference(core: Core, cell: Cell, folder: Path) -> Path | None:
    """Return a video of a cell's reference, or None; see :func:`bring_input`."""
    reference = bring_input(core, cell, "reference", folder / "reference.mp4")
    return reference if reference is not None and is_video(reference) else None


def bring_input(core: Core, cell: Cell, role: str, target: Path) -> Path | None:
    """Return a file of a cell's input: its copy beside the clips, else what its link leads to now.

    Args:
        core: to download with.
        cell: whose input is wanted.
        role: ``"character"`` or ``"reference"``.
        target: in a folder of our own, for a download.

    Returns:
        the file, or None when there is no copy and the link leads nowhere any more.
    """
    if (job := cell.job) is not None:
        known = facts(job.state.request, job.state.input_names).get(role)
        copy = copied(job.output_dir, known.sha256 if known is not None else "")
        if copy is not None:
            return copy
    media: MediaRef | None = getattr(cell.request, role, None)
    uri = "" if media is None else media.uri
    inline = content_of(uri)
    if inline is not None:
        target.write_bytes(inline[1])
        return target
    if not uri.startswith(("https://", "http://")):
        return None
    in_sandbox = cell.job is not None and cell.job.state.in_sandbox
    return target if core.run(_download(core, uri, target, sandbox=in_sandbox)) else None


def reference_of(cell: Cell) -> MediaRef | None:
    """Return the reference of a cell; None where a task was made elsewhere."""
    reference: MediaRef | None = getattr(cell.request, "reference", None)
    return reference


async def _download(core: Core, uri: str, target: Path, *, sandbox: bool) -> bool:
    try:
        async with (
            asyncio.timeout(_MAX_S),
            core.engine.client.download(uri, sandbox=sandbox) as answer,
        ):
            if not isinstance(answer, Download) or answer.status != _OK or answer.encoding:
                return False
            with target.open("wb") as file:
                async for chunk in answer.chunks:
                    if file.tell() + len(chunk) > _MAX_BYTES:
                        return False
                    file.write(chunk)
    except (ConnectionError, TimeoutError):
        return False
    return True
