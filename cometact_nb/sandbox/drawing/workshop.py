"""Where clips are rendered: beside the loop, each once, and no longer than somebody wants them."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import traceback
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.drawing.keep import kept
from cometact_nb.sandbox.drawing.samples import IMAGE_FORMATS, SAMPLES, subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

__all__ = ["Order", "Workshop"]

#: Bytes of finished clips that are kept although no task needs them any more.
_CACHE_BYTES = 256 << 20


class Order:
    """One clip, however many tasks wait for it.

    Args:
        key: what tells it from other clips.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.future: Future[bytes]
        self.holders = 0
        self.unwanted = threading.Event()

    def done(self) -> bool:
        """Whether there is a clip, or never will be."""
        return self.future.done()

    def failed(self) -> bool:
        """Whether it could not be rendered; only once it is done."""
        return self.future.cancelled() or self.future.exception() is not None

    def size(self) -> int:
        """Bytes that it takes; 0 while there is no clip."""
        return len(self.future.result()) if self.done() and not self.failed() else 0


class Workshop:
    """Renders clips in one thread and samples in another, so that a thumbnail waits for no queue of clips.

    Args:
        clip_s: cut clips after so many seconds; None gives each the length of its reference.
    """

    def __init__(self, clip_s: float | None = None) -> None:
        self._clip_s = clip_s
        self._orders: dict[str, Order] = {}
        self._samples: dict[str, Future[bytes]] = {}
        self._clip_thread = ThreadPoolExecutor(1, "clips")
        self._sample_thread = ThreadPoolExecutor(1, "samples")
        self._closing = threading.Event()

    def clip(self, body: dict[str, Any]) -> Order:
        """Order the clip of a request; whoever orders it must ``drop`` it when it is not needed any more."""
        seen = {**_what_is_seen(body), "max_duration_s": self._clip_s}
        key = hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
        order = self._orders.get(key)
        # What failed is tried again: a full disk may have room by now.
        if order is None or order.unwanted.is_set() or (order.done() and order.failed()):
            order = self._orders[key] = Order(key)
            wanted = self._asking(order.unwanted)
            order.future = self._clip_thread.submit(_told, lambda: _render_clip(seen, wanted))
        order.holders += 1
        return order

    def drop(self, order: Order) -> None:
        """One task less needs this clip; with the last one, its rendering ends."""
        order.holders -= 1
        if order.holders <= 0 and not order.done():
            order.unwanted.set()
            order.future.cancel()
            if self._orders.get(order.key) is order:
                del self._orders[order.key]
        self._trim()

    def sample(self, name: str) -> Future[bytes]:
        """A sample character or reference clip, rendered when it is first asked for by this user."""
        known = self._samples.get(name)
        if known is None or (known.done() and known.exception() is not None):
            wanted = self._asking(threading.Event())
            made = lambda: kept(name, lambda: _render_sample(name, wanted))  # noqa: E731
            self._samples[name] = self._sample_thread.submit(_told, made)
        return self._samples[name]

    def close(self) -> None:
        """Stop rendering, at the next frame."""
        self._closing.set()
        for thread in (self._clip_thread, self._sample_thread):
            thread.shutdown(wait=False, cancel_futures=True)

    def _asking(self, unwanted: threading.Event) -> Callable[[], bool]:
        return lambda: not (unwanted.is_set() or self._closing.is_set())

    def _trim(self) -> None:
        idle = [order for order in self._orders.values() if order.holders <= 0]
        excess = sum(order.size() for order in idle) - _CACHE_BYTES
        for order in idle:  # the oldest first
            if excess <= 0:
                return
            excess -= order.size()
            del self._orders[order.key]


def _told(work: Callable[[], bytes]) -> bytes:
    """Do ``work``; a defect of the sandbox is told where it runs, the API only says that the task failed."""
    try:
        return work()
    except CancelledError:
        raise
    except Exception:
        traceback.print_exc(file=sys.stderr)
        raise


def _what_is_seen(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of ``render.Recipe`` for a request: requests that differ in nothing else share a clip."""
    return {
        "character": subject(body["character"]["uri"]),
        "reference": subject(body["reference"]["uri"]),
        "ratio": body.get("ratio", "1280:720"),
        # As the vendor has it: "not supported when the character input is a video".
        "body_control": bool(body.get("bodyControl")) and body["character"]["type"] == "image",
        "expression_intensity": body.get("expressionIntensity", 3),
        "seed": body.get("seed", 0),
    }


def _render_clip(seen: dict[str, Any], wanted: Callable[[], bool]) -> bytes:
    from cometact_nb.sandbox.drawing import render  # noqa: PLC0415  (PyAV takes 100 ms, and starting must be fast)

    return render.render_clip(render.Recipe(**seen), wanted)


def _render_sample(name: str, wanted: Callable[[], bool]) -> bytes:
    from cometact_nb.sandbox.drawing import render  # noqa: PLC0415

    stem, _, extension = name.rpartition(".")
    if name in SAMPLES["references"]:
        return render.render_reference(stem, wanted)
    if extension == "mp4":
        return render.render_character_video(stem, wanted)
    return render.render_character_image(stem, IMAGE_FORMATS[extension])
