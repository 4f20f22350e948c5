"""Answers whether the vendor would take a file of the server, which it finds by the contents manager."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.utils import ApiPath, to_os_path
from tornado import web

from cometact_nb.engine.inspector import inspect_file
from cometact_nb.entry.server.answers import DoctorAnswer

if TYPE_CHECKING:
    from cometact_nb.domain.inspection.facts import Role

__all__ = ["examine", "file_of"]

_NONE = "The server has no such file."


async def file_of(contents: Any, path: str) -> Path:
    """Return the file at a path of the contents manager.

    Args:
        contents: the server's contents manager.
        path: relative to its root, with slashes.

    Raises:
        HTTPError: 404 for no file, a hidden one, or one that leads out of the root; 501 where the contents
            are no files of this machine.
    """
    root = getattr(contents, "root_dir", None)
    if not root:
        raise web.HTTPError(501, "The files of this server are no files of its machine.")
    path = path.strip("/")
    if not path or "\0" in path or any(part.startswith(".") or "\\" in part for part in path.split("/")):
        raise web.HTTPError(404, _NONE)
    try:
        if await ensure_async(contents.is_hidden(path)) or not await ensure_async(contents.file_exists(path)):
            raise web.HTTPError(404, _NONE)
        await ensure_async(
            contents.get(path, content=False, type="file")
        )  # its own checks, whatever they are
        file = await asyncio.to_thread(_inside, Path(root), Path(to_os_path(ApiPath(path), root)))
    except (OSError, ValueError):  # such as a name that is too long
        raise web.HTTPError(404, _NONE) from None
    if file is None:
        raise web.HTTPError(404, _NONE)
    return file


def _inside(root: Path, path: Path) -> Path | None:
    """Return a file without links; None where it leads out of the root, or into a hidden folder."""
    root, file = root.resolve(), path.resolve()
    if not file.is_relative_to(root) or any(part.startswith(".") for part in file.relative_to(root).parts):
        return None
    return file if file.is_file() else None


def examine(file: Path, path: str, role: Role | None) -> DoctorAnswer:
    """Inspect a file, on the calling thread.

    Args:
        file: absolute.
        path: as it was asked for, which the answer has instead of the file's own.
        role: the purpose of the file; None infers it.
    """
    inspection = inspect_file(file, role)
    facts = _without(inspection.to_dict(), str(file), path)
    return DoctorAnswer(
        path=path,
        ok=inspection.ok,
        verdict=inspection.verdict,
        text=_without(str(inspection), str(file), path),
        inspection=facts,
    )


def _without(value: Any, file: str, path: str) -> Any:
    """Put the asked path where the file's own stands, at any depth."""
    match value:
        case str():
            return value.replace(file, path)
        case dict():
            return {name: _without(part, file, path) for name, part in value.items()}
        case list() | tuple():
            return [_without(part, file, path) for part in value]
    return value
