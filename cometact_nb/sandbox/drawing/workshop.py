"""Renders clips beside the loop, each once, and only while somebody wants them."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import traceback
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.drawing.sample_cache import cached_sample
from cometact_nb.sandbox.drawing.samples import IMAGE_FORMATS, SAMPLES, subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

__all__ = ["Order", "Workshop"]

#: Bytes of finished clips that stay in memory although no task needs them any more.
CACHE_BYTES = 256 << 20


class Order:
    """The order for one clip, which several tasks may share.

    Args:
        key: of the clip, unique.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.future: Future[bytes]
        self.holders = 0
        self.unwanted = threading.Event()

    def done(self) -> bool:
        """Whether the rendering has ended, with a clip or without."""
        return self.future.done()

    def failed(self) -> bool:
        """Whether the rendering failed; only after its end."""
        return self.future.cancelled() or self.future.exception() is not None

    def size(self) -> int:
        """Bytes of the clip; 0 while there is none."""
        return len(self.future.result()) if self.done() and not self.failed() else 0


class Workshop:
    """Renders clips in one thread and samples in another, so that a thumbnail waits for no queue of clips."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._samples: dict[str, Future[bytes]] = {}
        self._clip_thread = ThreadPoolExecutor(1, "clips")
        self._sample_thread = ThreadPoolExecutor(1, "samples")
        self._closing = threading.Event()

    def clip(self, body: dict[str, Any], clip_s: float | None = None) -> Order:
        """Order the clip of a request; the caller must ``drop`` the order when it needs the clip no more.

        Args:
            body: the request.
            clip_s: cut the clip after so many seconds; None gives it the length of its reference.
        """
        fields = {**_recipe_fields(body), "max_duration_s": clip_s}
        key = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
        order = self._orders.get(key)
        # A failed order is tried again: a full disk may have room by now.
        if order is None or order.unwanted.is_set() or (order.done() and order.failed()):
            order = self._orders[key] = Order(key)
            is_wanted = self._is_wanted(order.unwanted)
            order.future = self._clip_thread.submit(_log_defects, lambda: render_clip(fields, is_wanted))
        order.holders += 1
        return order

    def drop(self, order: Order) -> None:
        """Take one task off the order; after the last one, its rendering ends."""
        order.holders -= 1
        if order.holders <= 0 and not order.done():
            order.unwanted.set()
            order.future.cancel()
            if self._orders.get(order.key) is order:
                del self._orders[order.key]
        self._trim()

    def sample(self, name: str) -> Future[bytes]:
        """Return a sample character or reference clip, rendered at this user's first request."""
        future = self._samples.get(name)
        if future is None or (future.done() and future.exception() is not None):
            is_wanted = self._is_wanted(threading.Event())
            work = lambda: cached_sample(name, lambda: _render_sample(name, is_wanted))  # noqa: E731
            self._samples[name] = self._sample_thread.submit(_log_defects, work)
        return self._samples[name]

    def close(self) -> None:
        """Stop rendering, at the next frame."""
        self._closing.set()
        for thread in (self._clip_thread, self._sample_thread):
            thread.shutdown(wait=False, cancel_futures=True)

    def _is_wanted(self, unwanted: threading.Event) -> Callable[[], bool]:
        return lambda: not (unwanted.is_set() or self._closing.is_set())

    def _trim(self) -> None:
        idle = [order for order in self._orders.values() if order.holders <= 0]
        excess = sum(order.size() for order in idle) - CACHE_BYTES
        for order in idle:  # the oldest first
            if excess <= 0:
                return
            excess -= order.size()
            del self._orders[order.key]


def _log_defects(work: Callable[[], bytes]) -> bytes:
    """Do ``work``, and print a defect of the sandbox, since the API says only that the task failed."""
    try:
        return work()
    except CancelledError:
        raise
    except Exception:
        traceback.print_exc(file=sys.stderr)
        raise


def _recipe_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of ``render.Recipe`` for a request; requests with the same fields share a clip."""
    return {
        "character": subject(body["character"]["uri"]),
        "reference": subject(body["reference"]["uri"]),
        "ratio": body.get("ratio", "1280:720"),
        # The vendor: "not supported when the character input is a video".
        "body_control": bool(body.get("bodyControl")) and body["character"]["type"] == "image",
        "expression_intensity": body.get("expressionIntensity", 3),
        "seed": body.get("seed", 0),
    }


def render_clip(fields: dict[str, Any], is_wanted: Callable[[], bool]) -> bytes:
    """Render the clip of a recipe's fields; stop early once ``is_wanted()`` is false."""
    from cometact_nb.sandbox.drawing import render  # noqa: PLC0415  (PyAV takes 100 ms, and starting must be fast)

    return render.render_clip(render.Recipe(**fields), is_wanted)


def _render_sample(name: str, is_wanted: Callable[[], bool]) -> bytes:
    from cometact_nb.sandbox.drawing import render  # noqa: PLC0415

    stem, _, extension = name.rpartition(".")
    if name in SAMPLES["references"]:
        return render.render_reference(stem, is_wanted)
    if extension == "mp4":
        return render.render_character_video(stem, is_wanted)
    return render.render_character_image(stem, IMAGE_FORMATS[extension])
