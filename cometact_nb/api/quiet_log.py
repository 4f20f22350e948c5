"""Keeps keys and the queries of signed URLs out of the log of httpx."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from cometact_nb.domain import redact

if TYPE_CHECKING:
    from cometact_nb.domain.service import Secret

__all__ = ["Redact", "quiet_urls"]

_LOGGERS = ("connection", "http11", "http2", "proxy", "socks")
#: A line of httpx's log is cut at this length.
_LOGGED_MAX_CHARS = 4000


class Redact(logging.Filter):
    """Hides keys and the queries of signed URLs in httpx's log; such a query opens the clip.

    httpcore, below httpx, logs the headers of answers; a redirect's holds such a URL.
    """

    #: The keys that this process has sent.
    secrets: ClassVar[set[Secret]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a line, and keep it."""
        words = record.getMessage()
        record.msg, record.args = redact.text(words, *self.secrets, limit=_LOGGED_MAX_CHARS, lines=True), ()
        return True


def quiet_urls() -> None:
    """Filter all lines of httpx and of what it stands on, from now on."""
    for name in ("httpx", *(f"httpcore.{part}" for part in _LOGGERS)):
        logger = logging.getLogger(name)
        if not any(isinstance(one, Redact) for one in logger.filters):
            logger.addFilter(Redact())
