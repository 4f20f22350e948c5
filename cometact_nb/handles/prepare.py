"""Prepares files of this machine as inputs, on a thread, for ``act.prepare`` and the panel."""

from __future__ import annotations

import os
import threading
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.arguments import check_seconds
from cometact_nb.domain.doors import doors
from cometact_nb.domain.inspection.findings import REFERENCE_S
from cometact_nb.domain.preparation import InputRecipe
from cometact_nb.engine.inspector import inspect_file
from cometact_nb.errors import ConfigError, InputError
from cometact_nb.store.inputs import make
from cometact_nb.store.inputs.hashes import content_hash
from cometact_nb.store.inputs.naming import Result, place_for, readable
from cometact_nb.store.inputs.small import small_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.handles.surroundings import Surroundings

__all__ = ["Preparation", "Prepared", "begin", "prepare"]

#: Where results go, beside the notebook.
FOLDER = "act_two_inputs"
_STEP_S = 0.1
_WEB = ("http://", "https://", "data:", "runway://")


@doors
@dataclass(frozen=True, repr=False)
class Prepared:
    """A file that is ready to be an input; the result of :func:`cometact_nb.prepare`.

    Args:
        path: of the file.
        changes: a sentence for each difference from the source.
        inspection: what the doctor says of it; that it must be published is among it.
        source_sha256: hash of the source, hexadecimal.
        role: ``"character"`` or ``"reference"``.
    """

    path: Path
    changes: tuple[str, ...]
    inspection: Inspection
    source_sha256: str
    role: Role

    def __fspath__(self) -> str:
        """Return the path, so that whatever takes one takes this."""
        return str(self.path)

    @property
    def picture(self) -> bytes:
        """A small JPEG of the picture, or of an early frame of the clip; empty without one."""
        return small_picture(self.path)

    def to_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        return {
            "path": str(self.path),
            "role": self.role,
            "changes": list(self.changes),
            "source_sha256": self.source_sha256,
            "inspection": self.inspection.to_dict(),
        }

    def __str__(self) -> str:
        return "\n".join([f"{self.path}, ready as {self.role}", *(f"  {change}" for change in self.changes)])

    def __repr__(self) -> str:
        return f"<Prepared {str(self.path)!r} role={self.role} ({len(self.changes)} changes)>"


@doors
class Preparation:
    """A file that is being prepared on a thread of its own.

    Attributes:
        name: of the source.
        progress: the share that is done, 0–1.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.progress = 0.0
        self._cancelled = threading.Event()
        #: Holds the result, or what went wrong; ``add_done_callback`` calls back on the thread.
        self.future: futures.Future[Prepared] = futures.Future()

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.future.done()

    def cancel(self) -> None:
        """Stop within a moment; nothing is left of the attempt. Afterwards it does nothing."""
        self._cancelled.set()

    def result(self, timeout_s: float | None = None) -> Prepared:
        """Wait for the result.

        After ``timeout_s`` it raises TimeoutError, and the work goes on; after :meth:`cancel`
        ``concurrent.futures.CancelledError``.

        Args:
            timeout_s: seconds to wait at the most; None for no limit.

        Raises:
            InputError: the file cannot become an input.
            ConfigError: a package is missing.
        """
        check_seconds("timeout_s", timeout_s)
        return self.future.result(timeout_s)

    def check(self) -> None:
        """Raise concurrent.futures.CancelledError after :meth:`cancel`."""
        if self._cancelled.is_set():
            raise futures.CancelledError


def begin(
    session: Surroundings,
    source: str | os.PathLike[str],
    role: Role | None = None,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    crop: tuple[float, float, float, float] | None = None,
    turn: int | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Callable[[float], None] | None = None,
    keeps_whole: bool = False,
) -> Preparation:
    """Start to prepare a file on a thread of its own; see :func:`cometact_nb.prepare`.

    Args:
        session: whose notebook's folder relative paths start from.
        source: path of the file.
        role: the purpose of the result; None for a character of a picture, a reference of a video.
        start_s: see :func:`cometact_nb.prepare`, as the rest.
        end_s: the same.
        crop: the same.
        turn: the same.
        out: the same.
        progress: is called with the share that is done, 0–1, on the thread.
        keeps_whole: a reference that is too long is an error, where ``act.prepare`` keeps its beginning.

    Raises:
        ConfigError: an argument cannot be used.
        InputError: the file cannot be read, or is neither a picture nor a video.
    """
    if role not in (None, "character", "reference"):
        raise ConfigError(f"role={role!r} is no role. Give 'character', 'reference', or nothing.")
    folder = session.notebook_dir
    path = readable(folder / _local(source))
    kind = make.kind_of(path)
    recipe = InputRecipe.checked(role or kind.usual_role, start_s, end_s, crop, turn, keeps_whole=keeps_whole)
    if kind.is_picture and (recipe.start_s is not None or recipe.end_s is not None):
        raise ConfigError(f"start_s and end_s are for videos, and {path.name!r} is a picture.")
    wanted_at = folder / _local(out) if out is not None else None
    work = Preparation(path.name)

    def report(done: float) -> None:
        work.check()
        work.progress = max(work.progress, min(done, 1.0))
        if progress is not None:
            progress(work.progress)

    def run() -> None:
        try:
            prepared = _prepared(path, kind, recipe, wanted_at, folder / FOLDER, work.check, report)
        except BaseException as error:  # noqa: BLE001  (the waiting thread gets it, whatever it is)
            work.future.set_exception(error)
        else:
            work.progress = 1.0
            work.future.set_result(prepared)

    threading.Thread(target=run, name="cometact_nb prepares", daemon=True).start()
    return work


def prepare(
    session: Surroundings,
    source: str | os.PathLike[str],
    role: Role | None = None,
    *,
    progress: Callable[[float], object] | None = None,
    **options: Any,
) -> Prepared:
    """Prepare a file and wait for it; an interrupt cancels the work. See :func:`cometact_nb.prepare`."""
    work = begin(session, source, role, **options)
    before = -1.0
    try:
        while not work.done:
            futures.wait([work.future], timeout=_STEP_S)
            if progress is not None and work.progress != before:
                before = work.progress
                progress(before)
    except BaseException:
        work.cancel()
        futures.wait([work.future])
        raise
    return work.result()


def _local(source: object) -> Path:
    if isinstance(source, str) and source.strip().lower().startswith(_WEB):
        raise ConfigError(
            "act.prepare takes a file of this machine, and this is an address. Download it first."
        )
    if not isinstance(source, (str, os.PathLike)):
        raise ConfigError(f"{type(source).__name__} is no path. Give the path of a picture or a video.")
    try:
        return Path(os.fsdecode(source)).expanduser()
    except RuntimeError as error:  # no such user's home
        raise ConfigError(f"{os.fsdecode(source)!r} is no path ({error}). Give the whole path.") from None


def _prepared(
    path: Path,
    kind: make.Kind,
    recipe: InputRecipe,
    out: Path | None,
    folder: Path,
    check: Callable[[], None],
    report: Callable[[float], None],
) -> Prepared:
    # A file is hashed beside other work on it: with one of 30 MB that takes as long as to copy it.
    with futures.ThreadPoolExecutor(1, "cometact_nb hashes") as beside:
        hashing = beside.submit(content_hash, path, check)
        clip = make.look(path, kind, check)
        try:
            source_sha256 = hashing.result()
        except OSError as error:
            raise InputError(f"{str(path)!r} cannot be read ({error.strerror}).") from None
        place = place_for(path, out, folder, recipe.digest(source_sha256))
        result = place.earlier()
        if result is not None:
            inspection = inspect_file(result.path, recipe.role)
            return Prepared(result.path, result.changes, inspection, source_sha256, recipe.role)
        with place.part() as part:
            target, ending, changes = make.write(path, kind, clip, recipe, part, check, report)
            result = Result(place.final(ending), tuple(changes), source_sha256, recipe.role)
            hashing = beside.submit(content_hash, target, check)
            inspection = _judged(target, result.path, recipe.role, path.name)
            sha256 = hashing.result()
            check()
            place.keep(target, result, sha256)
    return Prepared(result.path, result.changes, inspection, source_sha256, recipe.role)


def _judged(target: Path, final: Path, role: Role, name: str) -> Inspection:
    """Look at the result by the rules for any input, and by a strict reader's clock.

    Args:
        target: the result.
        final: its path later.
        role: its purpose.
        name: of the source.

    Raises:
        InputError: it did not come out right.
    """
    inspection = inspect_file(target, role, final)
    errors = [finding for finding in inspection.findings if finding.severity == "error"]
    lengths = [length for length in (inspection.facts.duration_s, inspection.facts.whole_s) if length]
    low, high = REFERENCE_S
    problem = "; ".join(str(finding) for finding in errors)
    if role == "reference" and not problem and not all(low <= length <= high for length in lengths):
        problem = f"it lasts {max(lengths):g} s, and a reference lasts {low:g}–{high:g} s"
    if problem:
        raise InputError(f"{name!r} did not come out right, and nothing was kept: {problem}", errors)
    return inspection
