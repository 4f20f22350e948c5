"""A folder at any store that fsspec knows, such as s3://, gs://, abfs://, sftp://, memory://.

The store's library finds the credentials; no URL that this package takes, shows or writes holds any.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cometact_nb.domain import redact
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips import create_only
from cometact_nb.store.clips.media import file_sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.task import ClipInfo

__all__ = ["RemoteFolder", "as_os_error", "describe_error", "local_copy", "open_store"]

T = TypeVar("T")
_CHUNK_BYTES = 1 << 20


class RemoteFolder:
    """A folder of clips at a store, with a local cache of the clips that were made or read here.

    Args:
        url: of the folder, without a slash at the end.

    Raises:
        ConfigError: fsspec, or the library that it needs for this store, is missing.
    """

    def __init__(self, url: str) -> None:
        self.address = url
        self._fs, self._root = open_store(url, "output_dir")

    # --- what is there -----------------------------------------------------------------------------

    def files(self) -> dict[str, int]:
        """Map every file in it and below it, without hidden folders, to its size in bytes.

        Raises:
            ClipError: there is no such folder, or the store does not answer.
        """
        try:
            self._fs.invalidate_cache()
            entries = as_os_error(lambda: self._fs.find(self._root, detail=True))
            there = bool(entries) or as_os_error(lambda: self._fs.exists(self._root))
        except OSError as error:
            raise ClipError(f"{self.address!r} cannot be read ({describe_error(error)}).") from None
        if not there:
            raise ClipError(f"There is no folder {self.address!r}.")
        sizes = {path[len(self._root) :].lstrip("/"): int(info["size"]) for path, info in entries.items()}
        return {
            name: size
            for name, size in sizes.items()
            if not any(part.startswith(".") for part in PurePosixPath(name).parent.parts)
        }

    def read(self, name: str) -> bytes:
        """Read a whole file.

        Raises:
            OSError: it cannot be read.
        """
        content: bytes = as_os_error(lambda: self._fs.cat_file(self._path(name)))
        return content

    def sha256(self, name: str) -> str:
        """Read a whole file and compute its hash, hexadecimal.

        Raises:
            OSError: it cannot be read.
        """
        return as_os_error(lambda: self._hash(self._path(name)))

    def exists(self, name: str) -> bool:
        """Whether the folder has a file of this name.

        Raises:
            OSError: the store does not answer.
        """
        self._fs.invalidate_cache()
        return bool(as_os_error(lambda: self._fs.exists(self._path(name))))

    def is_being_written(self, name: str) -> bool:
        """Return False: from here, nobody can tell."""
        del name
        return False

    def locate(self, clip: ClipInfo, name: str) -> ClipInfo:
        """Set the paths of ``clip`` to this folder, its file called ``name``."""
        path = self._cached(name)
        return msgspec.structs.replace(
            clip,
            url=f"{self.address}/{name}",
            path=str(path),
            poster=str(path.with_suffix(".jpg")) if clip.poster else None,
        )

    # --- bringing and fetching ---------------------------------------------------------------------

    @property
    def cache(self) -> Path:
        """The local folder for copies, which may be deleted at any time."""
        import platformdirs  # noqa: PLC0415

        folder = hashlib.sha256(self.address.encode()).hexdigest()[:16]
        return Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False)) / "clips" / folder

    def bring(self, local: Path, name: str, *, replace: bool = False) -> None:
        """Copy a local file here, whole or not at all, and only under a free name.

        Object stores take it at once under its name. Elsewhere it has a hidden name until it was read back
        and compared. :mod:`cometact_nb.store.clips.create_only` says how a store checks that a name is free.

        Args:
            local: the file.
            name: its name here.
            replace: delete a file that has this name.

        Raises:
            FileExistsError: the name is taken.
            OSError: the store refuses, or holds other bytes than were sent.
        """
        target = self._path(name)
        if self.exists(name):
            self._make_way(name, replace=replace)
        if not self._put_whole(local, name):
            self._move_there(local, name)
        self._fs.invalidate_cache()
        size = as_os_error(lambda: self._fs.size(target))
        _check(size == local.stat().st_size, f"{size} of {local.stat().st_size} bytes")

    def _put_whole(self, local: Path, name: str) -> bool:
        """Put a file on the condition that its name is free; return False where the store cannot."""
        put_file, target = create_only.puts_whole(self._fs), self._path(name)
        if put_file is None:
            return False
        try:
            as_os_error(lambda: put_file(local, target))
        except OSError as error:
            if create_only.is_not_offered(error):
                return False
            self._fs.invalidate_cache()
            if not as_os_error(lambda: self._fs.exists(target)):
                raise
            # An answer may be lost and the file sent again: then the name's present owner is this very file.
            if as_os_error(lambda: self._hash(target)) != file_sha256(local):
                raise FileExistsError(f"{name} is there already") from None
            return True
        if as_os_error(lambda: self._hash(target)) != file_sha256(local):
            self._remove(target)
            raise OSError("the store holds other bytes than were sent")
        return True

    def _move_there(self, local: Path, name: str) -> None:
        # Processes of two machines may have the same number.
        part, target = self._path(f".{name}.{uuid.uuid4().hex[:12]}.part"), self._path(name)
        try:
            as_os_error(lambda: self._fs.put_file(str(local), part))
            _check(as_os_error(lambda: self._hash(part)) == file_sha256(local), "other bytes than were sent")
            if self.exists(name):
                self._make_way(name, replace=False)
            as_os_error(lambda: create_only.takes_name(self._fs)(part, target))
        except BaseException:
            self._remove(part)
            raise

    def _make_way(self, name: str, *, replace: bool) -> None:
        if not replace:
            raise FileExistsError(f"{name} is there already")
        # Not every store moves onto a file that is there.
        as_os_error(lambda: self._fs.rm_file(self._path(name)))

    def fetch(self, name: str, sha256: str | None = None) -> Path:
        """Fetch a local copy of a file, whole or not at all.

        Args:
            name: the file.
            sha256: its hash must be this; None accepts any.

        Raises:
            ClipError: it is not there, or has changed, or the store does not answer.
        """
        target = self._cached(name)
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.{os.getpid()}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            as_os_error(lambda: self._fs.get_file(self._path(name), str(part)))
            _check(sha256 is None or file_sha256(part) == sha256, "other bytes than were written")
            part.replace(target)
        except OSError as error:
            raise ClipError(f"{self.address}/{name} cannot be had: {describe_error(error)}") from None
        finally:
            part.unlink(missing_ok=True)
        return target

    def _cached(self, name: str) -> Path:
        return self.cache / PurePosixPath(name)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _hash(self, path: str) -> str:
        digest = hashlib.sha256()
        with self._fs.open(path, "rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def _remove(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except Exception:  # noqa: BLE001  (it is what went wrong before that is told)
            return


def open_store(url: str, setting: str) -> tuple[Any, str]:
    """Return the file system of a store's folder, and the folder's path in it without a slash at the end.

    Args:
        url: of the folder.
        setting: that named it, for errors.

    Raises:
        ConfigError: fsspec, or the library that it needs for this store, is missing, or refuses the URL.
    """
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  (an extra)
    except ImportError:
        raise ConfigError(
            f"{setting}={url!r} needs fsspec, which is not installed: pip install 'cometact_nb[remote]'."
        ) from None
    try:
        fs, root = url_to_fs(url)
    except (ImportError, ValueError) as error:  # fsspec's message names the package to install
        raise ConfigError(f"{setting}={url!r} cannot be used: {describe_error(error)}") from None
    except Exception as error:  # noqa: BLE001  (each store has errors of its own)
        raise ConfigError(f"{setting}={url!r} was refused by its store: {describe_error(error)}") from None
    return fs, str(root).rstrip("/")


def local_copy(url: str, recorded: Path, sha256: str | None = None) -> Path:
    """Return a local copy of the file at ``url``: the recorded one, or a new one.

    Args:
        url: of the file.
        recorded: path of an earlier copy.
        sha256: the hash that a new copy must have.

    Raises:
        ClipError: there is no copy, and the store does not give one.
    """
    if recorded.is_file():
        return recorded
    folder, _, name = url.rpartition("/")
    if not name.strip(".") or {"file", "local"} & set(url.partition("://")[0].split("::")):
        raise ClipError(f"{url!r} is at no store, so nothing is read from there.")
    try:
        return RemoteFolder(folder).fetch(name, sha256)
    except ConfigError as error:
        raise ClipError(str(error)) from None


def _check(fine: bool, what: str) -> None:
    if not fine:
        raise OSError(f"the store holds {what}")


def as_os_error(work: Callable[[], T]) -> T:
    """Run ``work``, and turn the errors of a store's own library into OSErrors."""
    try:
        return work()
    except OSError:
        raise
    except Exception as error:
        raise OSError(describe_error(error)) from error


def describe_error(error: Any) -> str:
    """Describe an error in one line, without logins and signatures in its URLs."""
    return redact.text(getattr(error, "strerror", None) or error, limit=300) or type(error).__name__
