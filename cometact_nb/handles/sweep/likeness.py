"""How alike two clips look: their structural similarity (SSIM) on a sample of small frames."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cometact_nb.handles.clip import Clip

__all__ = ["similarity_among"]

#: About so many frames of the shortest clip are compared, this long on their longest side.
_FRAMES, _SIZE = 24, 160
#: Assumed of a clip whose facts are unknown; they decide only how densely it is sampled.
_FPS, _DURATION_S = 24.0, 10.0


def similarity_among(clips: Sequence[Clip]) -> Callable[[Clip, Clip], float]:
    """Return a function of two of these clips: their mean SSIM over the shorter length, 1 for the same.

    It reads each clip once, keeps about 1 MB of it, and gives NaN for pictures of different shapes. It raises
    ClipError for a clip that is missing or broken, ConfigError without the extra ``video``.

    Args:
        clips: those that will be compared; the shortest decides how densely all are sampled.
    """
    step_s = min((clip.duration_s or _DURATION_S for clip in clips), default=_DURATION_S) / _FRAMES

    @functools.cache
    def sample(clip: Clip) -> NDArray[np.uint8]:
        return clip.frames(stride=max(1, round(step_s * (clip.fps or _FPS))), size=_SIZE)

    def similarity(clip: Clip, other: Clip) -> float:
        from cometact_nb.store.clips.measures import ssim  # noqa: PLC0415  (only for those who ask)

        first, second = sample(clip), sample(other)
        return math.nan if first.shape[1:] != second.shape[1:] else ssim(first, second)

    return similarity
