"""Runs a notebook as a page does that somebody sits at: cells may ask for input, so views have their widgets."""

from __future__ import annotations

from typing import Any

from nbclient import NotebookClient


class AttendedClient(NotebookClient):
    """Keeps all that was sent of the widgets, as a page does."""

    async def async_start_new_kernel_client(self) -> Any:
        client = await super().async_start_new_kernel_client()
        client.allow_stdin = True
        return client
