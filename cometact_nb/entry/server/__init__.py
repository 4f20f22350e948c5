"""The Jupyter server's extension: routes for the pages of the Lab, and the keeper.

It is enabled by ``etc/jupyter/jupyter_server_config.d/cometact_nb.json``. A plain function and no
``ExtensionApp``, which would bring templates, static files and a command of its own. Loading it registers the
routes; everything else waits for the first question.
"""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Name the module with the function below, by the protocol of jupyter_server."""
    return [{"module": "cometact_nb.entry.server"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Register the routes and, if it is switched on, start the keeper; by the protocol of jupyter_server."""
    from cometact_nb.entry.server.load import load  # noqa: PLC0415  (traitlets and tornado, in a server alone)

    load(app)
