"""The part of a session that takes files of this machine: requests with them, and what is public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.errors import ConfigError
from cometact_nb.handles import publish as publishing
from cometact_nb.handles import unpublish as unpublishing
from cometact_nb.handles.core import Core

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.handles.public_files import PublicFiles, Published, Removal

__all__ = ["FilesSession"]


@doors
class FilesSession(Core):
    """A session without its requests and sweeps; see :class:`cometact_nb.Session`."""

    def request(self, request: ActTwoRequest | None = None, /, **fields: Any) -> ActTwoRequest:
        """Make the request that :meth:`submit` would send. It names links of local files, and publishes none.

        Args:
            request: to begin with.
            fields: of :class:`ActTwoRequest`; an input may be a path.

        Raises:
            RequestError: with everything that is wrong.
            ConfigError: ``request`` is none.
            InputError: a file of this machine cannot become an input.
            PublishError: the place for files of this machine cannot be used.
        """
        if request is not None and not isinstance(request, ActTwoRequest):
            raise ConfigError(f"{request!r} is no request. Give an ActTwoRequest, or its fields by name.")
        default = request is not None and request.allow_unlisted
        fields = self.own_files.fields(fields, inline=bool(fields.get("allow_unlisted", default)))
        if request is None:
            return ActTwoRequest(**fields)
        return request.replace(**fields) if fields else request

    def specify(self, fields: dict[str, Any], **options: Any) -> Spec:
        """Specify a sweep; files of this machine get their links, unpublished.

        Args:
            fields: of :class:`ActTwoRequest`; each a value or several.
            options: ``table``, ``replicates`` and ``allow_unlisted``, see :meth:`sweep`.

        Raises:
            RequestError: a value cannot be used, or a file has no place.
            InputError: a file cannot become an input.
            PublishError: the place for files of this machine cannot be used.
        """
        fields = self.own_files.fields(fields, inline=bool(options.get("allow_unlisted")))
        return self.own_files.spec(specify(fields, **options))

    def publish(
        self,
        source: Any,
        to: Any = None,
        *,
        expires_s: float | None = None,
        yes: bool = False,
        progress: Callable[[float], object] | None = None,
    ) -> Published:
        """See :func:`cometact_nb.publish`."""
        return publishing.publish(self, source, to, expires_s=expires_s, yes=yes, progress=progress)

    def published(self) -> PublicFiles:
        """See :func:`cometact_nb.published`."""
        return unpublishing.published(self)

    def unpublish(self, which: Any = None, *, older_than_s: float | None = None) -> Removal:
        """See :func:`cometact_nb.unpublish`."""
        removal = unpublishing.unpublish(self, which, older_than_s=older_than_s)
        for one in removal.removed:
            self.own_files.forget(one.url)
        return removal
