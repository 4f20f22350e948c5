"""Finds what is wrong about a request before it is paid for, by a short look at its inputs, too."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

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

__all__ = ["LOOK_S", "check", "check_what_was_seen", "judged", "look"]

#: How long a submit, or a sweep's plan, waits for the looks at its inputs, seconds in all.
LOOK_S = 3.0
#: What is left of it for the looks themselves: their ends must be heard of, too.
_OF_WHICH_S = LOOK_S - 0.3
_SEND_ANYWAY = '(Seen here; act.configure(look="never") sends it all the same.)'


def check(request: ActTwoRequest, config: Config) -> None:
    """Raise what would be found out only once the request is paid for. Nothing is fetched.

    Args:
        request: what is about to be sent.
        config: where to, with which key, and where the clip goes.

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


def check_what_was_seen(request: ActTwoRequest, config: Config, inspector: Inspector) -> None:
    """Raise what a look of the last ten minutes saw to be bad. Nothing is fetched.

    Args:
        request: what is about to be sent.
        config: whether inputs are looked at.
        inspector: remembers what was seen.

    Raises:
        RequestError: an input was seen to be against a rule of the vendors.
    """
    if config.look == "never":
        return
    seen = [inspector.recall(ref, role, sandbox=config.is_loopback) for role, ref in _inputs(request).items()]
    _refuse(found for one in seen for found in judged(one, lenient=request.allow_unlisted))


async def look(
    request: ActTwoRequest, config: Config, inspector: Inspector, client: Client
) -> tuple[Finding, ...]:
    """Look at both inputs at once, for 3 s at the most, and return what is doubtful about them.

    Args:
        request: what is about to be sent.
        config: where to.
        inspector: looks, and remembers what it saw.
        client: sends no key to the inputs' hosts.

    Raises:
        RequestError: an input was seen to be against a rule of the vendors.
    """
    looks = {
        role: asyncio.create_task(
            inspector.before_sending(client, ref, role, sandbox=config.is_loopback, within_s=_OF_WHICH_S)
        )
        for role, ref in _inputs(request).items()
    }
    try:
        done, _ = await asyncio.wait(looks.values(), timeout=LOOK_S)
    finally:
        for work in looks.values():
            work.cancel()
    found: list[Finding] = []
    for role, work in looks.items():
        if work in done and work.exception() is None:  # a fault of the look itself stops no request
            found += judged(work.result(), lenient=request.allow_unlisted)
        else:
            why = type(work.exception()).__name__ if work in done else f"no answer within {LOOK_S:g} s"
            found.append(_not_looked(role, why))
    _refuse(found)
    return tuple(_together(found))


def judged(seen: Inspection | None, *, lenient: bool) -> Iterator[Finding]:
    """What a look means for a request that is about to be paid for.

    An error is what was seen here and is against a rule of the vendors; anything else is a warning.

    Args:
        seen: what the look brought; None where there was nothing to fetch.
        lenient: the request allows what is not listed, so that nothing keeps it from being sent.
    """
    if seen is None:
        return
    for finding in seen.findings:
        refused = finding.severity == "error" and finding.basis == "seen" and not lenient
        yield finding if refused else replace(finding, severity="warning")
    if seen.unreachable is not None:
        yield _not_looked(seen.role or "input", seen.unreachable)


def _inputs(request: ActTwoRequest) -> dict[Role, MediaRef]:
    return {"character": request.character, "reference": request.reference}


def _not_looked(field: str, why: str) -> Finding:
    problem, cure = f"could not be looked at from here ({why})", "The request goes all the same."
    return Finding(field, None, problem, cure, severity="warning", basis="not looked")


def _refuse(found: Iterable[Finding]) -> None:
    bad = [finding for finding in found if finding.severity == "error"]
    if bad:
        *others, last = bad
        raise RequestError([*others, replace(last, cure=f"{last.cure} {_SEND_ANYWAY}")])


def _together(found: list[Finding]) -> list[Finding]:
    """One line where the network is the problem of both inputs alike."""
    silent = [finding for finding in found if finding.basis == "not looked"]
    if len(silent) == 1 or len({finding.problem for finding in silent}) != 1:
        return found
    both = replace(silent[0], field=" and ".join(finding.field for finding in silent))
    return [*(finding for finding in found if finding not in silent), both]
