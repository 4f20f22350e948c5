"""Looks at the inputs of a sweep before the first request is paid for."""

from __future__ import annotations

import time
from concurrent import futures
from dataclasses import replace
from typing import TYPE_CHECKING

from cometact_nb.domain.media import Finding
from cometact_nb.handles.precheck import LOOK_S, is_sample, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.core import Core

    Look = futures.Future[Inspection | None]

__all__ = ["Inputs"]

#: The most inputs to look at; more of them do not delay a sweep.
_INSPECTED = 40
#: A look is valid for this many seconds.
_GOOD_S = 600.0


class Inputs:
    """Looks at the characters and references of a sweep, in the background from the start.

    Args:
        session: looks at them, if its settings allow that.
        requests: of the sweep.
        lenient: no fault prevents the sweep.
        monotonic: seconds that never jump.
    """

    def __init__(
        self,
        session: Core,
        requests: Iterable[ActTwoRequest],
        *,
        lenient: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._lenient = lenient
        self._monotonic = monotonic
        self._inputs: dict[tuple[Role, MediaRef], None] = {}
        self._looks: dict[tuple[Role, MediaRef], tuple[float, Look]] = {}
        self.add(requests)

    def add(self, requests: Iterable[ActTwoRequest]) -> None:
        """Look at the inputs of these requests, too."""
        for request in requests:
            self._inputs["character", request.character] = None
            self._inputs["reference", request.reference] = None
        self._begin()

    def findings(self) -> list[Finding]:
        """List the findings so far, or within 3 s of the first look, each with its input."""
        if self._session.config.look == "never":
            return []
        self._begin()
        left = LOOK_S - min((self._monotonic() - began for began, _ in self._looks.values()), default=0.0)
        futures.wait([work for _, work in self._looks.values()], timeout=max(0.0, left))
        by_text: dict[str, Finding] = {}
        unseen, config = 0, self._session.config
        for (_, ref), (_, work) in self._looks.items():
            if not work.done():
                unseen += not is_sample(ref, config)
            elif not work.cancelled() and work.exception() is None:
                for finding in judged(work.result(), lenient=self._lenient):
                    if finding.basis == "not looked" and is_sample(ref, config):
                        continue
                    with_value = finding if finding.value is not None else replace(finding, value=ref)
                    by_text[str(with_value)] = with_value
        if unseen:
            problem = f"has {unseen} of {len(self._looks)} inputs that were not looked at within {LOOK_S:g} s"
            doubt = Finding("sweep", None, problem, "It goes on all the same.", "warning", "not looked")
            by_text[str(doubt)] = doubt
        return list(by_text.values())

    def _begin(self) -> None:
        """Start looks at new inputs, at old ones whose look has expired, and at bad ones, perhaps mended."""
        if self._session.config.look == "never":
            return
        now = self._monotonic()
        for role, ref in list(self._inputs)[:_INSPECTED]:
            earlier = self._looks.get((role, ref))
            if earlier is None or (earlier[1].done() and (now - earlier[0] > _GOOD_S or _is_bad(earlier[1]))):
                self._looks[role, ref] = (now, self._session.begin_look(ref, role))


def _is_bad(work: Look) -> bool:
    if work.cancelled() or work.exception() is not None:
        return True
    inspection = work.result()
    return inspection is not None and inspection.ok is False
