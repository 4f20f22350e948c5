"""Names what is made of a file, by its content and the settings, and writes it whole or not at all."""

from __future__ import annotations

import json
import re
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cometact_nb.errors import InputError
from cometact_nb.store.inputs.hashes import content_hash, note_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["InputPlace", "Result", "place_for", "readable"]

_STEM_MAX = 40
#: Written beside each result, so that the same work is done once.
_RECORD = ".json"


@dataclass(frozen=True)
class Result:
    """The input that was made of a file.

    Args:
        path: of the result.
        changes: a sentence for each difference from the source.
        source_sha256: hash of the source, hexadecimal.
        role: the purpose of the result.
    """

    path: Path
    changes: tuple[str, ...]
    source_sha256: str
    role: str


@dataclass(frozen=True)
class InputPlace:
    """The path of a result.

    Args:
        path: without its ending, which is known when it is made, unless ``exact``.
        digest: names it by the source's content and the settings.
        exact: the user gave the whole name.
    """

    path: Path
    digest: str
    exact: bool

    def earlier(self) -> Result | None:
        """Return what the same work has made before, if it is still as it was made."""
        records = [self._record(self.path)] if self.exact else self._same_digest()
        for record in records:
            if (result := _read_record(record, self.digest)) is not None:
                return result
        return None

    def _same_digest(self) -> list[Path]:
        """List the records of this work, also those that were made of a file with another name."""
        with suppress(OSError):
            return sorted(self.path.parent.glob(f"*-{self.digest}.*{_RECORD}"))
        return []

    def final(self, ending: str) -> Path:
        """Return the path of a result with this ending, such as ``.mp4``.

        Raises:
            InputError: the user's own name has another ending, or there is a file.
        """
        path = self.path if self.exact else self.path.with_name(self.path.name + ending)
        if self.exact and not _is_like(path.suffix, ending):
            raise InputError(
                f"out={str(path)!r} would be {ending[1:].upper()}. Let its name end in {ending}."
            )
        if self.exact and path.exists():
            raise InputError(f"out={str(path)!r} is there already. Give another name, or remove it.")
        return path

    @contextmanager
    def part(self) -> Iterator[Callable[[str], Path]]:
        """Give a function that names a file beside the result, for writing; remove what is left of it.

        Raises:
            InputError: the folder cannot be made or written to, or the disk is full.
        """
        base = self.path.parent / f".{self.digest}-{uuid.uuid4().hex[:8]}.part"
        paths: list[Path] = []

        def name(ending: str) -> Path:
            paths.append(base.with_name(base.name + ending))
            return paths[-1]

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            yield name
        except OSError as error:
            why = error.strerror or type(error).__name__
            place = self.path.parent
            raise InputError(
                f"Nothing can be written in {str(place)!r} ({why}). Give another out=…."
            ) from error
        finally:
            for path in paths:
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def keep(self, part: Path, result: Result, sha256: str) -> Result:
        """Give a finished file its name, and write its record.

        Args:
            part: the file.
            result: what it becomes.
            sha256: of the file, hexadecimal.
        """
        part.replace(result.path)
        note_hash(result.path, sha256)
        record = {
            "digest": self.digest,
            "sha256": sha256,
            "source_sha256": result.source_sha256,
            "role": result.role,
            "changes": result.changes,
        }
        half = result.path.with_name(f".{result.path.name}-{uuid.uuid4().hex[:8]}{_RECORD}.part")
        try:
            half.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
            half.replace(self._record(result.path))
        finally:
            half.unlink(missing_ok=True)
        return result

    @staticmethod
    def _record(path: Path) -> Path:
        return path.with_name(path.name + _RECORD)


def place_for(source: Path, out: Path | None, folder: Path, digest: str) -> InputPlace:
    """Decide where a result goes.

    Args:
        source: the file that it is made of.
        out: the user's own folder or file; None for ``folder``.
        folder: the usual one.
        digest: see :class:`InputPlace`.

    Raises:
        InputError: it would overwrite the source.
    """
    stem = re.sub(r"[^\w-]+", "-", source.stem).strip("-")[:_STEM_MAX] or "input"
    if out is None or out.is_dir() or not out.suffix:
        return InputPlace((out or folder) / f"{stem}-{digest}", digest, exact=False)
    with suppress(OSError):
        if out.exists() and out.samefile(source):
            raise InputError(
                f"out={str(out)!r} is the source itself, which stays as it is. Give another name."
            )
    return InputPlace(out, digest, exact=True)


def readable(path: Path) -> Path:
    """Return the path of an ordinary file that can be read.

    Raises:
        InputError: it is missing, a folder, a device, empty, or may not be read.
    """
    try:
        if not path.exists():
            raise InputError(f"{str(path)!r} is no file of this machine. Check its path.")
        if path.is_dir():
            raise InputError(f"{str(path)!r} is a folder. Give a file in it.")
        if not path.is_file():  # a pipe or a device: opening it might wait for ever
            raise InputError(f"{str(path)!r} is no ordinary file. Give a picture or a video.")
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError(f"{str(path)!r} is empty (0 bytes). Write or copy the file again.")
    except PermissionError:
        raise InputError(f"{str(path)!r} may not be read by you. Change its permissions.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"{str(path)!r} cannot be read ({why}). Check its path.") from None
    return path


def _is_like(suffix: str, ending: str) -> bool:
    same = {".jpeg": ".jpg", ".m4v": ".mp4"}
    return same.get(suffix.lower(), suffix.lower()) == ending


def _read_record(record: Path, digest: str) -> Result | None:
    """Return the result that a record tells of, if the file beside it is still the same."""
    path = record.with_name(record.name.removesuffix(_RECORD))
    try:
        known = json.loads(record.read_text("utf-8"))
        if known["digest"] != digest or content_hash(path) != known["sha256"]:
            return None
        return Result(
            path, tuple(map(str, known["changes"])), str(known["source_sha256"]), str(known["role"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
