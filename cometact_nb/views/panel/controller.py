"""Connects a panel's form with the session: handles the page's messages, and updates the page."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.engine.notify import Soon
from cometact_nb.errors import ActTwoError, ApprovalNeeded, RequestError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.once import Gate
from cometact_nb.views.base.output import in_background
from cometact_nb.views.panel.content import Content
from cometact_nb.views.panel.drawing import about_error, about_form, about_service
from cometact_nb.views.panel.files import LocalFiles
from cometact_nb.views.panel.form import EMPTY, INPUTS, knows_type, normal
from cometact_nb.views.panel.inspections import Looks
from cometact_nb.views.panel.limit import LimitLookup
from cometact_nb.views.panel.links import Links
from cometact_nb.views.panel.load import values_of
from cometact_nb.views.panel.offer import Offer, PastPurchases, PurchaseLookup, about_sweep, offer_of
from cometact_nb.views.panel.own_file import PanelFiles
from cometact_nb.views.panel.ready import ReadyFiles
from cometact_nb.views.panel.submit import Click, Submissions, check_price, check_target, click_of, next_seed
from cometact_nb.views.panel.sweep_form import addresses, with_input
from cometact_nb.views.panel.widget import PanelWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.sweep.grid import Cells, Spec
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task

__all__ = ["PanelController"]


class PanelController:
    """Handles messages of a panel's page, on any thread, and updates the page.

    Args:
        session: submits and watches.
        initial: values of the form.
        ended: called when the panel's record may change: after a submission, a paste, and the end of a task
            or sweep.
    """

    def __init__(self, session: Session, initial: Mapping[str, Any], ended: Callable[[], None]) -> None:
        self.session = session
        self._ended = ended
        self._files = LocalFiles(lambda: session.notebook_dir)
        self._gate = Gate()
        self._message = ("", "", "")  # place, text and kind of the message
        self._links = Links(lambda name: self._looks.forget(name))  # noqa: PLW0108  (made in the next line)
        self._looks = Looks(session, self._links, self._news)
        self._sent_links: dict[str, str] = {}
        #: Reads the form's values.
        ready = ReadyFiles(session)
        self.content = Content(session, self._links, self._files, self._looks, ready)
        self._purchases = PurchaseLookup(session, self._refresh)
        self._limit = LimitLookup(session, self._refresh)
        self._offer: Offer | None = None
        self._is_switching = False  #: the gate is taken to switch the service, not for a request
        self._drawing = threading.Lock()
        self._soon = Soon(session.call_soon, self._refresh)
        #: The submitted tasks and sweeps, and their live views.
        self.submissions = Submissions(session, self._went_on)
        #: The form in the page.
        self.form = PanelWidget(initial, self._receive, self._links.hide, self.submissions.leave)
        self._own = PanelFiles(session, self._files, ready, self._send_page, self._tell, self._replace_input)
        self.form.observe(self._changed, "values")
        self._refresh()
        self._looks.later(self.values)
        self._own.follow(self.values)

    @property
    def values(self) -> dict[str, Any]:
        """The values in the form, valid or not."""
        return normal(self.form.values)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being sent, and the page knows that."""
        return not self._gate.is_taken and self.form.shown["token"] == self._gate.token

    def fill(self, values: Mapping[str, Any]) -> None:
        """Fill the form with ``values``."""
        self.form.values = normal(values)
        self._soon()

    def submit(self, *, yes: bool) -> Task | Sweep:
        """See :meth:`Panel.submit`."""
        if not self._gate.take():
            raise ActTwoError(
                "This panel is sending a request or starts the sandbox; wait until that is done."
            )
        return self._send(yes=yes)

    # --- messages from the browser, on any thread ----------------------------------------------------

    def _receive(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        match kind:
            case "submit":
                self._click(content)
            case "key":
                # The key is in another thread's queue for a moment, but in no state, log or output.
                in_background(self._take_key, content.pop("key", ""))
            case "sandbox":
                self._begin_switch(on=bool(content.get("on")))
            case "samples":
                self.session.call_soon(self._use_samples)
            case "decline":
                self._offer = None
                self._soon()
            case "paste":
                self.session.call_soon(self._paste, str(content.get("text", "")), content.get("place"))
            case "upload":
                self.session.call_soon(self._upload, content, buffers)
            case "prepare" | "choose" | "stop" | "reopen":
                self.session.call_soon(self._own.receive, kind, content)
            case "frames":
                self._own.frames(content)
            case _:
                self._sent_links = {}  # a new view knows none
                self._soon()
                self.session.call_soon(self._own.show)

    def _click(self, content: dict[str, Any]) -> None:
        """Submit once for a click: its token is valid once, in any view."""
        token, values = content.get("token"), content.get("values")
        if type(token) is int and isinstance(values, dict) and self._gate.take(token):
            # The page's content at the click, of which a busy kernel may not know yet.
            clicked = self.form.values = self._links.hide(normal(values))
            in_background(self._send_as_shown, click_of(clicked, content))
        else:
            self.form.send({"type": "not taken"})

    def _send_as_shown(self, click: Click) -> None:
        with suppress(ActTwoError):  # the form says so
            self._send(click)

    def _take_key(self, key: object) -> None:
        try:
            self.session.configure(api_key=key if isinstance(key, str) else "")
            self._tell("", "The key is set for this kernel. It is kept in memory only.", "done")
        except ActTwoError as error:
            self._tell("key", words.message(error), "error")

    def _begin_switch(self, *, on: bool) -> None:
        """Switch like a submission, so that a click on an old page has a spent token."""
        if self._gate.take():
            self._is_switching = True
            in_background(self._switch, on)
        else:
            self._tell("", "A request is being sent. Switch when it is answered.", "error")

    def _switch(self, on: bool) -> None:
        self._tell("", "Starting the sandbox…" if on else "", "")
        message = ("", "", "")
        try:
            if on:
                self.session.use_sandbox()
            else:
                self.session.leave_sandbox()
        except ActTwoError as error:
            message = ("", words.message(error), "error")
        finally:
            self._is_switching, self._offer = False, None
            self._gate.release()
            self._tell(*message)

    def _use_samples(self) -> None:
        sandbox = self.session.sandbox
        if sandbox is not None:
            values = {**self.values, "character_type": ""}
            values = with_input(values, "character", random.choice(sandbox.characters))  # noqa: S311
            self.fill(with_input(values, "reference", sandbox.reference))

    def _paste(self, text: str, field: object) -> None:
        """Fill the form from code, and say so where it was pasted: in a field, or the place for code."""
        place = field if isinstance(field, str) and field in {*EMPTY, "key", ""} else "paste"
        try:
            self.fill(values_of(text))
            self._tell(place, "The form was filled. Look it over before you submit.", "done")
        except RequestError as error:
            self._tell(place, f"Nothing was filled in: {words.message(error, 600)}", "error")

    def _upload(self, content: dict[str, Any], buffers: list[Any]) -> None:
        answer = {"type": "kept", "view": content.get("view"), "role": content.get("role")}
        try:
            address = self._files.uploads.piece(content, buffers)
        except RequestError as error:
            self._tell(str(content.get("role")), words.message(error), "error")
            self.form.send({**answer, "address": ""})
            return
        if address:
            self._tell("", "", "")
            self.form.send({**answer, "address": address})
            # The user agreed to send another file, not this one.
            values = with_input(self.values, str(content["role"]), address, more=True)
            self.fill({**values, "allow_unlisted": False})

    def _send_page(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.form.send(content, buffers)

    def _replace_input(self, role: Role, present: str, new: str) -> None:
        """Put another file in the place of one of an input's."""
        values, held = self.values, addresses(role, self.values)
        if not values["sweep"]:
            self.fill({**values, role: new} if values[role] == present else values)
        elif present in held:
            lines = "\n".join(new if address == present else address for address in held)
            self.fill({**values, "axes": {**values["axes"], role: lines}})

    # --- inside --------------------------------------------------------------------------------------

    def _send(self, click: Click | None = None, *, yes: bool = False) -> Task | Sweep:
        """Send once, and release the gate, which the caller has taken.

        It sends the page's content at the click, whatever happened to the form since.
        """
        values = self.values if click is None else click.values
        self._message = ("", "", "")
        offer, self._offer = self._offer, None
        config = self.session.config  # once: another thread may configure another service meanwhile
        try:
            self._refresh()
            check_target(click, config)
            if click is not None and click.place:
                self.content.agree(values, click.place)
            if values["sweep"]:
                agreed = offer if click is not None and click.agreed else None
                handle: Task | Sweep = self._sweep(values, config, click, agreed, yes=yes)
            else:
                handle = self._one(values, config, click)
        except BaseException as error:
            self._message = about_error(error)
            raise
        finally:
            self._gate.release()
            self._forget_purchases()
            self._refresh()
            self._ended()
        return handle

    def _one(self, values: dict[str, Any], config: Config, click: Click | None) -> Task:
        check_price(click, config.price.usd_per_request)
        task = self.submissions.request(self.content.request(values), config)
        self.form.values = next_seed(self.values, values)
        self._message = ("", "Accepted. The task is below; the form is free for the next one.", "done")
        return task

    def _sweep(
        self, values: dict[str, Any], config: Config, click: Click | None, offer: Offer | None, *, yes: bool
    ) -> Sweep:
        """Run the sweep, up to the price of ``offer`` if that was for this very sweep at this service."""
        fields, spec = self.content.fields(values), self.content.cells(values)[0]
        is_for_it = offer is not None and (offer.spec, offer.base_url) == (spec, config.base_url)
        limit = offer.total_usd if offer is not None and is_for_it else None
        read = is_for_it and offer is not None and offer.names_refusal
        click = None if is_for_it else click
        try:
            sweep = self.submissions.sweep(fields, config, limit, click, yes=yes, all_the_same=read)
        except ApprovalNeeded as error:
            if self.values == values:  # else the page shows something else by now
                self._offer = offer_of(spec, config.base_url, error)
            raise
        done = all(cell.job is not None and cell.job.state.is_settled for cell in sweep.cells)
        outcome = "All of it was bought before; nothing was sent." if done else "Started."
        self._message = ("", f"{outcome} The sweep is below; the form is free for the next one.", "done")
        return sweep

    def _went_on(self, ended: bool) -> None:
        self._soon()
        if ended:
            self._forget_purchases()
            self._ended()

    def _forget_purchases(self) -> None:
        self._purchases.forget()
        self._limit.forget()

    def _about_sweep(self, spec: Spec, cells: Cells) -> dict[str, Any]:
        sweep = self.submissions.like(spec)
        bought = self._purchases.of(spec, cells)
        if sweep is not None:
            bought = replace(bought or PastPurchases(), counts=sweep.counts)
        return about_sweep(cells, bought, self.session.config)

    def _tell(self, place: str, text: str, kind: str) -> None:
        self._message = (place, text, kind)
        self._soon()

    def _changed(self, _: Any) -> None:
        """Note that the form was edited, on any thread."""
        if not self._gate.is_taken:
            self._message, self._offer = ("", "", ""), None
        self._soon()
        self._looks.later(self.values)
        # With the values that it holds by then: a file that was prepared meanwhile has another address.
        self.session.call_soon(lambda: self._own.follow(self.values))

    def _refresh(self) -> None:
        """Update the page."""
        with self._drawing:
            values, config = self.values, self.session.config
            findings, plan = self.content.judged(values)
            place, text, kind = self._message
            looks, links = self._looks.of(values), self.content.links(values)
            description = about_form(values, findings, looks, plan, links, sandbox=config.sandbox)
            publishes = self.content.publishes(values, plan)
            if publishes["notes"]:
                description["findings"].setdefault("", []).extend(publishes["notes"])
            description["agreement"] = publishes["agreement"]
            description |= about_service(self.session)
            description["limit"] = self._limit.line()
            description["sweep"] = self._about_sweep(*plan) if plan is not None else None
            offer = self._offer
            description["offer"] = {"text": offer.text, "button": offer.button} if offer is not None else None
            description |= {"said": {"place": place, "text": text, "kind": kind}}
            sending = self._gate.is_taken and not self._is_switching
            description |= {"token": self._gate.token, "sending": sending}
            self.form.shown = description
            self._send_links(values)

    def _send_links(self, values: Mapping[str, Any]) -> None:
        """Send pages the links behind names in the state, for their pictures."""
        links = self._links.links_of(address for role in INPUTS for address in addresses(role, values))
        sandbox = self.session.config.sandbox
        urls = {name: words.loadable(link, sandbox=sandbox, is_saved=False) for name, link in links.items()}
        loadable = {name: url for name, url in urls.items() if url}
        if loadable != self._sent_links:
            self._sent_links = loadable
            self.form.send({"type": "links", "links": loadable})

    def _news(self, role: Role) -> None:
        """Use an inspection's result, which may show the type of the character."""
        values = self.values
        look: Inspection | None = self._looks.of(values)[role].get(values[role])
        one = role == "character" and not values["sweep"] and not knows_type(values)
        if one and look is not None and look.facts.kind:
            self.fill({**values, "character_type": look.facts.kind})
        self._refresh()
