"""Follows a form's files of this machine: looks at them, prepares the part that the page chose."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection.findings import REFERENCE_S, published
from cometact_nb.domain.media import infer_type
from cometact_nb.errors import ActTwoError
from cometact_nb.handles.prepare import begin
from cometact_nb.store.clips.probe import can_probe
from cometact_nb.store.inputs.stills import stills
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.output import in_background
from cometact_nb.views.panel.form import INPUTS
from cometact_nb.views.panel.sweep_form import addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.handles.session import Session
    from cometact_nb.views.panel.files import LocalFiles
    from cometact_nb.views.panel.ready import ReadyFiles

    Send = Callable[..., object]
    Tell = Callable[[str, str, str], None]

__all__ = ["PanelFiles"]

log = logging.getLogger("cometact_nb")
#: The most pictures of one file, and the least progress that is worth a message.
_MOST_STILLS, _STEP = 16, 0.01
_PRIVATE = "Location, device and other personal data in the file are left out."
_NEEDS = "Preparing a file needs PyAV and Pillow: pip install 'cometact_nb[video]'."


@dataclass
class _Own:
    """One input's file.

    Args:
        address: in the form, before it was prepared.
        path: of the file.
        inspection: None while it is looked at, or where that failed.
        stage: as ``OwnFile`` of ``wire.d.ts`` has it.
        progress: 0–1.
        changes: sentences about what preparing it has changed.
        result: the prepared file's address in the form, once there is one.
        work: the preparation, while it runs.
        cut: the part that a page has chosen, as ``Cut`` of ``wire.d.ts`` has it.
    """

    address: str
    path: Path
    inspection: Inspection | None = None
    stage: str = "looking"
    progress: float = 0.0
    changes: tuple[str, ...] = ()
    result: str = ""
    work: Any = None
    cut: dict[str, Any] | None = None


class PanelFiles:
    """The files of this machine in one form.

    Args:
        session: inspects and prepares.
        files: finds a file by its address.
        ready: gets the files that were prepared.
        send: sends the page a message, with buffers.
        tell: shows a message beside a field: place, text, kind.
        replace: puts another address in an input's place: role, present address, new one.
    """

    def __init__(
        self,
        session: Session,
        files: LocalFiles,
        ready: ReadyFiles,
        send: Send,
        tell: Tell,
        replace: Callable[[Role, str, str], None],
    ) -> None:
        self._session = session
        self._files = files
        self._ready = ready
        self._send = send
        self._tell = tell
        self._replace = replace
        self._lock = threading.RLock()
        self._own: dict[Role, _Own] = {}
        self._by_result: dict[str, _Own] = {}  #: by the address of the prepared file
        self._last_message: list[dict[str, Any]] = []

    # --- the form's files ----------------------------------------------------------------------------

    def follow(self, values: Mapping[str, Any]) -> None:
        """Look at the files that came into a form, and let go of those that left it."""
        with self._lock:
            for role in INPUTS:
                self._follow(role, addresses(role, values))
        self._draw()

    def _follow(self, role: Role, held: list[str]) -> None:
        own = self._own.get(role)
        if own is not None and held and (own.result or own.address) in held:
            return
        if own is not None and own.work is not None:
            own.work.cancel()
        self._own.pop(role, None)
        for address in reversed(held):  # the last one came last
            earlier = self._by_result.get(address)
            if earlier is not None:
                self._own[role] = earlier
                return
            path = self._files.path(address)
            if path is not None:
                self._own[role] = own = _Own(address, path)
                look = self._session.begin_inspect(path, role)
                look.add_done_callback(self._when_looked(own))
                return

    def _when_looked(self, own: _Own) -> Callable[[Future[Inspection]], None]:
        """Hands an answer from the engine's thread to the notifier's."""
        return lambda done: self._session.call_soon(self._note_look, own, done)

    def _note_look(self, own: _Own, done: Future[Inspection]) -> None:
        with self._lock:
            if not done.cancelled() and done.exception() is None:
                own.inspection = done.result()
            own.stage = "new"
        self._draw()

    def show(self) -> None:
        """Tell a new page how the files stand."""
        self._draw(again=True)

    def _draw(self, *, again: bool = False) -> None:
        with self._lock:
            described = [_describe(role, own) for role, own in self._own.items()]
            if described == self._last_message and not again:
                return
            self._last_message = described
            self._send({"type": "own", "files": described})

    # --- what the page asks for ----------------------------------------------------------------------

    def receive(self, kind: str, content: Mapping[str, Any]) -> None:
        """Do what a message about a file asks for."""
        doings = {"prepare": self.prepare, "choose": self.choose, "stop": self.stop, "reopen": self.reopen}
        doings[kind](content)

    def frames(self, content: Mapping[str, Any]) -> None:
        """Send pictures of a file, on a thread of their own."""
        path = self._files.path(str(content.get("address", "")))
        count = content.get("count")
        most = min(count, _MOST_STILLS) if type(count) is int else 1
        in_background(self._send_frames, dict(content), path, max(1, most))

    def prepare(self, content: Mapping[str, Any]) -> None:
        """Begin to prepare a file as the page's editor says; its address in the form becomes the result's."""
        role, own = self._open(content)
        if role is None or own is None:
            return
        cut = own.cut = _cut(content)
        own.stage, own.progress = "preparing", 0.0
        self._tell(role, "", "")
        try:
            work = begin(
                self._session, own.path, role, **cut, progress=lambda share: self._went_on(own, share)
            )
        except ActTwoError as error:
            self._failed(role, own, error)
            return
        own.work = work
        work.future.add_done_callback(lambda done: self._session.call_soon(self._ended, role, own, done))
        self._draw()

    def choose(self, content: Mapping[str, Any]) -> None:
        """Keep the part that a page's editor shows, so that a page that is loaded later shows it, too."""
        _, own = self._open(content)
        if own is not None:
            own.cut = _cut(content)

    def _open(self, content: Mapping[str, Any]) -> tuple[Role | None, _Own | None]:
        """Return the input of a message, and its file if the page shows that one and it can be prepared."""
        role = next((role for role in INPUTS if role == content.get("role")), None)
        own = self._own.get(role) if role is not None else None
        is_open = own is not None and own.stage == "new" and own.address == content.get("address")
        return role, own if is_open else None

    def stop(self, content: Mapping[str, Any]) -> None:
        """Cancel the preparation of an input's file."""
        own = self._of(content)
        if own is not None and own.work is not None:
            own.work.cancel()

    def reopen(self, content: Mapping[str, Any]) -> None:
        """Put the file as it was in the place of the prepared one, to prepare another part of it."""
        own = self._of(content)
        if own is None or not own.result:
            return
        result, own.result, own.stage, own.changes = own.result, "", "new", ()
        self._replace(content["role"], result, own.address)
        self._draw()

    def _of(self, content: Mapping[str, Any]) -> _Own | None:
        role = content.get("role")
        return self._own.get(role) if role in INPUTS else None

    def _went_on(self, own: _Own, share: float) -> None:
        """Note how far a preparation is, on its own thread."""
        if share - own.progress >= _STEP:
            own.progress = share
            self._session.call_soon(self._draw)

    def _ended(self, role: Role, own: _Own, done: Future[Any]) -> None:
        own.work = None
        error = done.exception()
        if isinstance(error, CancelledError):
            own.stage = "new"
            self._draw()
            return
        if error is not None:
            self._failed(role, own, error)
            return
        prepared = done.result()
        own.stage, own.progress, own.changes = "prepared", 1.0, tuple(prepared.changes)
        own.result = self._address(prepared.path)
        self._by_result[own.result] = own
        self._ready.add(own.result, prepared)
        if self._own.get(role) is own:
            self._replace(role, own.address, own.result)
        self._draw()

    def _failed(self, role: Role, own: _Own, error: BaseException) -> None:
        own.stage = "new"
        self._draw()
        if isinstance(error, ActTwoError):
            self._tell(role, words.message(error, 600), "error")
        else:
            log.error("a file could not be prepared", exc_info=error)
            self._tell(role, f"This failed here ({type(error).__name__}); see the kernel's log.", "error")

    def _address(self, path: Path) -> str:
        """Return a path as the form has it: from the notebook's folder where it is inside."""
        folder = self._session.notebook_dir
        with suppress(ValueError):
            return path.relative_to(folder).as_posix()
        return str(path)

    def _send_frames(self, content: dict[str, Any], path: Path | None, count: int) -> None:
        pictures = stills(path, count) if path is not None else []
        answer = {"type": "frames", "view": content.get("view"), "address": content.get("address")}
        self._send({**answer, "at": [at for at, _ in pictures]}, [jpeg for _, jpeg in pictures])


def _cut(content: Mapping[str, Any]) -> dict[str, Any]:
    """Read the part of a message."""
    return {name: content.get(name) for name in ("start_s", "end_s", "crop", "turn")}


def _expected(role: Role, own: _Own) -> list[str]:
    """List the sentences about what preparing a file will change, as far as a look at it shows."""
    if own.inspection is None:
        return []
    if not can_probe():
        return [_NEEDS]
    length_s = own.inspection.facts.duration_s
    if role == "reference" and length_s is not None and length_s < REFERENCE_S[0]:
        return []  # no part of it is long enough
    # Each begins with "is" or "has", and is about the file.
    to_publish = published("").problem  # which preparing does not mend
    findings = [finding for finding in own.inspection.findings if finding.problem != to_publish]
    problems = [f"It {finding.problem}." for finding in findings]
    return [*problems, _PRIVATE]


def _describe(role: Role, own: _Own) -> dict[str, Any]:
    """Describe a file for ``OwnFile`` of ``wire.d.ts``."""
    facts = own.inspection.facts if own.inspection is not None else None
    kind = (facts.kind if facts is not None else None) or infer_type(own.path.name) or "video"
    return {
        "role": role,
        "address": own.address,
        "kind": kind,
        "width": facts.width if facts is not None else None,
        "height": facts.height if facts is not None else None,
        "duration_s": facts.duration_s if facts is not None else None,
        "stage": own.stage,
        "progress": round(own.progress, 2),
        "changes": [words.clean(one, 400) for one in own.changes or _expected(role, own)],
        "able": can_probe(),
        "cut": own.cut,
    }
