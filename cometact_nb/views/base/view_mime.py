"""Describes an output to this package's extension of JupyterLab, which draws it without a kernel.

The description names the view and its task or sweep by their keys, never a link, a path of this machine or a
secret: it is saved with the notebook. Front ends without the extension show the HTML beside it.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from cometact_nb.store.clips import links
from cometact_nb.store.clips.media import clip_stem

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.domain.task import TaskState

__all__ = ["VIEW_MIME", "sweep_key", "task_place", "view_data"]

VIEW_MIME = "application/vnd.cometact-nb.view+json"


def sweep_key(name: str, base_url: str) -> str:
    """Return the identity of a sweep: 16 hexadecimal digits.

    Args:
        name: of the sweep.
        base_url: its service.
    """
    return hashlib.sha256(f"{name}\0{base_url}".encode()).hexdigest()[:16]


def task_place(state: TaskState, output: Path | str, page: Path) -> dict[str, Any]:
    """Name a task, and the files that its clip has or will have, as far as a page can find them.

    Args:
        state: the task.
        output: the folder or the store of its clips.
        page: the folder of the notebook.
    """
    names: dict[str, Any] = {"key": state.key, "id": state.id}
    clip = state.clip
    if clip is not None and clip.url is None:
        where = links.relative(clip.path, page)
    elif clip is None and not isinstance(output, str) and state.id is not None and state.begun_at is not None:
        where = links.relative(str(output / f"{clip_stem(state)}.mp4"), page)
    else:
        where = None
    if where is None or PurePosixPath(where).is_absolute():
        return names
    path = PurePosixPath(where)
    return {**names, "folder": str(path.parent), "stem": path.stem}


def view_data(kind: str, **facts: Any) -> dict[str, Any]:
    """Return the description of an output by its MIME type.

    Args:
        kind: ``task``, ``sweep``, ``gallery``, ``history``, ``panel`` or ``inspection``.
        facts: its ``key`` and ``id``; the ``folder`` of its clip from the notebook's, and the ``stem`` of its
            files; the ``model_id`` of a live view; ``final`` for a record once nothing more can happen.
    """
    as_of = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    known = {name: value for name, value in facts.items() if value not in (None, "", False)}
    return {VIEW_MIME: {"version": 1, "kind": kind, **known, "as_of": as_of}}
