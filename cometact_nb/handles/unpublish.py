"""Lists the files that are public by this history, and takes them back."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.published import read_name
from cometact_nb.errors import ActTwoError, ConfigError, PublishError
from cometact_nb.handles.public_files import PublicFile, PublicFiles, Published, Removal
from cometact_nb.handles.publish import write
from cometact_nb.handles.publish_to import SandboxTarget, target_of_place
from cometact_nb.store.clips.remote_folder import describe_error
from cometact_nb.store.inputs import record
from cometact_nb.store.user import User

if TYPE_CHECKING:
    from cometact_nb.domain.published import Publication
    from cometact_nb.handles.surroundings import Surroundings

__all__ = ["published", "unpublish"]


def published(core: Surroundings) -> PublicFiles:
    """See :meth:`cometact_nb.Session.published`."""
    return PublicFiles([one for one in _all(core) if one.is_public])


def unpublish(core: Surroundings, which: Any = None, *, older_than_s: float | None = None) -> Removal:
    """See :meth:`cometact_nb.Session.unpublish`."""
    if (which is None) == (older_than_s is None):
        raise ConfigError(
            'Say which: a name, a link, a hash, a Published, "all", or older_than_s=…', guide="own-files"
        )
    rows = [one for one in _all(core) if one.is_public]
    if older_than_s is not None:
        before = time.time() - older_than_s
        rows = [one for one in rows if one.published_at <= before]
    elif not (isinstance(which, str) and which == "all"):
        words = _words(which)
        rows = [one for one in rows if words & {one.source, one.url, one.sha256, one.name, one.source_sha256}]
        if not rows:
            raise PublishError("Nothing of that name is public by this history. act.published() lists it.")
    removed: list[Publication] = []
    still_public: list[Publication] = []
    for one in rows:
        problem = _remove(core, one)
        changed = msgspec.structs.replace(one, removed_at=None if problem else time.time(), problem=problem)
        write(core, changed)
        (still_public if problem else removed).append(changed)
    return Removal(tuple(removed), tuple(still_public))


def _words(which: Any) -> set[str]:
    """Return the texts by which a publication may be named."""
    if isinstance(which, Published):
        return {which.unsigned_url}
    if isinstance(which, PublicFile):
        return {which.url}
    if isinstance(which, MediaRef):
        which = which.uri
    text = os.fspath(which)
    return {text, text.partition("?")[0], Path(text).name}


def _remove(core: Surroundings, one: Publication) -> str:
    """Remove a file from its place; return why it could not be removed, or an empty text."""
    parts = read_name(one.name)
    code = User().sign("published", one.sha256)
    if parts is None or code is None or parts[0] != one.sha256 or not code.startswith(parts[1]):
        return "this history was not made by you here, so its places are not trusted"
    try:
        target = (
            SandboxTarget(core, core.config.endpoint)
            if core.config.sandbox and one.place == f"{core.config.base_url}/inputs"
            else target_of_place(core, _place(one.place), _base(one))
        )
        target.remove(one.name)
    except (OSError, ActTwoError) as error:
        return describe_error(error)
    return ""


def _place(place: str) -> Path | str:
    if place.startswith(("http://", "https://")):
        raise PublishError("it is in a sandbox that is not in use now: act.use_sandbox() first")
    return place if "://" in place else Path(place)


def _base(one: Publication) -> str | None:
    base = one.url.rpartition("/")[0]
    return base or None


def _all(core: Surroundings) -> list[Publication]:
    async def read() -> list[Publication]:
        return record.read(core.engine.history)

    return core.run(read())
