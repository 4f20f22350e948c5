"""Knows the files that a panel has prepared, and the addresses that they will have for the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.errors import ActTwoError, RequestError
from cometact_nb.handles.publish_to import is_configured
from cometact_nb.views.base import wording as words
from cometact_nb.views.panel.uploads import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.prepare import Prepared
    from cometact_nb.handles.session import Session

__all__ = ["ReadyFiles"]


class ReadyFiles:
    """The prepared files of a form. Nothing becomes public before a request is sent.

    Args:
        session: publishes them with a request.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._prepared: dict[str, Prepared] = {}
        self._links: dict[Any, str] = {}

    @property
    def has_place(self) -> bool:
        """Whether a prepared file can be published: in the sandbox, or where its user said."""
        return is_configured(self._session)

    def add(self, address: str, prepared: Prepared) -> None:
        """Remember a prepared file by its address in the form."""
        self._prepared[address] = prepared

    def link(self, address: str) -> str | None:
        """Return the address that a file will have for the service.

        None, if it was not prepared, or has no place.

        Raises:
            RequestError: the file is gone, or its place cannot be used.
        """
        prepared = self._prepared.get(address)
        if prepared is None or not self.has_place:
            return None
        config = self._session.config
        try:
            stamp = prepared.path.stat()
            # Its name is a hash of its content, which is not read anew for each edit of the form.
            key = (
                address,
                stamp.st_mtime_ns,
                stamp.st_size,
                config.base_url,
                config.publish_to,
                config.publish_base,
            )
            if key not in self._links:
                self._links[key] = str(self._session.own_files.input(prepared.role, prepared).uri)
            return self._links[key]
        except RequestError:
            raise
        except ActTwoError as error:
            refuse(
                address, f"cannot be published: {error}".rstrip("."), "Mend that, or prepare another file."
            )
        except OSError:
            refuse(address, "is not there any more", "Prepare it again.")

    def agreement(self, requests: Iterable[ActTwoRequest]) -> dict[str, str] | None:
        """Describe what its user has to agree to before a place's first publication (``wire.d.ts``)."""
        needed = self._session.own_files.agreement(requests)
        if needed is None:
            return None
        names = [words.clean(name, 60) for name in needed.names]
        these = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        text = (
            f"With the request, {these} {'becomes' if len(names) == 1 else 'become'} public at "
            f"{needed.place}: anyone with the link can see that {needed.ends}. act.published() lists it."
        )
        return {"place": needed.place, "text": words.clean(text, 600)}

    def agree(self, requests: Iterable[ActTwoRequest], place: str) -> None:
        """Record its user's yes to a place that the page named.

        Raises:
            PublishError: it cannot be recorded.
        """
        self._session.own_files.agree(requests, place)

    def notes(self, requests: Iterable[ActTwoRequest]) -> list[dict[str, str]]:
        """List what becomes public with requests, and where, as notes; nothing where that is asked about."""
        requests = list(requests)
        if self._session.own_files.agreement(requests) is not None:
            return []
        kind = "todo" if self._session.config.sandbox else "warning"
        lines = self._session.own_files.public_lines(requests)
        return [{"kind": kind, "text": f"With the request {line}."} for line in lines]
