"""Chooses the place that files of this machine are published to: the sandbox's own, a folder, or a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.api.flow import Answer
from cometact_nb.errors import PublishError
from cometact_nb.handles.config import folder_or_url
from cometact_nb.store.inputs.target import FolderTarget, StoreTarget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cometact_nb.domain.service import Endpoint
    from cometact_nb.handles.surroundings import Surroundings
    from cometact_nb.store.inputs.target import OwnFile, Target

__all__ = ["SandboxTarget", "is_configured", "target_for", "target_of_place"]

_ANSWER_S = 60.0
_NOT_FOUND = 404


def is_configured(core: Surroundings) -> bool:
    """Whether files of this machine can be published: in the sandbox always, else by a setting."""
    return core.config.sandbox or core.config.publish_to is not None


def target_for(core: Surroundings, to: Any = None) -> Target:
    """Return the place for new publications.

    Args:
        core: with the settings.
        to: a place other than the configured one: a folder, or a URL of a store.

    Raises:
        ConfigError: the place is no folder and no store, or needs a package.
        PublishError: none is configured, or its files would have no address that the vendor can fetch.
    """
    config = core.config
    if to is None and config.sandbox:
        return SandboxTarget(core, config.endpoint)
    place = config.publish_to if to is None else folder_or_url("to", to)
    if place is None:
        raise PublishError(
            "There is no place for files of yours. Say where they may become public: "
            'act.configure(publish_to="s3://bucket/inputs", publish_base="https://cdn.example.com/inputs").'
        )
    return target_of_place(core, place, _base_of(place, config.publish_to, config.publish_base))


def target_of_place(core: Surroundings, place: Path | str, base: str | None) -> Target:
    """Return a place, whether or not it is the configured one.

    Args:
        core: with the settings.
        place: a folder, or a URL of a store.
        base: the address under which anyone can fetch its files; None for a store that signs links.

    Raises:
        ConfigError: fsspec, or the library that it needs for this store, is missing.
        PublishError: its files have no address that the vendor can fetch.
    """
    if base is not None and base.startswith("http://") and not core.config.is_loopback:
        raise PublishError(
            f"publish_base={base!r} is an address on this machine, which the service cannot reach. Give an "
            "https:// address; http is for the sandbox."
        )
    if isinstance(place, str):
        return StoreTarget(place, base)
    if base is None:
        raise PublishError(
            f"The folder {str(place)!r} needs publish_base, the https address under which a web server shows "
            'it: act.configure(publish_base="https://www.example.com/inputs").'
        )
    return FolderTarget((core.notebook_dir / place).resolve(), base)


def _base_of(place: Path | str, configured: Path | str | None, base: str | None) -> str | None:
    """Return the address of ``place``, which may be the configured one or a folder below it."""
    if base is None or configured is None:
        return None
    if str(place) == str(configured):
        return base
    above = f"{str(configured).rstrip('/')}/"
    return f"{base}/{str(place)[len(above) :]}" if str(place).startswith(above) else None


class SandboxTarget:
    """The sandbox, which keeps inputs and serves them on this machine alone.

    Args:
        core: sends them.
        endpoint: the sandbox.
    """

    signs = False

    def __init__(self, core: Surroundings, endpoint: Endpoint) -> None:
        self._core = core
        self._endpoint = endpoint
        self.place = f"{endpoint.base_url}/inputs"

    def url(self, name: str) -> str:
        """Return the address of a file there."""
        return f"{self.place}/{name}"

    def link(self, name: str, expires_s: float) -> tuple[str, float | None]:
        """Return the same; it has no end."""
        del expires_s
        return self.url(name), None

    def holds(self, name: str, file: OwnFile) -> bool:
        """Whether the sandbox has the file."""

        async def head() -> Any:
            return await self._core.engine.client.head(self.url(name), _ANSWER_S)

        answer = self._core.run(head())
        is_there = isinstance(answer, Answer) and answer.is_success
        return is_there and answer.headers.get("content-length") == str(file.bytes)

    def put(self, name: str, file: OwnFile, mime: str, progress: Callable[[int], object]) -> None:
        """Bring the file there.

        Raises:
            OSError: the sandbox does not take it.
        """
        self._change(name, file.path.read_bytes(), mime)
        progress(file.bytes)

    def remove(self, name: str) -> None:
        """Delete the file there.

        Raises:
            OSError: the sandbox does not answer.
        """
        self._change(name, None, "")

    def _change(self, name: str, content: bytes | None, mime: str) -> None:
        async def send() -> Any:
            client = self._core.engine.client
            return await client.change_input(self._endpoint, name, content, mime, _ANSWER_S)

        answer = self._core.run(send())
        if not isinstance(answer, Answer):
            raise OSError(f"the sandbox does not answer ({answer.reason})")
        if answer.status == _NOT_FOUND and content is None:
            return
        if not answer.is_success:
            raise OSError(f"the sandbox answered HTTP {answer.status}")
