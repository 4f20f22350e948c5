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

    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.sweep import Sweep

__all__ = ["bring_reference"]

_OK = 200
#: Bytes and seconds; the vendor takes no larger reference.
_MAX_BYTES, _MAX_S = 200_000_000, 120.0


def bring_reference(sweep: Sweep, cell: Cell, folder: Path) -> Path | None:
    """Return a file of a cell's reference: its copy beside the clips, else what its link leads to now.

    Args:
        sweep: of the cell.
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
    uri = cell.request.reference.uri
    if not uri.startswith(("https://", "http://")):
        return None
    target = folder / "reference.mp4"
    there = sweep.session.run(_download(sweep, uri, target))
    return target if there and is_video(target) else None


async def _download(sweep: Sweep, uri: str, target: Path) -> bool:
    try:
        async with (
            asyncio.timeout(_MAX_S),
            sweep.session.engine.client.download(uri, sandbox=sweep.sandbox) as answer,
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
