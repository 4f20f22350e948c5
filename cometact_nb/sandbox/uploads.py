"""The route of inputs that clients put into the sandbox and that anyone who knows their name may fetch."""

from __future__ import annotations

import tornado.web

from cometact_nb.sandbox.handlers import BytesHandler
from cometact_nb.sandbox.inputs import NAME

__all__ = ["Input"]

#: https://docs.dev.runwayml.com/assets/inputs: the media types, and the size of a video by its URL.
_TYPES = {"image/jpeg", "image/png", "image/webp", "video/mp4", "video/quicktime", "video/webm"}
_MAX_BYTES = 32 * 1024 * 1024


class Input(BytesHandler):
    """One input: put and deleted by a client with a key, read by anyone who knows its name."""

    async def put(self, name: str) -> None:
        """Take an input."""
        mime = self.request.headers.get("Content-Type", "")
        if not self._may_change(name):
            return
        if mime not in _TYPES:
            self.answer(415, {"error": f"{mime!r} is no media type of an input."})
        elif not 0 < len(self.request.body) <= _MAX_BYTES:
            self.answer(413, {"error": f"An input has 1 to {_MAX_BYTES} bytes."})
        else:
            try:
                self.sandbox.inputs.keep(name, mime, self.request.body)
            except OSError as error:
                self.answer(507, {"error": str(error)})
                return
            self.answer(201, {"ok": True})

    async def delete(self, name: str) -> None:
        """Forget an input."""
        if self._may_change(name):
            self.sandbox.inputs.drop(name)
            self.answer(200, {"ok": True})

    async def get(self, name: str) -> None:
        """Serve the file, whole or a part of it."""
        stored = self.sandbox.inputs.read(name)
        if stored is None:
            self.web_page(404)
        else:
            self.serve(stored[1], stored[0])

    async def head(self, name: str) -> None:
        """Answer the same without the body."""
        await self.get(name)

    def _may_change(self, name: str) -> bool:
        if self.client is None:
            self.answer(401, {"error": "This takes a key of the sandbox."})
        elif not NAME.fullmatch(name):
            raise tornado.web.HTTPError(404)
        else:
            return True
        return False
