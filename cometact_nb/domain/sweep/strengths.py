"""How strong each clip is by judgements of pairs (Bradley–Terry), with its doubt (extra ``decide``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.judgements import groups, pair_of
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from random import Random

    import numpy as np
    from numpy.typing import NDArray

    from cometact_nb.domain.sweep.judgements import Judgement

__all__ = ["Strengths", "half_width", "share_of", "strengths_of", "telling_pair"]

#: Standard deviation of the prior, in logits: of two clips that nobody has judged one wins 6–94 of 100 times.
#: It keeps a clip that has won every time finite.
_PRIOR_SD = 2.0
_CONFIDENCE = 0.95
_DRAWS = 4000
#: Two pairs that tell nearly as much are drawn by lot, so that no order is the same twice.
_NEARLY = 0.98


@dataclass(frozen=True)
class Strengths:
    """The strengths of clips in logits, around 0: one beats another with ``share_of`` their difference.

    Args:
        clips: their hashes.
        mean: of each its most probable strength.
        covariance: of the strengths.
        groups: clips that comparisons connect, also through others; only within one can clips be compared.
    """

    clips: tuple[str, ...]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    groups: tuple[tuple[str, ...], ...]

    def contrast(self, weights: Mapping[str, float]) -> tuple[float, float] | None:
        """Return a weighted sum of strengths and its standard deviation, in logits.

        Args:
            weights: by clip; of others they are 0.

        Returns:
            the two, or None where the judgements do not connect what is compared.
        """
        import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)

        for group in self.groups:
            if not math.isclose(sum(weights.get(clip, 0.0) for clip in group), 0.0, abs_tol=1e-9):
                return None
        row = np.array([weights.get(clip, 0.0) for clip in self.clips])
        variance = float(row @ self.covariance @ row)
        return float(row @ self.mean), math.sqrt(max(0.0, variance))

    def of_group(self, clip: str) -> tuple[float, float] | None:
        """Return a clip's strength less its group's mean, and its standard deviation; None for one alone."""
        group = next(group for group in self.groups if clip in group)
        if len(group) == 1:
            return None
        return self.contrast({other: (other == clip) - 1 / len(group) for other in group})

    def best_chances(self) -> dict[str, float]:
        """Return for each clip of the largest group the probability that it is the group's strongest."""
        import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)

        group = self.groups[0]
        rows = [self.clips.index(clip) for clip in group]
        draws = np.random.default_rng(0).multivariate_normal(
            self.mean[rows], self.covariance[np.ix_(rows, rows)], _DRAWS, method="cholesky"
        )
        wins = np.bincount(draws.argmax(axis=1), minlength=len(rows)) / _DRAWS
        return {clip: float(share) for clip, share in zip(group, wins, strict=True)}


def share_of(difference: float) -> float:
    """Turn a difference of strengths in logits into the share of comparisons that the stronger one wins."""
    return 1 / (1 + math.exp(-difference))


def half_width(sd: float, tests: int = 1) -> float:
    """Return half the width of an interval of 95 %; of several tests, all hold at once (Bonferroni)."""
    return NormalDist().inv_cdf(1 - (1 - _CONFIDENCE) / 2 / max(1, tests)) * sd


def strengths_of(clips: Sequence[str], judgements: Sequence[Judgement]) -> Strengths:
    """Estimate strengths: the posterior's mode by choix, and its curvature there (Laplace).

    An ``"equal"`` counts as half a win for each.

    Args:
        clips: their hashes, each once.
        judgements: of two of these clips each.

    Raises:
        ConfigError: the extra is missing.
    """
    try:
        import choix  # noqa: PLC0415  (an extra, and 0.3 s)
        import numpy as np  # noqa: PLC0415  (the same)
    except ImportError as error:
        raise ConfigError(
            f"Comparing pairs needs {error.name}, which is not installed: pip install 'cometact_nb[decide]'."
        ) from None
    places = {clip: place for place, clip in enumerate(clips)}
    # choix knows no halves: everything counts twice, the prior too. Its penalty is alpha · |strengths|²:
    # findings/choix-prior-variance.sh.
    wins = [(places[winner], places[loser]) for one in judgements for winner, loser in _two_wins(one)]
    precision = 1 / _PRIOR_SD**2
    mean = np.zeros(len(clips))
    if wins:
        mean = choix.opt_pairwise(len(clips), wins, alpha=precision)
    curvature = np.identity(len(clips)) * precision
    for first, second in wins:
        share = share_of(float(mean[first] - mean[second]))
        here = share * (1 - share) / 2
        curvature[(first, second), (first, second)] += here
        curvature[(first, second), (second, first)] -= here
    connected = tuple(tuple(group) for group in groups(clips, judgements))
    covariance = np.linalg.inv(curvature).astype(np.float64)
    return Strengths(tuple(clips), mean, covariance, connected)


def _two_wins(one: Judgement) -> list[tuple[str, str]]:
    here, there = (one.first, one.second), (one.second, one.first)
    return {"first": [here, here], "second": [there, there]}.get(one.answer, [here, there])


def telling_pair(
    strengths: Strengths, judgements: Sequence[Judgement], playable: Collection[str], luck: Random
) -> tuple[str, str] | None:
    """Choose the two clips whose comparison teaches most, of those that were compared least often.

    Args:
        strengths: so far.
        judgements: of the rater who will be asked; no pair comes twice until all have been.
        playable: the clips that can be shown.
        luck: decides between pairs that teach alike, and who is on the left.

    Returns:
        the left and the right one, or None for fewer than two clips.
    """
    counts: dict[frozenset[str], int] = {}
    for one in judgements:
        counts[one.pair] = counts.get(one.pair, 0) + 1
    pairs = list(combinations([clip for clip in strengths.clips if clip in playable], 2))
    if not pairs:
        return None
    least = min(counts.get(pair_of(*pair), 0) for pair in pairs)
    fresh = [pair for pair in pairs if counts.get(pair_of(*pair), 0) == least]
    gains = [_gain(strengths, *pair) for pair in fresh]
    most = max(gains)
    chosen = list(
        luck.choice([pair for pair, gain in zip(fresh, gains, strict=True) if gain >= _NEARLY * most])
    )
    luck.shuffle(chosen)
    return chosen[0], chosen[1]


def _gain(strengths: Strengths, first: str, second: str) -> float:
    """Return the information that a comparison adds, in nats: log det of the covariance falls by so much."""
    one, other = strengths.clips.index(first), strengths.clips.index(second)
    covariance = strengths.covariance
    variance = float(covariance[one, one] + covariance[other, other] - 2 * covariance[one, other])
    share = share_of(float(strengths.mean[one] - strengths.mean[other]))
    return math.log1p(share * (1 - share) * variance)
