"""Gives a file a name at a store only if the name is free, by the means that the store offers.

- S3, Google Cloud Storage and Azure take a whole object on the condition that its name is free, by their own
  pages: AWS "conditional writes", Google "request preconditions", Azure "conditional headers".
- A local folder links, and SFTP renames (version 3 of its protocol, 6.5), only where the name is free.
- fsspec's memory store belongs to one process.
- Any other store (WebDAV, SMB, HDFS and so on) offers no such condition in fsspec: the file is moved after a
  look, and two machines may meet in that instant.
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_not_offered", "puts_whole", "takes_name"]

_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl"}
#: Stores without the condition answer with one of these.
_NOT_OFFERED = ("notimplemented", "not implemented", "unsupportedheader", "invalid argument: if-none-match")


def puts_whole(fs: Any) -> Callable[[Path, str], None] | None:
    """Return a function that puts a whole local file at a free name; None where the store has none.

    It raises FileExistsError where the name is taken.
    """
    if not _protocols(fs) & _OBJECT_STORES:
        return None
    parameters = _parameters(fs)
    if "mode" in parameters:
        return lambda local, target: fs.put_file(str(local), target, mode="create")
    if "overwrite" in parameters:
        return lambda local, target: fs.put_file(str(local), target, overwrite=False)
    return None


def takes_name(fs: Any) -> Callable[[str, str], None]:
    """Return a function that gives a whole file with a hidden name its final one.

    It raises FileExistsError where the name is taken; at a store that cannot tell, it takes the name.
    """
    kinds = _protocols(fs)
    if kinds & {"file", "local"}:
        return _link
    if kinds & {"sftp", "ssh"} and hasattr(fs, "ftp"):
        return lambda part, target: _rename(fs, part, target)
    if "memory" in kinds:
        return lambda part, target: _pipe(fs, part, target)
    move: Callable[[str, str], None] = fs.mv
    return move


def is_not_offered(error: OSError) -> bool:
    """Whether a store answered that it does not know "create only"."""
    text = f"{error} {error.__cause__}".lower()
    return any(words in text for words in _NOT_OFFERED)


def _protocols(fs: Any) -> set[str]:
    names = fs.protocol
    return {names} if isinstance(names, str) else set(names)


def _parameters(fs: Any) -> set[str]:
    """List the parameters of the store's function that puts a file; fsspec's general one only looks first."""
    work = getattr(fs, "_put_file", None) or fs.put_file
    return set(inspect.signature(work).parameters)


def _link(part: str, target: str) -> None:
    os.link(part, target)
    Path(part).unlink()


def _rename(fs: Any, part: str, target: str) -> None:
    try:
        fs.ftp.rename(part, target)
    except OSError:
        if fs.exists(target):
            raise FileExistsError(target) from None
        raise


def _pipe(fs: Any, part: str, target: str) -> None:
    fs.pipe_file(target, fs.cat_file(part), mode="create")
    fs.rm_file(part)
