"""Shows a dry run: the request, and its price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import h, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.config import Config
    from cometact_nb.views.base.html import Markup

__all__ = ["Preview"]


class Preview:
    """A request that was not sent, for a notebook or a terminal.

    Args:
        request: to show.
        config: with the service and the price.
        publishes: which files of this machine would become public, and where, a sentence each.
        limit: what ``configure(max_spend=…)`` still allows, in words; empty without it.
    """

    def __init__(
        self, request: ActTwoRequest, config: Config, publishes: Sequence[str] = (), limit: str = ""
    ) -> None:
        self.publishes = publishes
        self.limit = limit
        self.request = request
        self._config = config

    @property
    def price(self) -> str:
        """Its expected price, with the source of the price."""
        if self._config.sandbox:
            return "Sandbox: nothing would be billed"
        return f"Would cost about {self._config.price.estimate()}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}

    def __repr__(self) -> str:
        return self.to_text()

    def to_html(self) -> Markup:
        """Write the preview as HTML that needs neither style sheet nor script."""
        config, request = self._config, self.request
        main = join(
            parts.note("Nothing was sent.", words.clean(self.price), parts.BLUE),
            *(
                h("div", {"style": "margin-top:8px"}, parts.note(name, words.clean(text), parts.AMBER))
                for name, text in self._notes()
            ),
            parts.fine(words.clean(f"{self.limit}.")) if self.limit else None,
            parts.fine(f"It would go to {words.clean(config.base_url, 200)}"),
        )
        side = parts.request_parts(request, sandbox=config.sandbox)
        return parts.frame(
            parts.header(parts.pill("DRY RUN", parts.BLUE), "Act-Two", sandbox=config.sandbox),
            parts.columns(main, side),
            parts.copy_as(request, unfolded=True),
        )

    def _notes(self) -> list[tuple[str, object]]:
        """List what becomes public and the doubtful points, each with its heading."""
        public: list[tuple[str, object]] = [("public", line) for line in self.publishes]
        return public + [(doubt.field, doubt) for doubt in self.request.warnings]

    def to_text(self) -> str:
        """Write the preview as text, in every form for copying."""
        request = self.request
        sandbox = " · SANDBOX" if self._config.sandbox else ""
        lines = [f"Act-Two · DRY RUN{sandbox}", "Nothing was sent.", words.clean(self.price)]
        lines += [f"{words.clean(line)}." for line in (self.limit, *self.publishes) if line]
        lines += [f"Warning: {words.clean(doubt)}" for doubt in request.warnings]
        for name, form in parts.forms(request.without_secrets()).items():
            lines += ["", f"{name}:", words.clean(form, parts.FORM_MAX_CHARS, lines=True)]
        return "\n".join(lines)
