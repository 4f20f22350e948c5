"""The public functions about files of this machine; :class:`Session` describes the same calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import door
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    from cometact_nb.handles.public_files import PublicFiles, Published, Removal

__all__ = ["publish", "published", "unpublish"]


@door
def publish(source: Any, to: Any = None, *, expires_s: float | None = None, yes: bool = False) -> Published:
    """Make a file of this machine public for requests: **anyone with its link can see it**.

    It is named by its content and a code that nobody can guess, and brought there once. Before it is used it
    is looked at as the vendor would. In the sandbox it goes to the sandbox, for this machine alone.

    Args:
        source: a path, or a result of ``act.prepare(…)``.
        to: another place than ``configure(publish_to=…)``.
        expires_s: seconds for which its link lives, where the place signs links: a day to a week, default two
            days.
        yes: agree that files become public there, once for each place.

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
    return session().publish(source, to, expires_s=expires_s, yes=yes)


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
