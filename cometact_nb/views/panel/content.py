"""Reads the request, or the cells of a sweep, from a panel's form, with its faults and doubtful points."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.media import Finding
from cometact_nb.domain.sweep.rules import doubts
from cometact_nb.errors import ActTwoError, RequestError
from cometact_nb.views.panel.files import is_local
from cometact_nb.views.panel.form import INPUTS, request_of
from cometact_nb.views.panel.sweep_form import Grid, addresses, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Cells, Spec
    from cometact_nb.handles.session import Session
    from cometact_nb.views.panel.files import LocalFiles
    from cometact_nb.views.panel.inspections import Looks
    from cometact_nb.views.panel.links import Links
    from cometact_nb.views.panel.ready import ReadyFiles

__all__ = ["Content"]

#: The beginning of what a request says of a file inside it.
_INLINE = "is a data URI"


class Content:
    """Reads a form's values.

    Args:
        session: judges requests.
        links: the signed links behind their names.
        files: of this machine.
        looks: with the inspections of inputs.
        ready: the files that were prepared.
    """

    def __init__(
        self, session: Session, links: Links, files: LocalFiles, looks: Looks, ready: ReadyFiles
    ) -> None:
        self._session = session
        self._links = links
        self._files = files
        self._looks = looks
        self._ready = ready
        self._grid = Grid()

    def request(self, values: Mapping[str, Any]) -> ActTwoRequest:
        """Return the one request in the form.

        Raises:
            RequestError: with everything that is wrong; or the form holds a sweep of several.
        """
        if not values["sweep"]:
            try:
                return request_of(values, self._whole)
            except RequestError as error:
                raise RequestError(self._about_file(finding, values) for finding in error.findings) from None
        cells = self.cells(values)[1].cells
        if len(cells) == 1:
            return cells[0].request
        cure = "panel.plan is what they cost; panel.submit() sends them."
        raise RequestError([Finding("panel", None, f"holds a sweep of {len(cells)} requests", cure)])

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of :meth:`Session.sweep` for a form in sweep mode.

        Raises:
            RequestError: a field cannot be read.
        """
        fields, problems = self._fields(values)
        if problems:
            raise RequestError(problems)
        return fields

    def cells(self, values: Mapping[str, Any]) -> tuple[Spec, Cells]:
        """Return the sweep in the form, and its cells.

        Raises:
            RequestError: with everything that is wrong about any of them.
        """
        fields, problems = self._fields(values)
        try:
            sweep_cells = self._grid.cells(fields)
        except RequestError as error:
            named_fields = {finding.field for finding in problems}
            problems += [finding for finding in error.findings if finding.field not in named_fields]
        if problems:
            raise RequestError(problems)
        return sweep_cells

    def _fields(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
        looks = self._looks.of(values)["character"]
        kinds = {address: look.facts.kind for address, look in looks.items() if look is not None}
        return fields_of(values, self._whole, kinds)

    def _whole(self, address: str) -> str:
        whole = self._links.whole(address)
        return self._ready.link(whole) or self._files.inline(whole)

    def _about_file(self, finding: Finding, values: Mapping[str, Any]) -> Finding:
        """Say of a file of this machine what to do with it, where only its form in a request was refused."""
        address = values[finding.field] if finding.field in INPUTS else ""
        if not (is_local(address) and finding.problem.startswith(_INLINE)):
            return finding
        problem = "is a file of this machine; CometAPI documents https URLs only"
        if self._ready.has_place:
            cure = "Prepare it, and it gets one, or allow_unlisted=True to try it."
        else:
            where = 'Prepare it, and say where it may become public (act.guide("own-files"))'
            cure = f"{where}, or allow_unlisted=True to try it."
        return replace(finding, value=address, problem=problem, cure=cure)

    def links(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the addresses that prepared files will have for the service, by theirs in the form."""
        links = {}
        for address in (address for role in INPUTS for address in addresses(role, values)):
            with suppress(RequestError):  # the form says so
                link = self._ready.link(address)
                if link is not None:
                    links[address] = link
        return links

    def publishes(self, values: Mapping[str, Any], plan: tuple[Spec, Cells] | None) -> dict[str, Any]:
        """Describe what becomes public with the form's requests: ``notes``, the ``agreement`` it needs."""
        requests = self._requests(values, plan)
        return {"notes": self._ready.notes(requests), "agreement": self._ready.agreement(requests)}

    def agree(self, values: Mapping[str, Any], place: str) -> None:
        """Record its user's yes to the place where the form's files go, if it is the one that the page named.

        Raises:
            PublishError: it cannot be recorded.
        """
        with suppress(RequestError):  # which the submission itself says
            plan = self.cells(values) if values["sweep"] else None
            self._ready.agree(self._requests(values, plan), place)

    def _requests(self, values: Mapping[str, Any], plan: tuple[Spec, Cells] | None) -> list[ActTwoRequest]:
        """List the form's requests; none of a form that is not valid."""
        if plan is not None:
            return [cell.request for cell in plan[1].cells]
        try:
            return [] if values["sweep"] else [self.request(values)]
        except RequestError:
            return []

    def judged(self, values: Mapping[str, Any]) -> tuple[tuple[Finding, ...], tuple[Spec, Cells] | None]:
        """Return the form's faults and doubtful points, and its sweep with the cells if it is valid."""
        sweep_cells, requests = None, []
        try:
            if values["sweep"]:
                sweep_cells = self.cells(values)
                cells = sweep_cells[1]
                doubtful = doubts(cells)
                # One of each pair of inputs: nothing else decides whether the session accepts a request.
                pairs = {(one.request.character, one.request.reference): one.request for one in cells.cells}
                requests = list(pairs.values())
            else:
                requests = [self.request(values)]
                doubtful = list(requests[0].warnings)
        except RequestError as error:
            doubtful = list(error.findings)
        doubtful += [*self._refused(requests), *self._inspected(values)]
        return tuple({str(finding): finding for finding in doubtful}.values()), sweep_cells

    def _refused(self, requests: Iterable[ActTwoRequest]) -> list[Finding]:
        refusals: list[Finding] = []
        for request in requests:
            try:
                self._session.check(request)
            except RequestError as error:
                refusals += error.findings
            except ActTwoError:
                pass  # no key, for which the form has its own place
        return refusals

    def _inspected(self, values: Mapping[str, Any]) -> list[Finding]:
        """List the findings of the inspections, each with its input where there are several."""
        return [
            replace(finding, value=address) if values["sweep"] else finding
            for looks in self._looks.of(values).values()
            for address, look in looks.items()
            for finding in (look.findings if look else ())
        ]
