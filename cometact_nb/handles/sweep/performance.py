"""Brings the reference performance of a sweep to this machine, to be seen and heard beside its clips."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cometact_nb.api.client import Download
from cometact_nb.domain.inputs import facts
from cometact_nb.store.clips.video import is_video
from cometact_nb.store.inputs.copies import copied

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.domain.media import MediaRef
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["bring_reference", "reference_of"]

_OK = 200
#: Bytes and seconds; the vendor takes no larger reference.
_MAX_BYTES, _MAX_S = 200_000_000, 120.0


def bring_reference(core: Core, cell: Cell, folder: Path) -> Path | None:
    """Return a file of a cell's reference: its copy beside the clips, else what its link leads to now.

    Args:
        core: to download with.
        cell: whose reference is wanted.
        folder: of our own, for a download.

    Returns:
        the file, or None when there is no copy and the link leads to no video any more.
    """
    if (job := cell.job) is not None:
        sha256 = next(
            (
                one.sha256
                for role, one in facts(job.state.request, job.state.input_names).items()
                if role == "reference"
            ),
            "",
        )
        copy = copied(job.output_dir, sha256)
        if copy is not None:
            return copy
    reference = reference_of(cell)
    uri = "" if reference is None else reference.uri
    if not uri.startswith(("https://", "http://")):
        return None
    target = folder / "reference.mp4"
    in_sandbox = cell.job is not None and cell.job.state.in_sandbox
    there = core.run(_download(core, uri, target, sandbox=in_sandbox))
    return target if there and is_video(target) else None


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
