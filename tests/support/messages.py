"""What a browser sends to a widget, handed over as the widget's own machinery would hand it over."""

from __future__ import annotations

from typing import Any


def receive(widget: Any, content: object, buffers: list[Any] | None = None) -> None:
    """Let ``widget`` receive a custom message of a page."""
    widget._handle_custom_msg(content, buffers or [])
