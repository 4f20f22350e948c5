"""Whether a clip plays in a page, however late a busy machine shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

#: Where it may not play, it does not move. What was replaced in the page meanwhile is played anew.
_PLAY_AND_LOOK = """video => {
    if (video.playsFrom === undefined) {
        video.playsFrom = video.ended ? 0 : video.currentTime;
        video.play().catch(() => {});
    }
    return video.readyState > 2 && video.currentTime > video.playsFrom;
}"""


def play(video: Locator) -> tuple[int, int]:
    """Play a clip from where it stands, wait until it has moved, and return its width and height.

    No event is waited for: a clip of half a second may be over before its page hears that it has begun.
    """
    until(lambda: video.evaluate(_PLAY_AND_LOOK))
    width, height = video.evaluate("video => [video.videoWidth, video.videoHeight]")
    return width, height
