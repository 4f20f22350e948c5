"""The public functions about files of this machine: inputs that are made and published, clips, notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import door
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.handles.prepare import Prepared
    from cometact_nb.handles.public_files import PublicFiles, Published, Removal
    from cometact_nb.handles.relink import Relinked
    from cometact_nb.handles.saved_clip import SavedClip, Verification

__all__ = ["load_clip", "prepare", "publish", "published", "relink", "unpublish", "verify"]


@door
def prepare(
    source: str | PathLike[str],
    role: Role | None = None,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    crop: tuple[float, float, float, float] | None = None,
    turn: int | None = None,
    out: str | PathLike[str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Prepared:
    """Make an input of a file on this machine: upright, of a right format, length and size. Publish nothing.

    The file itself stays as it is. Location, device and other personal metadata are removed. A part that is
    right already is copied, not encoded again, and the same work is done once. An interrupt cancels it.

    Args:
        source: path of a picture or a video; a relative one starts from the notebook's folder.
        role: ``"character"`` or ``"reference"``; None takes a picture for a character and a video for a
            reference, which lasts 3–30 s.
        start_s: beginning of the part to take, in seconds from the first frame; None for that frame.
        end_s: end of the part, in seconds from the first frame; None for the end, or for what fits.
        crop: ``(left, top, right, bottom)`` of the part to take, in fractions 0–1 of the upright picture;
            None for all of it, or for what fits.
        turn: 0, 90, 180 or 270 degrees clockwise, after the turn that the file asks for.
        out: a folder, or a file's name with its ending; None for ``act_two_inputs`` beside the notebook, with
            a name by content and settings.
        progress: is called with the share that is done, 0–1; None shows a line when it takes long.

    Returns:
        the result: ``.path``, ``.changes``, ``.inspection``, ``.source_sha256``, ``.role``.

    Raises:
        InputError: the file is broken, too short, or cannot become such an input, or the result cannot be
            written. Nothing is left of it.
        ConfigError: an argument cannot be used, or a package is missing.
    """
    from pathlib import PurePath  # noqa: PLC0415  (the package's import does without)

    from cometact_nb.handles import prepare as preparing  # noqa: PLC0415
    from cometact_nb.views.base.waiting_line import waiting_line  # noqa: PLC0415

    with waiting_line(f"Preparing {PurePath(str(source)).name}", progress) as report:
        return preparing.prepare(
            session(),
            source,
            role,
            start_s=start_s,
            end_s=end_s,
            crop=crop,
            turn=turn,
            out=out,
            progress=report,
        )


@door
def publish(
    source: Any,
    to: Any = None,
    *,
    expires_s: float | None = None,
    yes: bool = False,
    progress: Callable[[float], object] | None = None,
) -> Published:
    """Make a file of this machine public for requests: **anyone with its link can see it**.

    It is named by its content and a code that nobody can guess, and brought there once. Before it is used it
    is looked at as the vendor would. In the sandbox it goes to the sandbox, for this machine alone.

    Args:
        source: a path, or a result of ``act.prepare(…)``.
        to: another place than ``configure(publish_to=…)``.
        expires_s: seconds for which its link lives, where the place signs links: a day to a week, default two
            days.
        yes: agree that files become public there, once for each place.
        progress: is called with the share that is there, 0–1; None shows a line when it takes long. An
            interrupt stops the upload and leaves nothing there.

    Returns:
        the public file, with ``.url``, ``.unsigned_url``, ``.sha256``, ``.expires_at``, ``.place``; give it
        as a character or a reference.

    Raises:
        ConsentNeeded: you have not agreed to this place yet; nothing was published.
        PublishError: it could not be published, or the vendor could not fetch it; nothing is left there.
        InputError: it cannot become an input.
        ConfigError: a setting or ``expires_s`` cannot be used.
        HistoryError: it could not be recorded; nothing was published.
    """
    return session().publish(source, to, expires_s=expires_s, yes=yes, progress=progress)


@door
def published() -> PublicFiles:
    """List the files that this history made public and that were not taken back, the newest first.

    Raises:
        HistoryError: the history could not be read.
    """
    return session().published()


@door
def unpublish(which: Any = None, *, older_than_s: float | None = None) -> Removal:
    """Remove public files from their places, so that their links lead nowhere.

    Args:
        which: a file's name, link or hash, a result of :func:`publish`, or ``"all"``.
        older_than_s: those that have been public for longer than this, in seconds.

    Returns:
        the removed files (``.removed``), and those that could not be removed (``.still_public``), each with
        its reason.

    Raises:
        PublishError: nothing of that name is public.
        ConfigError: neither or both are given.
        HistoryError: the history could not be read or written.
    """
    return session().unpublish(which, older_than_s=older_than_s)


@door
def load_clip(path: str | PathLike[str]) -> SavedClip:
    """Load a clip and its origin, from the clip and the ``.json`` beside it.

    Args:
        path: of the video or of its ``.json``; a relative one starts from the notebook's folder.

    Returns:
        the clip with its provenance: ``.clip``, ``.request``, ``.task_id``, ``.created_at``, ``.intact``, …

    Raises:
        ClipError: one of the two files is missing or cannot be read.
    """
    from cometact_nb.handles import saved_clip as archive  # noqa: PLC0415

    return archive.load_clip(session(), path)


@door
def verify(folder: str | PathLike[str] | None = None) -> Verification:
    """Compare the clips of a folder, and below it, with their records. Change nothing.

    It reads and hashes every clip and poster. A clip of the history that is not in the folder is missing.

    Args:
        folder: None for the folder of new clips; a relative one starts from the notebook's folder.

    Returns:
        the findings: ``.ok``, ``.missing``, ``.changed``, ``.orphaned``, ``.leftovers``, ``.to_rows()``.

    Raises:
        ClipError: there is no such folder, or it cannot be read.
        HistoryError: the history could not be read.
    """
    from cometact_nb.handles import saved_clip as archive  # noqa: PLC0415

    return archive.verify(session(), folder)


@door
def relink(path: str | PathLike[str] | None = None, *, folder: str | PathLike[str] | None = None) -> Relinked:
    """Rewrite the links of a saved notebook to where its clips are now, after it or they were moved.

    Links that lead somewhere stay, and so does every other byte of the file. It is written whole or not at
    all, a copy of it as it was lies beside it, and nothing is written if somebody else saves it at that
    moment. A clip is known by the ``.json`` beside it and its content, never by its name alone. A page that
    shows the notebook must be reloaded before it is saved there.

    Args:
        path: of the notebook; a relative one starts from the notebook's folder. None is the one that this
            kernel runs: save it first.
        folder: where the clips are now, it or folders below it; None looks where the history says, in the
            folder that new clips go to, and below the notebook's.

    Returns:
        the result: ``.changed``, ``.missing``, ``.doubtful``, ``.backup``; ``print`` says it.

    Raises:
        ConfigError: no notebook there, or it cannot be written or was saved meanwhile.
        HistoryError: the history could not be read.
    """
    from cometact_nb.handles import relink as linking  # noqa: PLC0415  (as above)

    return linking.relink(session(), path, folder)
