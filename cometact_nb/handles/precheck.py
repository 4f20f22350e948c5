"""Checks a request before it is paid for, also by a short look at its inputs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from cometact_nb.domain.link_ends import ends_at
from cometact_nb.domain.media import Finding
from cometact_nb.errors import ConfigError, RequestError
from cometact_nb.store.clips import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cometact_nb.api.client import Client
    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.engine.inspector import Inspector
    from cometact_nb.handles.config import Config

__all__ = ["LOOK_S", "check", "check_link_ends", "check_recent_looks", "judged", "look"]

#: The most seconds that a submit, or a sweep's plan, waits for the looks at its inputs.
LOOK_S = 3.0
#: The part of it for the looks themselves, so that their results arrive in time.
_OF_WHICH_S = LOOK_S - 0.3
_SIGN_ANEW = "Sign it anew: a sweep with its new links goes on and buys nothing twice. Nothing was sent."
_SEND_ANYWAY = '(Seen here; act.configure(look="never") sends it all the same.)'


def check(request: ActTwoRequest, config: Config) -> None:
    """Raise errors that would otherwise show only after the request is paid for. Fetch nothing.

    Args:
        request: to be sent.
        config: with the service, the key and the place of the clip.

    Raises:
        RequestError: an input is on this machine.
        ConfigError: no key, or a place for the clips that cannot be used.
    """
    _check_addresses(request, config)
    if config.api_key is None and not config.is_loopback:
        raise ConfigError(
            "There is no API key. Set COMETAPI_KEY before starting the kernel, or call "
            "act.configure(api_key=…). To practise without one: act.use_sandbox() or %act_two sandbox."
        )
    places.check(config.output_dir)


def _check_addresses(request: ActTwoRequest, config: Config) -> None:
    local = [
        Finding(name, ref.uri, "is an address on this machine, which the service cannot reach",
                "Give an https:// URL; http is for the sandbox.")
        for name, ref in (("character", request.character), ("reference", request.reference))
        if ref.uri.startswith("http://")
    ]  # fmt: skip
    if local and not config.is_loopback:
        raise RequestError(local)


def check_link_ends(request: ActTwoRequest, now: float) -> None:
    """Raise if a signed link of a request has ended: the service would be paid, and could fetch nothing.

    Args:
        request: to be sent now.
        now: Unix seconds.

    Raises:
        RequestError: a signed link has ended; ``allow_unlisted`` sends it all the same.
    """
    ended = [
        Finding(role, ref.uri, f"is a signed link that ended at {_utc(end)}", _SIGN_ANEW)
        for role, ref in _inputs(request).items()
        if (end := ends_at(ref.uri)) is not None and end <= now
    ]
    if ended and not request.allow_unlisted:
        raise RequestError(ended)


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment))


def check_recent_looks(request: ActTwoRequest, config: Config, inspector: Inspector) -> None:
    """Raise the faults that a look of the last ten minutes found. Fetch nothing.

    Args:
        request: to be sent.
        config: says whether to look at inputs.
        inspector: remembers its inspections.

    Raises:
        RequestError: an input breaks a rule of the vendors.
    """
    if config.look == "never":
        return
    inspections = [
        inspector.recall(ref, role, sandbox=config.is_loopback) for role, ref in _inputs(request).items()
    ]
    _refuse(finding for one in inspections for finding in judged(one, lenient=request.allow_unlisted))


async def look(
    request: ActTwoRequest, config: Config, inspector: Inspector, client: Client
) -> tuple[Finding, ...]:
    """Look at both inputs at once, for at most 3 s, and return their doubtful points.

    Args:
        request: to be sent.
        config: of the service.
        inspector: looks, and remembers its inspections.
        client: sends no key to the inputs' hosts.

    Raises:
        RequestError: an input breaks a rule of the vendors.
    """
    refs = _inputs(request)
    looks = {
        role: asyncio.create_task(
            inspector.before_sending(client, ref, role, sandbox=config.is_loopback, within_s=_OF_WHICH_S)
        )
        for role, ref in refs.items()
    }
    try:
        done, _ = await asyncio.wait(looks.values(), timeout=LOOK_S)
    finally:
        for work in looks.values():
            work.cancel()
    findings: list[Finding] = []
    for role, work in looks.items():
        if work in done and work.exception() is None:  # a fault of the look itself stops no request
            problems = judged(work.result(), lenient=request.allow_unlisted)
            findings += [
                one for one in problems if one.basis != "not looked" or not is_sample(refs[role], config)
            ]
        elif not is_sample(refs[role], config):
            why = type(work.exception()).__name__ if work in done else f"no answer within {LOOK_S:g} s"
            findings.append(_not_looked(role, why))
    _refuse(findings)
    return tuple(_together(findings))


def is_sample(ref: MediaRef, config: Config) -> bool:
    """Say whether an input is one of the sandbox's own: it is good, however slow this machine is.

    Args:
        ref: the input.
        config: of the service.
    """
    return config.sandbox and ref.uri.startswith(f"{config.base_url}/samples/")


def judged(inspection: Inspection | None, *, lenient: bool) -> Iterator[Finding]:
    """Judge an inspection for a request before it is paid for.

    A fault that the look saw and that breaks a rule of the vendors is an error; any other is a warning.

    Args:
        inspection: of an input; None where there was nothing to fetch.
        lenient: the request allows unlisted values, so that every fault is a warning.
    """
    if inspection is None:
        return
    for finding in inspection.findings:
        refused = finding.severity == "error" and finding.basis == "seen" and not lenient
        yield finding if refused else replace(finding, severity="warning")
    if inspection.unreachable is not None:
        yield _not_looked(inspection.role or "input", inspection.unreachable)


def _inputs(request: ActTwoRequest) -> dict[Role, MediaRef]:
    return {"character": request.character, "reference": request.reference}


def _not_looked(field: str, why: str) -> Finding:
    problem, cure = f"could not be looked at from here ({why})", "The request goes all the same."
    return Finding(field, None, problem, cure, severity="warning", basis="not looked")


def _refuse(findings: Iterable[Finding]) -> None:
    bad = [finding for finding in findings if finding.severity == "error"]
    if bad:
        *others, last = bad
        raise RequestError([*others, replace(last, cure=f"{last.cure} {_SEND_ANYWAY}")])


def _together(findings: list[Finding]) -> list[Finding]:
    """Merge the warnings if the network is the problem of both inputs."""
    silent = [finding for finding in findings if finding.basis == "not looked"]
    if len(silent) == 1 or len({finding.problem for finding in silent}) != 1:
        return findings
    both = replace(silent[0], field=" and ".join(finding.field for finding in silent))
    return [*(finding for finding in findings if finding not in silent), both]
