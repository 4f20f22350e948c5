"""The panel: a form to build a request or a sweep, see its price and content, submit and watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.engine.notify import Soon
from cometact_nb.errors import ConfigError, RequestError
from cometact_nb.handles.task import Task
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import in_marimo
from cometact_nb.views.base.page_widget import column
from cometact_nb.views.panel import record as panel_record
from cometact_nb.views.panel.controller import PanelController
from cometact_nb.views.panel.load import values_of
from cometact_nb.views.task import show as status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ipywidgets

    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Spec
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
        self._display = LiveOutput("Act-Two panel", lambda: self._box, self._record, kind="panel")
        self._controller = PanelController(session, values_of(initial or {}), self._display.update)
        self._box = column(self._controller.form, self._controller.submissions.view)
        # The record has what is typed, too. On the notifier's thread: the form's own must not wait for it.
        edited = Soon(session.call_soon, self._display.refresh)
        self._controller.form.observe(lambda _: edited(), "values")

    # --- what it holds -------------------------------------------------------------------------------

    @property
    def values(self) -> dict[str, Any]:
        """The values in the form, valid or not."""
        return self._controller.values

    @property
    def request(self) -> ActTwoRequest:
        """The present request in the form.

        Raises:
            RequestError: with everything that is wrong; or the form holds a sweep of several.
        """
        return self._controller.content.request(self.values)

    @property
    def plan(self) -> Plan:
        """The plan of the sweep in the form; reading it waits for the inspection of its inputs.

        Raises:
            RequestError: with everything that is wrong about any of its requests.
            ConfigError: the form holds one request, no sweep.
            HistoryError: the history could not be read.
        """
        if not self.values["sweep"]:
            raise ConfigError("The form holds one request. Choose Sweep in it, or load several values.")
        return self.session.sweep(**self._controller.content.fields(self.values)).plan

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The present errors and warnings of the form."""
        return self._controller.content.judged(self.values)[0]

    @property
    def last(self) -> ActTwoRequest | Spec | None:
        """The last submitted request or sweep; before that, the form's if it is valid."""
        if self._controller.submissions.all:
            thing = self._controller.submissions.all[0]
            return thing.request if isinstance(thing, Task) else thing.spec
        return self._in_form()

    @property
    def controller(self) -> PanelController:
        """The link between its form and the session."""
        return self._controller

    @property
    def session(self) -> Session:
        """The session that submits and watches."""
        return self._controller.session

    @property
    def view(self) -> ipywidgets.VBox:
        """The widget itself, to be put into a layout of your own."""
        return self._box

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The single requests that it submitted, newest first."""
        return tuple(self._controller.submissions.tasks)

    @property
    def task(self) -> Task | None:
        """The request that it submitted last, or None."""
        return self._controller.submissions.tasks[0] if self._controller.submissions.tasks else None

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The sweeps that it submitted, newest first."""
        return tuple(self._controller.submissions.sweeps)

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that it submitted last, or None."""
        return self._controller.submissions.sweeps[0] if self._controller.submissions.sweeps else None

    @property
    def submitted(self) -> tuple[Task | Sweep, ...]:
        """Everything that it submitted, newest first."""
        return tuple(self._controller.submissions.all)

    def __repr__(self) -> str:
        errors = sum(finding.severity == "error" for finding in self.findings)
        sweeps = f", {len(self.sweeps)} sweeps" if self.sweeps else ""
        return f"<Panel: {errors} errors, {len(self.tasks)} tasks{sweeps}>"

    def _record(self) -> dict[str, str]:
        last, present = self.last, self._in_form()
        is_new = present is None or (bool(self.submitted) and present != last)
        typed = panel_record.typed_rows(self.values) if is_new else []
        return panel_record.record(self.session, last, self.submitted, typed)

    def _in_form(self) -> ActTwoRequest | Spec | None:
        """Return the valid request or sweep in the form, or None."""
        try:
            return self._controller.content.cells(self.values)[0] if self.values["sweep"] else self.request
        except RequestError:
            return None

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
            RequestError: it is none of them, has fields that no request has, or is a sweep without a grid.
        """
        self._controller.fill(values_of(thing))
        self._display.update()
        return self

    def submit(self, *, yes: bool = False) -> Task | Sweep:
        """Send the form's request or sweep once, like the button.

        Args:
            yes: buy a sweep also above ``configure(ask_above=…)``, as in :meth:`Sweep.run`.

        Returns:
            the task, when its request is answered; or the sweep, which goes on in the background.

        Raises:
            RequestError: the form is not valid; nothing was sent.
            ApprovalNeeded: the sweep costs more than its limit without approval; nothing was sent.
            ActTwoError: a submission of this panel is under way; nothing was sent. Otherwise as
                :meth:`Session.submit` and :meth:`Sweep.run`.
        """
        return self._controller.submit(yes=yes)

    def show(self) -> None:
        """Show it in the current cell; a second call at the end of the same cell does nothing."""
        if in_marimo():
            import marimo  # noqa: PLC0415  (it runs this)

            marimo.output.append(self)
        elif not status.mark_shown(f"panel {id(self)}"):
            self._display.show()

    def _ipython_display_(self) -> None:
        self.show()

    def _display_(self) -> Any:
        """Return what marimo shows, by its protocol: it draws the form, but no box whose content changes."""
        import marimo  # noqa: PLC0415  (it asks for this)

        below = (
            "`act.history()` in another cell lists what is sent, and `act.task(…)` with an id shows it live."
        )
        return marimo.vstack([self._controller.form, marimo.md(below)])
