"""What is known to be wrong about a request before it is sent. Nothing is fetched for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.media import Finding
from cometact_nb.errors import ConfigError, RequestError
from cometact_nb.store import places

if TYPE_CHECKING:
    from cometact_nb.config import Config
    from cometact_nb.domain.inspection import Role
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.inspection import Inspector

__all__ = ["check"]


def check(request: ActTwoRequest, config: Config, inspector: Inspector) -> None:
    """Raise what would be found out only once the request is paid for.

    Args:
        request: what is about to be sent.
        config: where to, with which key, and where the clip goes.
        inspector: knows what was seen of the inputs lately.

    Raises:
        RequestError: an input is on this machine, or a recent inspection saw it to be bad.
        ConfigError: no key, or a place for the clips that cannot be used.
    """
    _check_addresses(request, config)
    if config.api_key is None and not config.is_loopback:
        raise ConfigError(
            "There is no API key. Set COMETAPI_KEY before starting the kernel, or call "
            "act.configure(api_key=…). To practise without one: act.use_sandbox() or %act_two sandbox."
        )
    places.check(config.output_dir)
    _check_what_was_seen(request, config, inspector)


def _check_addresses(request: ActTwoRequest, config: Config) -> None:
    local = [
        Finding(name, ref.uri, "is an address on this machine, which the service cannot reach",
                "Give an https:// URL; http is for the sandbox.")
        for name, ref in (("character", request.character), ("reference", request.reference))
        if ref.uri.startswith("http://")
    ]  # fmt: skip
    if local and not config.is_loopback:
        raise RequestError(local)


def _check_what_was_seen(request: ActTwoRequest, config: Config, inspector: Inspector) -> None:
    if request.allow_unlisted:
        return
    inputs: dict[Role, MediaRef] = {"character": request.character, "reference": request.reference}
    seen = [inspector.known(ref, role, sandbox=config.is_loopback) for role, ref in inputs.items()]
    bad = [found for look in seen if look for found in look.findings if found.severity == "error"]
    if bad:
        raise RequestError(bad)
