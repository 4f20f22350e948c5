"""Takes local files as inputs: names their links at once, and brings them there before anything is paid for.

A file's name at its place follows from its content, so a request has its inputs' addresses, and its identity,
before anything is public. :func:`put_in_place` publishes them just before a request is sent.
"""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.inputs import note_name
from cometact_nb.domain.knobs import INPUTS
from cometact_nb.domain.media import DATA_URI_MAX_BYTES, Finding, MediaRef, data_uri
from cometact_nb.domain.published import read_name
from cometact_nb.domain.sizes import size
from cometact_nb.errors import InputError, RequestError
from cometact_nb.handles.local_file import Local, local
from cometact_nb.handles.precheck import check_link_ends
from cometact_nb.handles.public_files import Published, until
from cometact_nb.handles.publish import LINK_S, bring, check_consent, ending, needs_consent
from cometact_nb.handles.publish_to import SandboxTarget, is_configured, target_for, target_of_place
from cometact_nb.store.clips.remote_folder import describe_error
from cometact_nb.store.inputs import copies, record
from cometact_nb.store.inputs.target import OwnFile
from cometact_nb.store.user import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.domain.published import Publication
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.handles.surroundings import Surroundings
    from cometact_nb.store.inputs.target import Target

__all__ = ["Agreement", "OwnFiles", "is_path"]

ROLES: tuple[Role, ...] = ("character", "reference")
#: At least two letters, since ``C:`` is a drive.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def is_path(value: object) -> bool:
    """Whether a value for an input is a file of this machine and no address."""
    if isinstance(value, MediaRef):
        value = value.uri
    if isinstance(value, os.PathLike):
        return True
    return isinstance(value, str) and bool(value.strip()) and not _SCHEME.match(value.strip())


@dataclass
class _Staged:
    """A local file with the place where it will be public; ``is_there`` once it is."""

    own: Local
    target: Target
    is_there: bool = False
    ends: float | None = field(default=None)


@dataclass(frozen=True)
class Agreement:
    """The question to a user before files of theirs become public at a place for the first time.

    Args:
        place: the store's folder, as a URL or a path.
        names: of the files.
        ends: until when they are public, as the end of a sentence.
    """

    place: str
    names: tuple[str, ...]
    ends: str


class OwnFiles:
    """The local files that this process uses as inputs.

    Args:
        core: publishes them.
    """

    def __init__(self, core: Surroundings) -> None:
        self._core = core
        self._staged: dict[str, _Staged] = {}  #: by their address without a signature
        self._by_content: dict[str, Local] = {}  #: by the identity of an input
        self._lock = threading.Lock()
        self._publishing = threading.Lock()  #: lasts as long as an upload, and holds up no form

    # --- before a request is made ------------------------------------------------------------------

    def fields(self, fields: Mapping[str, Any], *, inline: bool) -> dict[str, Any]:
        """Replace local files in a request's fields by their links, or by their content.

        Args:
            fields: of a request; a list of files stays a list.
            inline: see :meth:`input`.

        Raises:
            InputError: files cannot become inputs; with all of them.
            RequestError: there is no place for a file; with all of them.
            PublishError: the place cannot be used.
        """
        changed, wrong, unfit = dict(fields), list[Finding](), list[str]()
        for name in ROLES:
            value = changed.get(name)
            several = isinstance(value, (list, tuple))
            refs = []
            for one in value if isinstance(value, (list, tuple)) else [value]:
                try:
                    refs.append(self.input(name, one, inline=inline))
                except RequestError as error:
                    wrong += error.findings
                except InputError as error:
                    unfit.append(f"{name}: {error}")
            if wrong or unfit or name not in changed:
                continue
            changed[name] = refs if several else refs[0]
        if unfit:
            raise InputError("\n".join([*unfit, *map(str, wrong)]), wrong)
        if wrong:
            raise RequestError(wrong)
        return changed

    def spec(self, spec: Spec) -> Spec:
        """Replace local files in a sweep's specification, also in its table.

        Args:
            spec: as :func:`~cometact_nb.domain.sweep.grid.specify` makes it.

        Raises:
            RequestError: see :meth:`fields`.
            PublishError: see :meth:`fields`.
        """

        def plain(name: str, value: Any) -> Any:
            address = value.get("uri") if isinstance(value, dict) else value
            for role in ROLES:
                if name == role and is_path(address):
                    ref = self.input(role, address, inline=spec.allow_unlisted)
                    return {"type": ref.type, "uri": ref.uri}
            return value

        def row(fields: Mapping[str, Any]) -> dict[str, Any]:
            return {name: plain(name, value) for name, value in fields.items()}

        return msgspec.structs.replace(
            spec,
            fixed=row(spec.fixed),
            axes={name: [plain(name, value) for value in values] for name, values in spec.axes.items()},
            rows=None if spec.rows is None else [row(one) for one in spec.rows],
            more=[row(one) for one in spec.more],
        )

    def forget(self, url: str) -> None:
        """Take note that a file is not public any more.

        Args:
            url: its address without a signature.
        """
        staged = self._staged.get(url)
        if staged is not None:
            staged.is_there = False

    def input(self, role: Role, value: Any, *, inline: bool = False) -> Any:
        """Replace one input, if it is a local file, by its link or its content; return any other as it is.

        Args:
            role: of the input.
            value: a path, a prepared or published file, or anything that a request takes.
            inline: without a place for public files, send it inside the request.

        Raises:
            InputError: the file cannot become an input.
            RequestError: there is no place for it, or it is too large to go inside a request.
            PublishError: the place cannot be used.
        """
        if isinstance(value, Published):
            return value.ref
        if not is_path(value):
            return value
        source = value.uri if isinstance(value, MediaRef) else value
        if isinstance(source, str):
            source = source.strip()
        if is_configured(self._core):
            return self._planned(role, source)
        if inline:
            return self._inline(role, source)
        cure = (
            'Say where it may become public, act.configure(publish_to=…): act.guide("own-files"). '
            "allow_unlisted=True sends a small one inside the request."
        )
        raise RequestError(
            [Finding(role, str(source), "is a local file, which the service cannot read", cure)]
        )

    def _local(self, role: Role, source: Any) -> Local:
        own = local(self._core, source, role)
        self._by_content[f"sha256:{own.file.sha256}"] = own
        return own

    def _planned(self, role: Role, source: Any) -> MediaRef:
        target = target_for(self._core)
        own = self._local(role, source)
        url = target.url(own.name)
        with self._lock:
            if (before := self._staged.get(url)) is None or not before.is_there:
                self._staged[url] = _Staged(own, target)
        return MediaRef(own.type, url)

    def _inline(self, role: Role, source: Any) -> MediaRef:
        own = self._local(role, source)
        limit = DATA_URI_MAX_BYTES[own.type]
        length = len(data_uri(own.mime, b"")) + (own.file.bytes + 2) // 3 * 4
        if length > limit:
            problem = f"is {size(length)} once encoded; Runway takes {limit // 1024**2} MB inline"
            cure = 'Make it smaller, or publish it: act.guide("own-files").'
            raise RequestError([Finding(role, own.source, problem, cure)])
        content = own.file.path.read_bytes()
        note_name(content, own.source)
        return MediaRef(own.type, data_uri(own.mime, content))

    # --- before it is sent -------------------------------------------------------------------------

    def is_planned(self, uri: str) -> bool:
        """Whether this is the address of a local file that is not public yet."""
        return (staged := self._staged.get(uri)) is not None and not staged.is_there

    def public_lines(self, requests: Iterable[ActTwoRequest]) -> tuple[str, ...]:
        """Say which local files become public for these requests, and where, a sentence each.

        Args:
            requests: to be sent.
        """
        lines = {}
        for ref in _refs(requests):
            staged = self._staged.get(ref.uri)
            if staged is None or staged.is_there:
                continue
            own, place = staged.own, staged.target.place
            if isinstance(staged.target, SandboxTarget):
                lines[ref.uri] = f"{own.source} goes to the sandbox on this machine"
                continue
            ends = "for two days with each link" if staged.target.signs else until(None)
            lines[ref.uri] = f"{own.source} becomes public at {place}, for anyone with the link, {ends}"
        return tuple(lines.values())

    def agreement(self, requests: Iterable[ActTwoRequest]) -> Agreement | None:
        """Return what its user has not agreed to yet of what these requests make public; None for nothing.

        Args:
            requests: to be sent.
        """
        waiting = [one for one in self._waiting(requests) if needs_consent(one.target)]
        if not waiting:
            return None
        target = waiting[0].target
        names = dict.fromkeys(one.own.source for one in waiting if one.target.place == target.place)
        return Agreement(target.place, tuple(names), ending(target))

    def agree(self, requests: Iterable[ActTwoRequest], place: str) -> None:
        """Record that this user lets the files of requests become public at a place that was named to them.

        Args:
            requests: to be sent.
            place: where their files go; nothing happens if that is elsewhere.

        Raises:
            PublishError: it cannot be recorded.
        """
        for one in self._waiting(requests):
            if one.target.place == place:
                check_consent(one.target, [one.own.source], yes=True)

    def _waiting(self, requests: Iterable[ActTwoRequest]) -> list[_Staged]:
        """List the known files of requests that are not public yet."""
        staged = (self._staged.get(ref.uri.partition("?")[0]) for ref in _refs(requests))
        return [one for one in staged if one is not None and not one.is_there]

    def put_in_place(self, requests: Iterable[ActTwoRequest], clips: Path | str) -> None:
        """Publish the local files of requests, each once; copy them beside the clips if that is configured.

        Blocks; not for the engine's thread.

        Args:
            requests: to be sent.
            clips: the folder of their clips.

        Raises:
            InputError: a file could not be copied beside the clips; nothing was published.
            ConsentNeeded: nobody has agreed to the place; nothing was published.
            PublishError: a file could not be published.
            HistoryError: it could not be recorded.
        """
        requests = list(requests)
        with self._publishing:
            if self._core.config.keep_inputs:
                self._keep(requests, clips)
            waiting = [one for ref in _refs(requests) if (one := self._needed(ref.uri)) is not None]
            for place, target in {one.target.place: one.target for one in waiting}.items():
                check_consent(target, [one.own.source for one in waiting if one.target.place == place])
            for one in waiting:
                done = bring(self._core, one.own, one.target)
                one.is_there, one.ends = True, done.expires_at

    def _keep(self, requests: Iterable[ActTwoRequest], clips: Path | str) -> None:
        for ref in _refs(requests):
            own = self._by_content.get(identity_of(ref.uri))
            if own is None:
                continue
            try:
                copies.keep(clips, own.file, own.source, own.mime)
            except OSError as error:
                why = describe_error(error)
                raise InputError(
                    f"{own.source!r} could not be copied beside the clips ({why}). Nothing was sent. Make "
                    "room, or act.configure(keep_inputs=False)."
                ) from None

    def links(self, request: ActTwoRequest) -> ActTwoRequest:
        """Return a request with links that the service can fetch now: those of signing places are signed.

        Args:
            request: with addresses without signatures.

        Raises:
            PublishError: a link cannot be signed.
            RequestError: a link from elsewhere has ended.
        """
        changes: dict[str, Any] = {}
        for name in INPUTS:
            ref: MediaRef = getattr(request, name)
            staged = self._staged.get(ref.uri.partition("?")[0])
            if staged is not None and staged.target.signs:
                changes[name] = MediaRef(ref.type, staged.target.link(staged.own.name, LINK_S)[0])
        signed = request.replace(**changes) if changes else request
        check_link_ends(signed, self._core.engine.clock.now())
        return signed

    def _needed(self, uri: str) -> _Staged | None:
        """Return the file behind an address if it has to be brought to its place first."""
        address = uri.partition("?")[0]
        staged = self._staged.get(address)
        if staged is None and read_name(PurePosixPath(urlsplit(address).path).name) is not None:
            staged = self._of_another_kernel(address)
            if staged is not None:
                with self._lock:
                    self._staged[address] = staged
        return None if staged is None or staged.is_there else staged

    def _of_another_kernel(self, address: str) -> _Staged | None:
        """Take up a file that an earlier kernel has published, so that its link can be signed anew.

        It is trusted only if this user made its name, and its content is still on this machine.
        """
        name = address.rpartition("/")[2]
        parts = read_name(name)
        code = User().sign("published", parts[0]) if parts else None
        if parts is None or code is None or not code.startswith(parts[1]):
            return None
        core = self._core

        async def read() -> list[Publication]:
            return record.rows_of(core.engine.history, name)

        row = next((one for one in core.run(read()) if one.url == address), None)
        if row is None:
            return None
        try:
            file = OwnFile(Path(row.path))
        except OSError:
            return None
        if file.sha256 != row.sha256:
            return None
        if row.place == f"{core.config.base_url}/inputs":
            target: Target = SandboxTarget(core, core.config.endpoint)
        elif row.place.startswith(("http://", "https://")):
            return None
        else:
            base = None if row.signs else address.rpartition("/")[0]
            target = target_of_place(core, row.place if "://" in row.place else Path(row.place), base)
        note_name(row.sha256, row.source)
        return _Staged(Local(file, name, row.mime, row.source, row.source_sha256, row.role), target)


def _refs(requests: Iterable[ActTwoRequest]) -> list[MediaRef]:
    """List the inputs of requests, each once."""
    refs = {ref.uri: ref for request in requests for ref in (request.character, request.reference)}
    return list(refs.values())
