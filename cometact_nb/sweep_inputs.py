"""The inputs of a sweep, each looked at once before the first request is paid for."""

from __future__ import annotations

from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.inspection import Inspection, Role
    from cometact_nb.domain.media import Finding, MediaRef
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.sessions import Session

__all__ = ["Inputs"]

#: Inputs that are looked at; a sweep over more is not held up by the rest.
_INSPECTED = 40
#: How long a plan waits for the inspections, seconds.
_INSPECTING_S = 15.0


class Inputs:
    """Looks at the characters and references of a sweep, in the background from the start.

    Args:
        session: inspects them.
        requests: of the sweep.
    """

    def __init__(self, session: Session, requests: Iterable[ActTwoRequest]) -> None:
        inputs: dict[tuple[Role, MediaRef], None] = {}
        for request in requests:
            inputs["character", request.character] = None
            inputs["reference", request.reference] = None
        self._looks: list[tuple[MediaRef, futures.Future[Inspection]]] = [
            (ref, session.begin_inspect(ref, role)) for role, ref in list(inputs)[:_INSPECTED]
        ]

    def findings(self) -> list[Finding]:
        """What was found by now, or within 15 s, each naming its input."""
        futures.wait([work for _, work in self._looks], timeout=_INSPECTING_S)
        found = [
            finding if finding.value is not None else replace(finding, value=ref)
            for ref, work in self._looks
            if work.done() and not work.cancelled() and work.exception() is None
            for finding in work.result().findings
        ]
        return list({str(finding): finding for finding in found}.values())
