"""The panel: build a request in a form, see what it would cost and send, submit it, watch it."""

from __future__ import annotations

import contextvars
import random
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import ipywidgets

from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, RequestError, UnconfirmedError
from cometact_nb.views import panel_record, status, words
from cometact_nb.views.live_record import LiveRecord
from cometact_nb.views.panel_files import LocalFiles
from cometact_nb.views.panel_form import Gate, normal, request_of, type_told, values_of
from cometact_nb.views.panel_looks import Looks
from cometact_nb.views.panel_shown import about_error, about_form, about_service
from cometact_nb.views.panel_widget import PanelWidget
from cometact_nb.views.widget import StatusWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cometact_nb.domain.inspection import Role
    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.sessions import Session
    from cometact_nb.tasks import Task

__all__ = ["Panel"]

#: So many cards are drawn live below the form; ``panel.tasks`` has all.
CARDS = 12
SEEDS = 2**32


class Panel:
    """A form for one request, live in a notebook, and an object in Python.

    Args:
        session: submits and watches.
        initial: fields of :class:`ActTwoRequest` to begin with.
        read_magic: reads a pasted magic line, what stands after ``%act_two``.

    Raises:
        RequestError: ``initial`` has a field that no request has.
    """

    def __init__(
        self,
        session: Session,
        initial: Mapping[str, Any] | None = None,
        *,
        read_magic: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        self._session = session
        self._read_magic = read_magic
        self._files = LocalFiles(lambda: session.notebook_dir)
        self._gate = Gate()
        self._tasks: list[Task] = []
        self._last: ActTwoRequest | None = None
        self._said = ("", "", "")  # where, what, of which kind
        self._looks = Looks(session, self._news)
        self._pending = False
        self._drawing = threading.Lock()
        self._form = PanelWidget(values_of(initial or {}, read_magic), self._receive)
        self._cards = ipywidgets.VBox(
            layout=ipywidgets.Layout(max_width="880px", grid_gap="10px", margin="10px 0 0")
        )
        self._box = ipywidgets.VBox([self._form, self._cards])
        self._display = LiveRecord("Act-Two panel", lambda: self._box, lambda: panel_record.record(self))
        self._form.observe(self._changed, "values")
        self._refresh()
        self._looks.later(self.values)

    # --- what it holds -------------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, Any]:
        """What the form holds, valid or not."""
        return normal(self._form.values)

    @property
    def request(self) -> ActTwoRequest:
        """The request as the form is now.

        Raises:
            RequestError: with everything that is wrong.
        """
        return request_of(self.values, self._files.inline)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong (errors) or doubtful (warnings) about the form as it is now."""
        values = self.values
        try:
            request = request_of(values, self._files.inline)
            found = list(request.warnings)
        except RequestError as error:
            found = list(error.findings)
        else:
            try:
                self._session.check(request)
            except RequestError as error:
                found += error.findings
            except ActTwoError:
                pass  # no key: the form has a place of its own for that
        for look in self._looks.of(values).values():
            found += look.findings if look else ()
        return tuple({str(finding): finding for finding in found}.values())

    @property
    def last(self) -> ActTwoRequest | None:
        """The request that was submitted last; before that, the one in the form if it is valid."""
        if self._last is not None:
            return self._last
        try:
            return self.request
        except RequestError:
            return None

    @property
    def session(self) -> Session:
        """What submits and watches."""
        return self._session

    @property
    def view(self) -> ipywidgets.VBox:
        """The widget itself, to be put into a layout of your own."""
        return self._box

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What it submitted, newest first."""
        return tuple(self._tasks)

    @property
    def task(self) -> Task | None:
        """What it submitted last, or None."""
        return self._tasks[0] if self._tasks else None

    def __repr__(self) -> str:
        errors = sum(finding.severity == "error" for finding in self.findings)
        return f"<Panel: {errors} errors, {len(self._tasks)} tasks>"

    # --- what it does --------------------------------------------------------------------------------

    def load(self, thing: Any) -> Panel:
        """Fill the form from anything made before.

        Args:
            thing: a request, a task, a ``TaskState``, a mapping, or text: JSON, TOML, curl, Python, a magic
                line.

        Returns:
            this panel.

        Raises:
            RequestError: it is none of them, or has fields no request has.
        """
        self._fill(values_of(thing, self._read_magic))
        return self

    def submit(self) -> Task:
        """Send the request once, as the button does, and return when it is answered.

        Returns:
            the task.

        Raises:
            RequestError: the form is not a valid request; nothing was sent.
            ActTwoError: a submission of this panel is under way; nothing was sent. Otherwise as
                :meth:`Session.submit`.
        """
        if not self._gate.take():
            raise ActTwoError("This panel is sending a request; wait until that is answered.")
        return self._send()

    def show(self) -> None:
        """Show it in the current cell; again at the end of the same cell does nothing."""
        if not status.was_shown(f"panel {id(self)}"):
            self._display.show()

    def _ipython_display_(self) -> None:
        self.show()

    # --- messages from the browser, on any thread ----------------------------------------------------

    def _receive(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        match kind:
            case "submit":
                self._click(content)
            case "key":
                # Another thread's queue holds it for a moment; no state, log or output does.
                self._background(self._take_key, content.pop("key", ""))
            case "sandbox":
                self._background(self._switch, bool(content.get("on")))
            case "samples":
                self._session.call_soon(self._use_samples)
            case "paste":
                self._session.call_soon(self._paste, str(content.get("text", "")))
            case "upload":
                self._session.call_soon(self._upload, content, buffers)
            case _:
                self._soon()

    def _click(self, content: dict[str, Any]) -> None:
        """One click is one submission at the most: its token is good once, in whichever view it was made."""
        token, values = content.get("token"), content.get("values")
        if type(token) is int and isinstance(values, dict) and self._gate.take(token):
            # What the page showed when it was clicked; a busy kernel may not have heard of it yet.
            self._form.values = normal(values)
            self._background(self._send_as_shown, str(content.get("target", "")))
        else:
            self._form.send({"type": "not taken"})

    def _send_as_shown(self, target: str) -> None:
        with suppress(ActTwoError):  # it is told in the form
            self._send(target)

    def _take_key(self, key: object) -> None:
        try:
            self._session.configure(api_key=key if isinstance(key, str) else "")
            self._tell("", "The key is set for this kernel. It is kept in memory only.", "done")
        except ActTwoError as error:
            self._tell("key", words.message(error), "error")

    def _switch(self, on: bool) -> None:
        self._tell("", "Starting the sandbox…" if on else "", "")
        try:
            if on:
                self._session.use_sandbox()
            else:
                self._session.leave_sandbox()
            self._tell("", "", "")
        except ActTwoError as error:
            self._tell("", words.message(error), "error")

    def _use_samples(self) -> None:
        sandbox = self._session.sandbox
        if sandbox is not None:
            inputs = {"character": random.choice(sandbox.characters), "reference": sandbox.reference}  # noqa: S311
            self._fill({**self.values, **inputs, "character_type": ""})

    def _paste(self, text: str) -> None:
        try:
            self.load(text)
            self._tell("paste", "The form was filled. Look it over before you submit.", "done")
        except RequestError as error:
            self._tell("paste", words.message(error, 600), "error")

    def _upload(self, content: dict[str, Any], buffers: list[Any]) -> None:
        try:
            address = self._files.piece(content, buffers)
        except RequestError as error:
            self._tell(str(content.get("role")), words.message(error), "error")
            return
        if address:
            self._tell("", "", "")
            # Whoever agreed to send another file did not agree to this one.
            self._fill({**self.values, str(content["role"]): address, "allow_unlisted": False})

    # --- inside --------------------------------------------------------------------------------------

    def _send(self, target: str | None = None) -> Task:
        """Send once; the gate is taken and is released here."""
        self._said = ("", "", "")
        try:
            self._refresh()
            task = self._submitted(target)
            self._said = ("", "Accepted. The task is below; the form is free for the next one.", "done")
        except KeyboardInterrupt:
            self._said = ("", "Interrupted; the sending goes on. Its task is below.", "warning")
            self._adopt_interrupted()
            raise
        except UnconfirmedError as error:
            self._said = (
                "",
                "Sent, but the answer was lost. What to do stands below; do not resend.",
                "warning",
            )
            self._add(error.task)
            raise
        except ActTwoError as error:
            self._said = (*about_error(error), "error")
            raise
        except Exception as error:
            self._said = (
                "",
                f"This failed here ({type(error).__name__}); see the kernel's log.",
                "error",
            )
            raise
        finally:
            self._gate.release()
            self._refresh()
            self._display.update()
        return task

    def _submitted(self, target: str | None) -> Task:
        self._check_target(target)
        request = self.request
        self._check_unsettled(request)
        task = self._session.submit(request)
        self._add(task)
        self._next_seed()
        return task

    def _check_target(self, shown: str | None) -> None:
        """A page that shows the sandbox must never send to the service, whatever was configured since."""
        if shown is not None and shown != self._session.config.base_url:
            raise ActTwoError("Requests go elsewhere than this page showed. Nothing was sent: look again.")

    def _check_unsettled(self, request: ActTwoRequest) -> None:
        """What may have been bought already is not bought again by pressing the same button."""
        open_ones = {Status.SUBMITTING, Status.UNCONFIRMED}
        if any(task.status in open_ones and task.request == request for task in self._tasks):
            raise ActTwoError(
                "This very request was sent and its answer is not known: nothing was sent again. "
                "Settle its task below first. Its resubmit() sends it once more and may pay twice."
            )

    def _adopt_interrupted(self) -> None:
        """An interrupt ends the wait for the answer, not the sending: its task belongs in sight."""
        known = {task.key for task in self._tasks}
        for task in self._session.tasks()[:1]:
            if task.key not in known:
                self._add(task)

    def _next_seed(self) -> None:
        values = self.values
        if values["seed"] is not None and not values["seed_locked"]:
            self._form.values = {**values, "seed": random.randrange(SEEDS)}  # noqa: S311

    def _add(self, task: Task) -> None:
        card = StatusWidget(task)
        self._tasks.insert(0, task)
        self._last = task.request
        self._cards.children = (card, *self._cards.children)[:CARDS]

        def changed(_: Task) -> None:
            card.draw()
            if task.state.is_settled:
                self._display.update()

        task.add_listener(changed)
        self._session.call_soon(changed, task)  # what happened before the listening would go unseen

    def _fill(self, values: Mapping[str, Any]) -> None:
        self._form.values = normal(values)
        self._soon()

    def _tell(self, place: str, text: str, kind: str) -> None:
        self._said = (place, text, kind)
        self._soon()

    def _changed(self, _: Any) -> None:
        """The form was edited: on any thread, so it is only noted."""
        if not self._gate.taken:
            self._said = ("", "", "")
        self._soon()
        self._looks.later(self.values)

    def _soon(self) -> None:
        if not self._pending:
            self._pending = True
            self._session.call_soon(self._refresh)

    def _refresh(self) -> None:
        """Tell the page what is known now."""
        self._pending = False
        with self._drawing:
            values, config = self.values, self._session.config
            looks = self._looks.of(values)
            place, text, kind = self._said
            shown = about_form(values, self.findings, looks, sandbox=config.sandbox)
            shown |= about_service(self._session)
            shown |= {"said": {"place": place, "text": text, "kind": kind}}
            shown |= {"token": self._gate.token, "sending": self._gate.taken, "tasks": len(self._tasks)}
            self._form.shown = shown

    def _news(self, role: Role) -> None:
        """An inspection brought something; it may tell what kind of file the character is."""
        values, look = self.values, self._looks.of(self.values).get(role)
        if role == "character" and look and look.facts.kind and not type_told(values):
            self._fill({**values, "character_type": look.facts.kind})
        self._refresh()

    def _background(self, work: Callable[..., None], *args: Any) -> None:
        """Run ``work`` on a thread of its own: it may take long, and the notifier's draws every card."""
        thread = threading.Thread(target=work, args=args, name="cometact_nb-panel", daemon=True)
        contextvars.Context().run(thread.start)
