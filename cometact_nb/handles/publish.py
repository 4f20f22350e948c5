"""Publishes files of this machine for a request: asks once a place, brings them there, looks, records."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from cometact_nb.domain.arguments import check_flags
from cometact_nb.engine.vendor_look import PART_BYTES, problem_of
from cometact_nb.errors import ActTwoError, ConfigError, ConsentNeeded, PublishError
from cometact_nb.handles.local_file import UNFINISHED, local
from cometact_nb.handles.public_files import Published
from cometact_nb.handles.publish_to import SandboxTarget, target_for
from cometact_nb.handles.views import progress_line
from cometact_nb.store.clips.remote_folder import describe_error
from cometact_nb.store.inputs import record
from cometact_nb.store.user import User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cometact_nb.domain.published import Publication
    from cometact_nb.handles.local_file import Local
    from cometact_nb.handles.surroundings import Surroundings
    from cometact_nb.store.inputs.target import Target

__all__ = ["bring", "check_consent", "ending", "needs_consent", "publish", "write"]

#: Seconds that a signed link lives at least: a task may wait in the account's queue for hours.
_LEAST_S = 86_400.0
#: Seconds that it lives unless its user says how long.
LINK_S = 2 * _LEAST_S
#: The most that stores sign for (Google, version 4).
_MOST_S = 7 * _LEAST_S


def publish(
    core: Surroundings,
    source: Any,
    to: Any = None,
    *,
    expires_s: float | None = None,
    yes: bool = False,
    progress: Callable[[float], object] | None = None,
) -> Published:
    """See :meth:`cometact_nb.Session.publish`.

    Args:
        core: with the settings and the history.
        source: a path, or a file that was prepared.
        to: see :meth:`cometact_nb.Session.publish`.
        expires_s: see :meth:`cometact_nb.Session.publish`.
        yes: see :meth:`cometact_nb.Session.publish`.
        progress: called with the share that is there, 0–1, on this thread; None shows a line.
    """
    if isinstance(source, Published):
        return source
    check_flags(yes=yes)
    target = target_for(core, to)
    _check_expiry(expires_s, target)
    return bring(core, local(core, source), target, expires_s=expires_s, yes=yes, progress=progress)


def bring(
    core: Surroundings,
    own: Local,
    target: Target,
    *,
    expires_s: float | None = None,
    yes: bool = False,
    progress: Callable[[float], object] | None = None,
) -> Published:
    """Bring a file to a place unless it is there, look at it as the vendor would, and record it.

    Args:
        core: with the history.
        own: the file.
        target: the place.
        expires_s: see :func:`publish`.
        yes: see :func:`publish`.
        progress: see :func:`publish`.

    Raises:
        ConsentNeeded: nobody has agreed to this place; nothing was published.
        PublishError: the place refused it, or the vendor could not fetch it there; nothing is left there.
        HistoryError: it could not be recorded; nothing was published.
    """
    check_consent(target, [own.source], yes=yes)
    now = time.time()
    earlier = _recorded(core, own.publication(target, now))
    if earlier is not None and not earlier.is_public:
        earlier = None
    publication = own.publication(target, earlier.published_at if earlier else now)
    if earlier is None:
        write(core, publication)
    is_ours = brought = False
    try:
        if not target.holds(own.name, own.file):
            is_ours = True
            with progress_line(f"Publishing {own.source}", progress) as report:
                target.put(own.name, own.file, own.mime, _in_shares(report, own.file.bytes))
            brought = True
        link, ends = target.link(own.name, expires_s or LINK_S)
        problem = _problem(core, own, link)
    except OSError as error:
        _fail(core, target, publication, describe_error(error), brought=brought)
    except ActTwoError as error:
        _fail(core, target, publication, str(error), brought=brought)
    except BaseException:  # an interrupt, after which a part may be there
        _take_away(core, target, publication, brought=is_ours)
        raise
    if problem:
        _fail(core, target, publication, problem + _cure(target), brought=brought)
    last = max(ends, (earlier and earlier.expires_at) or 0.0) if ends is not None else None
    write(core, msgspec.structs.replace(publication, expires_at=last, problem=""))
    facts = (own.file.sha256, own.file.bytes, own.mime, own.source, target.place)
    return Published(link, publication.url, *facts, ends)


def _in_shares(report: Callable[[float], object], size: int) -> Callable[[int], object]:
    return lambda count: report(min(1.0, count / max(1, size)))


def check_consent(target: Target, names: Iterable[str], *, yes: bool = False) -> None:
    """Raise unless this user has agreed that files become public at a place; ``yes`` agrees.

    Args:
        target: the place; the sandbox shows nothing to anybody else.
        names: of the files.
        yes: the user agrees, once for this place.

    Raises:
        ConsentNeeded: with what becomes public, where, and until when.
        PublishError: the consent cannot be recorded.
    """
    if not needs_consent(target):
        return
    files = ", ".join(dict.fromkeys(names))
    if not yes:
        first = next(iter(names), "me.jpg")
        raise ConsentNeeded(
            f"Anyone with the link can see {files} at {target.place} {ending(target)}. Nothing was "
            f"published and nothing was sent. If that is all right, say so once for this place: "
            f"act.publish({first!r}, yes=True), or %act_two publish {first} --yes.",
            target.place,
        )
    try:
        User().agree(target.place)
    except OSError as error:
        raise PublishError(f"Nothing was published: your consent cannot be recorded ({error}).") from None


def needs_consent(target: Target) -> bool:
    """Whether this user has not agreed yet that files become public at a place."""
    return not isinstance(target, SandboxTarget) and not User().has_agreed(target.place)


def ending(target: Target) -> str:
    """Say until when a file at a place is public, as the end of a sentence."""
    return "for two days at least" if target.signs else "until act.unpublish() takes that back"


def _check_expiry(expires_s: float | None, target: Target) -> None:
    if expires_s is None:
        return
    good = isinstance(expires_s, (int, float)) and not isinstance(expires_s, bool)
    if not good or not _LEAST_S <= expires_s <= _MOST_S:
        raise ConfigError(
            f"expires_s={expires_s!r} is outside {_LEAST_S:.0f}–{_MOST_S:.0f} (a day to a week): a task may "
            "wait for hours, and stores sign for a week at the most.",
            guide="own-files",
        )
    if not target.signs:
        raise ConfigError(
            f"expires_s is for links with a signature, and those of {target.place} have none: a file there "
            "is public until act.unpublish(…) removes it.",
            guide="own-files",
        )


def _problem(core: Surroundings, own: Local, link: str) -> str:
    with own.file.path.open("rb") as file:
        file.seek(max(0, own.file.bytes - PART_BYTES))
        end = file.read(PART_BYTES)

    async def look() -> str:
        engine = core.engine
        return await problem_of(engine.client, link, own.mime, own.file.bytes, end, engine.clock)

    return core.run(look())


def _fail(
    core: Surroundings, target: Target, publication: Publication, why: str, *, brought: bool
) -> NoReturn:
    """Leave nothing at the place that this attempt has brought there, and raise the error."""
    left = _take_away(core, target, publication, brought=brought)
    end = "" if why[-1:] in ".?" else "."
    raise PublishError(
        f"{publication.source!r} could not be published at {target.place}: {why}{end} No request was "
        f"sent.{left}",
        publication.path,
    ) from None


def _take_away(core: Surroundings, target: Target, publication: Publication, *, brought: bool) -> str:
    """Remove what this attempt has brought; say so if that fails. An earlier publication stays as it is."""
    problem = ""
    if brought:
        try:
            target.remove(publication.name)
        except (OSError, ActTwoError) as error:
            problem = describe_error(error)
    at = None if problem else time.time()
    with suppress(ActTwoError):  # what went wrong before that is what the user is told
        if brought or _is_unfinished(core, publication):
            write(core, msgspec.structs.replace(publication, removed_at=at, problem=problem))
    return (
        f" What arrived there could not be removed ({problem}); act.unpublish() tries again."
        if problem
        else ""
    )


def _is_unfinished(core: Surroundings, publication: Publication) -> bool:
    recorded = _recorded(core, publication)
    return recorded is not None and recorded.problem == UNFINISHED


def _cure(target: Target) -> str:
    if target.signs:
        return ". Give publish_base, the https address under which anyone can fetch the place's files"
    return ". Does publish_base lead to the very place of publish_to, for anyone?"


def _recorded(core: Surroundings, publication: Publication) -> Publication | None:
    async def read() -> list[Publication]:
        return record.rows_of(core.engine.history, publication.name)

    return next((one for one in core.run(read()) if one.place == publication.place), None)


def write(core: Surroundings, publication: Publication) -> None:
    """Record a publication.

    Raises:
        HistoryError: nothing was written.
    """

    async def write() -> None:
        record.put(core.engine.history, publication)

    core.run(write())
