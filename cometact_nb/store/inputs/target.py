"""The places that inputs are published to: a folder that a web server shows, or a store of fsspec.

A file is whole under its name or not there at all: folders and SFTP get it under a hidden name first, object
stores take it at once. Its bytes are compared with those that were sent, by the store's own checksum where it
tells one, else by reading them back.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
import uuid
from concurrent import futures
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from cometact_nb.errors import PublishError
from cometact_nb.store.clips.remote_folder import as_os_error, describe_error, open_store
from cometact_nb.store.inputs.hashes import content_hash
from cometact_nb.store.inputs.upload import upload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["FolderTarget", "OwnFile", "StoreTarget", "Target"]

_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 4096
_S3 = {"s3", "s3a"}
_AZURE = {"abfs", "abfss", "az", "adl"}
_GOOGLE = {"gs", "gcs"}
_HTTP_VERBS = (
    "A signed S3 link answers one verb, and the vendor sends two (HEAD and GET), so this store needs "
    "publish_base: the https address of a public prefix of the bucket, of a CDN, or of a web server."
)


class OwnFile:
    """A file of this machine to be published, with its hash.

    Args:
        path: of the file; it is read once, unless its hash is known and it did not change since.

    Raises:
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self.head = file.read(_HEAD_BYTES)
            self.bytes = os.fstat(file.fileno()).st_size
        self.sha256 = content_hash(path)

    def md5(self) -> bytes:
        """Read the file again, and return its MD5, which stores tell of what they hold.

        Raises:
            OSError: it cannot be read, or is not the file any more whose hash is known.
        """
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                md5.update(chunk)
                sha256.update(chunk)
        _compare(sha256.hexdigest() == self.sha256, "the file changed while it was published")
        return md5.digest()


class Target(Protocol):
    """A place that inputs are published to."""

    #: The place for people and for the record: a URL or a path.
    place: str
    #: Whether its links are signed, and end.
    signs: bool

    def url(self, name: str) -> str:
        """Return the address of a file there, without a signature."""

    def link(self, name: str, expires_s: float) -> tuple[str, float | None]:
        """Return the address to fetch it, and the end of its signature in Unix seconds.

        Raises:
            PublishError: the store signs no links.
        """

    def holds(self, name: str, file: OwnFile) -> bool:
        """Whether the file is there, whole.

        Raises:
            OSError: the place does not answer.
        """

    def put(self, name: str, file: OwnFile, mime: str, progress: Callable[[int], object]) -> None:
        """Bring the file there, whole or not at all.

        Args:
            name: of the file there.
            file: to bring.
            mime: its media type.
            progress: called with the number of bytes so far.

        Raises:
            OSError: the place refuses it, or holds other bytes than were sent.
        """

    def remove(self, name: str) -> None:
        """Delete a file there, and parts of it that an ended kernel left; one that is gone is no error.

        Raises:
            OSError: the place refuses.
        """


class FolderTarget:
    """A folder of this machine that a web server shows.

    Args:
        folder: there already, since a new one would be shown by nobody.
        base: the https address under which the server shows it.
    """

    signs = False

    def __init__(self, folder: Path, base: str) -> None:
        self.place = str(folder)
        self._folder = folder
        self._base = base

    def url(self, name: str) -> str:
        """See :meth:`Target.url`."""
        return f"{self._base}/{name}"

    def link(self, name: str, expires_s: float) -> tuple[str, float | None]:
        """See :meth:`Target.link`; it has no end."""
        del expires_s
        return self.url(name), None

    def holds(self, name: str, file: OwnFile) -> bool:
        """See :meth:`Target.holds`."""
        path = self._folder / name
        return path.is_file() and path.stat().st_size == file.bytes and OwnFile(path).sha256 == file.sha256

    def put(self, name: str, file: OwnFile, mime: str, progress: Callable[[int], object]) -> None:
        """See :meth:`Target.put`; the server decides about the media type, by the name's ending."""
        del mime
        if not self._folder.is_dir():
            raise NotADirectoryError(f"there is no folder {str(self._folder)!r}")
        part = self._folder / f".{name}.{uuid.uuid4().hex[:12]}.part"
        try:
            digest, done = hashlib.sha256(), 0
            with file.path.open("rb") as source, part.open("xb") as target:
                while chunk := source.read(_CHUNK_BYTES):
                    target.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    progress(done)
                target.flush()
                os.fsync(target.fileno())
            _compare(digest.hexdigest() == file.sha256, "the file changed while it was copied")
            _compare(part.stat().st_size == file.bytes, "the folder holds other bytes than were written")
            part.replace(self._folder / name)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """See :meth:`Target.remove`."""
        for path in [self._folder / name, *self._folder.glob(f".{name}.*.part")]:
            path.unlink(missing_ok=True)


class StoreTarget:
    """A folder at a store of fsspec.

    Args:
        url: of the folder, without a slash at the end.
        base: the https address under which anyone can fetch its files; None for a store that signs links.

    Raises:
        ConfigError: fsspec, or the library that it needs for this store, is missing.
        PublishError: without ``base``, the store has no links that the vendor can use.
    """

    def __init__(self, url: str, base: str | None) -> None:
        self.place = url
        self.signs = base is None
        self._base = base
        self._fs, self._root = open_store(url, "publish_to")
        names = self._fs.protocol
        self._kinds = {names} if isinstance(names, str) else set(names)
        if base is None and not self._kinds & (_AZURE | _GOOGLE):
            why = _HTTP_VERBS if self._kinds & _S3 else "This store signs no links, so it needs publish_base."
            raise PublishError(f"Nothing was published to {url!r}. {why}")

    def url(self, name: str) -> str:
        """See :meth:`Target.url`."""
        return f"{self._base}/{name}" if self._base is not None else self._sign(name, 86_400)[0].split("?")[0]

    def link(self, name: str, expires_s: float) -> tuple[str, float | None]:
        """See :meth:`Target.link`."""
        return (f"{self._base}/{name}", None) if self._base is not None else self._sign(name, expires_s)

    def _sign(self, name: str, expires_s: float) -> tuple[str, float]:
        ends = time.time() + expires_s
        try:
            # 100 s by default, in more than one library.
            signed = str(self._fs.sign(self._path(name), expiration=int(expires_s)))
        except Exception as error:  # noqa: BLE001  (each store has errors of its own)
            raise PublishError(
                f"{self.place!r} signs no link with the present credentials ({describe_error(error)}). It "
                "needs an account key or a service account's private key; or give publish_base, the https "
                "address under which anyone can fetch its files."
            ) from None
        if "?" not in signed:  # what an anonymous session gives
            raise PublishError(f"{self.place!r} gave a link without a signature: it has no credentials.")
        return signed, ends

    def holds(self, name: str, file: OwnFile) -> bool:
        """See :meth:`Target.holds`."""
        self._fs.invalidate_cache()
        try:
            facts = as_os_error(lambda: self._fs.info(self._path(name)))
        except FileNotFoundError:
            return False
        if int(facts.get("size") or 0) != file.bytes:
            return False
        md5 = _md5(facts)
        return md5 == file.md5() if md5 is not None else self._hash(self._path(name)) == file.sha256

    def put(self, name: str, file: OwnFile, mime: str, progress: Callable[[int], object]) -> None:
        """See :meth:`Target.put`."""
        target, whole = self._path(name), self._takes_at_once
        first = target if whole else self._path(f".{name}.{uuid.uuid4().hex[:12]}.part")
        try:
            with futures.ThreadPoolExecutor(1, "cometact_nb hashes") as beside:
                md5 = beside.submit(file.md5 if whole else bytes)  # the others tell none
                as_os_error(lambda: upload(self._fs, str(file.path), first, progress, **self._typed(mime)))
                self._check(first, file, md5.result())
            if first != target:
                as_os_error(lambda: self._take_name(first, target))
        except BaseException:
            with suppress(Exception):
                self._fs.rm_file(first)
            raise
        finally:
            self._fs.invalidate_cache()

    def _typed(self, mime: str) -> dict[str, Any]:
        """Return the arguments that set the media type, which each library names otherwise."""
        if self._kinds & _S3:
            return {"ContentType": mime}
        if self._kinds & _GOOGLE:
            return {"content_type": mime}
        if self._kinds & _AZURE:
            from azure.storage.blob import ContentSettings  # noqa: PLC0415  (what adlfs is built on)

            return {"content_settings": ContentSettings(content_type=mime), "overwrite": True}
        return {}  # a web server decides, by the name's ending

    def _check(self, path: str, file: OwnFile, own_md5: bytes) -> None:
        self._fs.invalidate_cache()
        facts = as_os_error(lambda: self._fs.info(path))
        size = int(facts.get("size") or 0)
        _compare(size == file.bytes, f"the store holds {size} of {file.bytes} bytes")
        md5 = _md5(facts)
        same = md5 == own_md5 if md5 is not None and own_md5 else self._hash(path) == file.sha256
        _compare(same, "the store holds other bytes than were sent")

    def _take_name(self, part: str, target: str) -> None:
        with suppress(FileNotFoundError):
            self._fs.rm_file(target)  # a broken file, since a whole one would not be brought again
        self._fs.mv(part, target)

    def remove(self, name: str) -> None:
        """See :meth:`Target.remove`."""
        for path in [self._path(name), *self._parts(name)]:
            with suppress(FileNotFoundError):
                as_os_error(partial(self._fs.rm_file, path))
        self._fs.invalidate_cache()
        try:
            _compare(not as_os_error(lambda: self._fs.exists(self._path(name))), "it is still there")
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @property
    def _takes_at_once(self) -> bool:
        """Whether a file is whole under its name, or not there, without a hidden name before."""
        return bool(self._kinds & (_S3 | _AZURE | _GOOGLE))

    def _parts(self, name: str) -> list[str]:
        """List the files under a hidden name that an upload of this file has left."""
        if self._takes_at_once:
            return []
        self._fs.invalidate_cache()
        try:
            names = as_os_error(lambda: self._fs.ls(self._root, detail=False))
        except FileNotFoundError:
            return []
        last = [str(path).rpartition("/")[2] for path in names]
        return [self._path(one) for one in last if one.startswith(f".{name}.") and one.endswith(".part")]

    def _hash(self, path: str) -> str:
        def read() -> str:
            digest = hashlib.sha256()
            with self._fs.open(path, "rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    digest.update(chunk)
            return digest.hexdigest()

        return as_os_error(read)


def _md5(facts: dict[str, Any]) -> bytes | None:
    """Read the MD5 of a whole object from a store's facts about it; None where they have none."""
    tag = str(facts.get("ETag") or "").strip('"')
    if "ETag" in facts and len(tag) == 32:  # noqa: PLR2004  (several parts, or a key's encryption, have other tags)
        with suppress(ValueError):
            return bytes.fromhex(tag)
    for name in ("md5Hash", "content_md5"):
        value = facts.get(name)
        if isinstance(value, (bytes, bytearray)) and value:
            return bytes(value)
        if isinstance(value, str) and value:
            with suppress(ValueError):
                return base64.b64decode(value)
    settings = facts.get("content_settings")
    value = getattr(settings, "content_md5", None) or (
        settings.get("content_md5") if isinstance(settings, dict) else None
    )
    return bytes(value) if value else None


def _compare(fine: bool, what: str) -> None:
    if not fine:
        raise OSError(what)
