"""The panel: build a request or a sweep in a form, see what it would cost and send, submit it, watch it."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ipywidgets

from cometact_nb.domain.doors import doors
from cometact_nb.engine.notify import Soon
from cometact_nb.errors import ActTwoError, ApprovalNeeded, ConfigError, RequestError
from cometact_nb.handles.task import Task
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.once import Gate
from cometact_nb.views.base.output import in_background
from cometact_nb.views.panel import record as panel_record
from cometact_nb.views.panel.content import Content
from cometact_nb.views.panel.drawing import about_error, about_form, about_service
from cometact_nb.views.panel.files import LocalFiles
from cometact_nb.views.panel.form import normal, type_told
from cometact_nb.views.panel.inspections import Looks
from cometact_nb.views.panel.load import values_of
from cometact_nb.views.panel.offer import Bought, Known, Offer, about_sweep, offer_of
from cometact_nb.views.panel.submit import Click, Sent, check_price, check_target, click_of, next_seed
from cometact_nb.views.panel.sweep_form import with_input
from cometact_nb.views.panel.widget import PanelWidget
from cometact_nb.views.task import show as status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Cells, Spec
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.plan import Plan
    from cometact_nb.handles.sweep.sweep import Sweep

__all__ = ["Panel"]


@doors
class Panel:
    """A form for one request or a sweep, live in a notebook, and an object in Python.

    Args:
        session: submits and watches.
        initial: fields of :class:`ActTwoRequest` to begin with; a list of values makes it a sweep.

    Raises:
        RequestError: ``initial`` has a field that no request has.
    """

    def __init__(
        self,
        session: Session,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self._session = session
        self._files = LocalFiles(lambda: session.notebook_dir)
        self._gate = Gate()
        self._said = ("", "", "")  # where, what, of which kind
        self._looks = Looks(session, self._news)
        self._content = Content(session, self._files, self._looks)
        self._bought = Bought(session, self._refresh)
        self._offer: Offer | None = None
        self._is_switching = False  #: the gate is taken for the service, not for a request
        self._drawing = threading.Lock()
        self._soon = Soon(session.call_soon, self._refresh)
        self._form = PanelWidget(values_of(initial or {}), self._receive)
        self._sent = Sent(session, self._went_on)
        self._box = ipywidgets.VBox([self._form, self._sent.view])
        self._display = LiveOutput("Act-Two panel", lambda: self._box, self._record)
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
            RequestError: with everything that is wrong; or the form holds a sweep of several.
        """
        return self._content.request(self.values)

    @property
    def plan(self) -> Plan:
        """What the sweep in the form would buy and cost; waits for the inspection of its inputs.

        Raises:
            RequestError: with everything that is wrong about any of its requests.
            ConfigError: the form holds one request, no sweep.
            HistoryError: the history could not be read.
        """
        if not self.values["sweep"]:
            raise ConfigError("The form holds one request. Choose Sweep in it, or load several values.")
        return self._session.sweep(**self._content.fields(self.values)).plan

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong (errors) or doubtful (warnings) about the form as it is now."""
        return self._content.judged(self.values)[0]

    @property
    def last(self) -> ActTwoRequest | Spec | None:
        """What was submitted last, a request or a sweep; before that, what the form holds if it is valid."""
        if self._sent.all:
            thing = self._sent.all[0]
            return thing.request if isinstance(thing, Task) else thing.spec
        try:
            return self._content.cells(self.values)[0] if self.values["sweep"] else self.request
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
        """The single requests that it submitted, newest first."""
        return tuple(self._sent.tasks)

    @property
    def task(self) -> Task | None:
        """The request that it submitted last, or None."""
        return self._sent.tasks[0] if self._sent.tasks else None

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The sweeps that it submitted, newest first."""
        return tuple(self._sent.sweeps)

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that it submitted last, or None."""
        return self._sent.sweeps[0] if self._sent.sweeps else None

    @property
    def submitted(self) -> tuple[Task | Sweep, ...]:
        """Everything that it submitted, newest first."""
        return tuple(self._sent.all)

    def __repr__(self) -> str:
        errors = sum(finding.severity == "error" for finding in self.findings)
        sweeps = f", {len(self._sent.sweeps)} sweeps" if self._sent.sweeps else ""
        return f"<Panel: {errors} errors, {len(self._sent.tasks)} tasks{sweeps}>"

    def _record(self) -> dict[str, str]:
        return panel_record.record(self.session, self.last, self.submitted)

    # --- what it does --------------------------------------------------------------------------------

    def load(self, thing: Any) -> Panel:
        """Fill the form from anything made before.

        Args:
            thing: a request, a task, a cell of a sweep, a ``TaskState`` or a row of the history; a sweep, or
                the history's record of one; a mapping of fields, with lists for a sweep; a list of requests;
                or text: JSON, TOML, curl, Python, a magic line.

        Returns:
            this panel.

        Raises:
            RequestError: it is none of them, has fields no request has, or is a sweep that is no grid.
        """
        self._fill(values_of(thing))
        self._display.update()
        return self

    def submit(self, *, yes: bool = False) -> Task | Sweep:
        """Send what the form holds once, as the button does.

        Args:
            yes: buy a sweep also above ``configure(ask_above=…)``, as in :meth:`Sweep.run`.

        Returns:
            the task, when its request is answered; or the sweep, which goes on in the background.

        Raises:
            RequestError: the form is not valid; nothing was sent.
            ApprovalNeeded: the sweep costs more than goes without a yes; nothing was sent.
            ActTwoError: a submission of this panel is under way; nothing was sent. Otherwise as
                :meth:`Session.submit` and :meth:`Sweep.run`.
        """
        if not self._gate.take():
            raise ActTwoError(
                "This panel is sending a request or starts the sandbox; wait until that is done."
            )
        return self._send(yes=yes)

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
                in_background(self._take_key, content.pop("key", ""))
            case "sandbox":
                self._begin_switch(on=bool(content.get("on")))
            case "samples":
                self._session.call_soon(self._use_samples)
            case "decline":
                self._offer = None
                self._soon()
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
            in_background(self._send_as_shown, click_of(self._form.values, content))
        else:
            self._form.send({"type": "not taken"})

    def _send_as_shown(self, click: Click) -> None:
        with suppress(ActTwoError):  # it is told in the form
            self._send(click)

    def _take_key(self, key: object) -> None:
        try:
            self._session.configure(api_key=key if isinstance(key, str) else "")
            self._tell("", "The key is set for this kernel. It is kept in memory only.", "done")
        except ActTwoError as error:
            self._tell("key", words.message(error), "error")

    def _begin_switch(self, *, on: bool) -> None:
        """Switch as a submission of its own: a click on a page of before finds its token spent."""
        if self._gate.take():
            self._is_switching = True
            in_background(self._switch, on)
        else:
            self._tell("", "A request is being sent. Switch when it is answered.", "error")

    def _switch(self, on: bool) -> None:
        self._tell("", "Starting the sandbox…" if on else "", "")
        said = ("", "", "")
        try:
            if on:
                self._session.use_sandbox()
            else:
                self._session.leave_sandbox()
        except ActTwoError as error:
            said = ("", words.message(error), "error")
        finally:
            self._is_switching, self._offer = False, None
            self._gate.release()
            self._tell(*said)

    def _use_samples(self) -> None:
        sandbox = self._session.sandbox
        if sandbox is not None:
            values = {**self.values, "character_type": ""}
            values = with_input(values, "character", random.choice(sandbox.characters))  # noqa: S311
            self._fill(with_input(values, "reference", sandbox.reference))

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
            values = with_input(self.values, str(content["role"]), address, more=True)
            self._fill({**values, "allow_unlisted": False})

    # --- inside --------------------------------------------------------------------------------------

    def _send(self, click: Click | None = None, *, yes: bool = False) -> Task | Sweep:
        """Send once; the gate is taken and is released here.

        What was on the page at the click is sent, whatever has become of the form since.
        """
        values = self.values if click is None else click.values
        self._said = ("", "", "")
        offer, self._offer = self._offer, None
        config = self._session.config  # once: another thread may configure another service meanwhile
        try:
            self._refresh()
            check_target(click, config)
            if values["sweep"]:
                agreed = offer if click is not None and click.agreed else None
                sent: Task | Sweep = self._sweep(values, config, click, agreed, yes=yes)
            else:
                sent = self._one(values, config, click)
        except BaseException as error:
            self._said = about_error(error)
            raise
        finally:
            self._gate.release()
            self._bought.forget()
            self._refresh()
            self._display.update()
        return sent

    def _one(self, values: dict[str, Any], config: Config, click: Click | None) -> Task:
        check_price(click, config.price.usd_per_request)
        task = self._sent.request(self._content.request(values), config)
        self._form.values = next_seed(self.values, values)
        self._said = ("", "Accepted. The task is below; the form is free for the next one.", "done")
        return task

    def _sweep(
        self, values: dict[str, Any], config: Config, click: Click | None, offer: Offer | None, *, yes: bool
    ) -> Sweep:
        """Run the sweep, for as much as ``offer`` named if it was for this very sweep at this service."""
        fields, spec = self._content.fields(values), self._content.cells(values)[0]
        is_for_it = offer is not None and (offer.spec, offer.base_url) == (spec, config.base_url)
        limit = offer.total_usd if offer is not None and is_for_it else None
        try:
            sweep = self._sent.sweep(fields, config, limit, None if is_for_it else click, yes=yes)
        except ApprovalNeeded as error:
            if self.values == values:  # else the page shows something else by now
                self._offer = offer_of(spec, config.base_url, error)
            raise
        done = all(cell.job is not None and cell.job.state.is_settled for cell in sweep.cells)
        told = "All of it was bought before; nothing was sent." if done else "Started."
        self._said = ("", f"{told} The sweep is below; the form is free for the next one.", "done")
        return sweep

    def _went_on(self, ended: bool) -> None:
        self._soon()
        if ended:
            self._bought.forget()
            self._display.update()

    def _about_sweep(self, spec: Spec, cells: Cells) -> dict[str, Any]:
        sweep = self._sent.like(spec)
        known = self._bought.of(spec, cells)
        if sweep is not None:
            known = replace(known or Known(), counts=sweep.counts)
        return about_sweep(cells, known, self._session.config)

    def _fill(self, values: Mapping[str, Any]) -> None:
        self._form.values = normal(values)
        self._soon()

    def _tell(self, place: str, text: str, kind: str) -> None:
        self._said = (place, text, kind)
        self._soon()

    def _changed(self, _: Any) -> None:
        """The form was edited: on any thread, so it is only noted."""
        if not self._gate.taken:
            self._said, self._offer = ("", "", ""), None
        self._soon()
        self._looks.later(self.values)

    def _refresh(self) -> None:
        """Tell the page what is known now."""
        with self._drawing:
            values, config = self.values, self._session.config
            findings, swept = self._content.judged(values)
            place, text, kind = self._said
            shown = about_form(values, findings, self._looks.of(values), swept, sandbox=config.sandbox)
            shown |= about_service(self._session)
            shown["sweep"] = self._about_sweep(*swept) if swept is not None else None
            offer = self._offer
            shown["offer"] = {"text": offer.text, "button": offer.button} if offer is not None else None
            shown |= {"said": {"place": place, "text": text, "kind": kind}}
            sending = self._gate.taken and not self._is_switching
            shown |= {"token": self._gate.token, "sending": sending, "sent": len(self._sent.all)}
            self._form.shown = shown

    def _news(self, role: Role) -> None:
        """An inspection brought something; it may tell what kind of file the character is."""
        values = self.values
        look: Inspection | None = self._looks.of(values)[role].get(values[role])
        one = role == "character" and not values["sweep"] and not type_told(values)
        if one and look is not None and look.facts.kind:
            self._fill({**values, "character_type": look.facts.kind})
        self._refresh()
