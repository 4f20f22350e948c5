"""Submits a panel's tasks and sweeps, shows their live views, and prevents double purchases."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.money import usd
from cometact_nb.domain.price import is_over
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, ApprovalNeeded, UnconfirmedError
from cometact_nb.views.base.page_widget import column
from cometact_nb.views.task.widget import StatusWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task

__all__ = ["Click", "Submissions", "check_price", "check_target", "click_of", "next_seed"]

log = logging.getLogger("cometact_nb")
#: The most live views below the form; ``panel.tasks`` and ``panel.sweeps`` have all.
MOST_VIEWS = 12
SEEDS = 2**32
#: Statuses of a request that may have been bought.
_OPEN = {Status.SUBMITTING, Status.UNCONFIRMED}


class Submissions:
    """Everything that a panel has submitted, newest first.

    Args:
        session: submits and watches.
        changed: is called with whether one of them has ended, or else a sweep went on, on the notifier's
            thread.
    """

    def __init__(self, session: Session, changed: Callable[[bool], None]) -> None:
        self._session = session
        self._changed = changed
        self.tasks: list[Task] = []
        self.sweeps: list[Sweep] = []
        #: All of them, in the order in which they were submitted last, newest first.
        self.all: list[Task | Sweep] = []
        self.view = column(max_width="880px", grid_gap="10px", margin="10px 0 0")
        self._cards: dict[int, Any] = {}
        self._stop_following: list[Callable[[], None]] = []

    def request(self, request: ActTwoRequest, config: Config) -> Task:
        """Send one request to the service of ``config``.

        Raises:
            ActTwoError: as :meth:`Session.submit`; or it may have been bought by this panel before.
        """
        self._check_unsettled([request])
        try:
            task = self._session.send(request, config)
        except KeyboardInterrupt:  # it ends the wait for the answer, not the sending
            self._adopt_newest()
            raise
        except UnconfirmedError as error:
            if error.task not in self.tasks:  # an earlier one that is in doubt may be
                self._add_task(error.task)
            raise
        self._add_task(task)
        return task

    def sweep(
        self,
        fields: Mapping[str, Any],
        config: Config,
        max_cost: float | None,
        click: Click | None,
        *,
        yes: bool,
        all_the_same: bool = False,
    ) -> Sweep:
        """Run a sweep at the service of ``config``.

        Args:
            fields: arguments of :meth:`Session.sweep`.
            config: what was configured when the page was looked at.
            max_cost: see :meth:`Sweep.run`.
            click: on a page, which named a price; None where no page did.
            yes: see :meth:`Sweep.run`.
            all_the_same: the page's user has read that the service had no channel for the model.

        Raises:
            ApprovalNeeded: as :meth:`Sweep.run`; or it costs more than the page named.
            ActTwoError: as :meth:`Sweep.run`; or one of its requests may have been bought by this panel.
        """
        sweep = self._session.sweep(**fields)
        if sweep.base_url != config.base_url:
            raise ActTwoError(_ELSEWHERE)
        self._check_unsettled([cell.request for cell in sweep.cells])
        if click is not None:
            plan = sweep.plan
            if not plan.errors and is_over(plan.cost_usd, click.cost_usd):
                raise ApprovalNeeded(_dearer(plan.cost_usd, click.cost_usd), plan)
        if all_the_same:
            sweep.buy_all_the_same()
        try:
            sweep.run(max_cost, yes=yes)
        finally:
            if sweep.state is not SweepState.PLANNED:  # it may run although the wait for it was ended
                self._add_sweep(sweep)
        return sweep

    def _add_task(self, task: Task) -> None:
        """Show a task below the form."""
        self.tasks.insert(0, task)  # first: it is bought, whether or not it can be drawn
        card = self._add(task, lambda: StatusWidget(task))

        def changed(_: Task) -> None:
            if card is not None:
                card.draw()
            if task.state.is_settled:
                self._changed(True)

        self._stop_following.append(task.add_listener(changed))

    def _add_sweep(self, sweep: Sweep) -> None:
        """Show a sweep below the form; one that is there already moves to the top."""
        if sweep in self.sweeps:
            self.sweeps.remove(sweep)
            self.all.remove(sweep)
        else:
            self._stop_following.append(
                sweep.add_listener(lambda sweep: self._changed(sweep.state is not SweepState.RUNNING))
            )
        self.sweeps.insert(0, sweep)

        def widget() -> Any:
            from cometact_nb.views.sweep.show import widget_of  # noqa: PLC0415  (only who sweeps needs it)

            return widget_of(sweep)

        self._add(sweep, widget)

    def leave(self) -> None:
        """Listen to no task and no sweep any more, since the panel was closed; all of them go on."""
        while self._stop_following:
            self._stop_following.pop()()

    def like(self, spec: Spec) -> Sweep | None:
        """Return the submitted sweep of this content at the present service, or None."""
        here = self._session.config.base_url
        return next((sweep for sweep in self.sweeps if sweep.spec == spec and sweep.base_url == here), None)

    def _adopt_newest(self) -> None:
        known = {task.key for task in self.tasks}
        for task in self._session.tasks()[:1]:
            if task.key not in known:
                self._add_task(task)

    def _add(self, thing: Task | Sweep, widget: Callable[[], Any]) -> Any:
        """Note a submission and show it. An error of the view must not look like a failed submission."""
        self.all.insert(0, thing)
        try:
            if id(thing) not in self._cards:
                self._cards[id(thing)] = widget()
            self.view.children = [
                self._cards[id(one)] for one in self.all[:MOST_VIEWS] if id(one) in self._cards
            ]
        except Exception:
            log.exception("%r is not shown in the panel", thing)
        return self._cards.get(id(thing))

    def _check_unsettled(self, requests: list[ActTwoRequest]) -> None:
        """Raise if the same button would buy again what may already be bought."""
        single = {task.request for task in self.tasks if task.status in _OPEN}
        in_sweeps = {cell.request for sweep in self.sweeps for cell in sweep.cells if cell.status in _OPEN}
        # A sweep knows its own cells, and never sends one of them again.
        doubtful = single | in_sweeps if len(requests) == 1 else single
        if doubtful.intersection(requests):
            raise ActTwoError(
                "This very request was sent and its answer is not known: nothing was sent again. "
                "Settle its task below first. Its resubmit() sends it once more and may pay twice."
            )


@dataclass(frozen=True)
class Click:
    """The content of a page at a click on its button.

    Args:
        values: of the form.
        target: the base URL that it named.
        cost_usd: US dollars that it named; 0 where it named no price yet.
        agreed: the click was a yes to a price of its own.
        place: where its user let files of theirs become public, on the page; empty for nowhere.
    """

    values: dict[str, Any]
    target: str
    cost_usd: float
    agreed: bool
    place: str = ""


def click_of(values: dict[str, Any], content: Mapping[str, Any]) -> Click:
    """Read a click from its message; a missing part was not on the page."""
    cost: Any = content.get("cost")
    is_amount = type(cost) in {int, float} and 0 <= cost < float("inf")
    cost_usd = float(cost) if is_amount else 0.0
    place = content.get("place")
    target, agreed = str(content.get("target", "")), bool(content.get("agreed"))
    return Click(values, target, cost_usd, agreed, place if isinstance(place, str) else "")


_ELSEWHERE = "Requests go elsewhere than this page showed. Nothing was sent: look again."


def check_target(click: Click | None, config: Config) -> None:
    """Raise if the page showed another service than the present one, such as the sandbox.

    Args:
        click: on a page; None where there is none.
        config: where requests go.

    Raises:
        ActTwoError: that is another service.
    """
    if click is not None and click.target != config.base_url:
        raise ActTwoError(_ELSEWHERE)


def check_price(click: Click | None, cost_usd: float) -> None:
    """Raise if a submission costs more than the page showed.

    Args:
        click: on a page; None where there is none.
        cost_usd: price of the submission.

    Raises:
        ActTwoError: that is more.
    """
    if click is not None and is_over(cost_usd, click.cost_usd):
        raise ActTwoError(_dearer(cost_usd, click.cost_usd))


def _dearer(cost_usd: float, shown_usd: float) -> str:
    return f"This costs {usd(cost_usd)}, and the page showed {usd(shown_usd)}. Nothing was sent: look again."


def next_seed(values: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's values for the next submission, with a new seed unless it is locked.

    Args:
        values: of the form now.
        sent: those that were submitted.
    """
    is_edited = values["sweep"] or values["seed"] != sent["seed"]
    if is_edited or values["seed"] is None or values["seed_locked"]:
        return dict(values)
    return {**values, "seed": random.randrange(SEEDS)}  # noqa: S311
