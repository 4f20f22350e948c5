"""Which clips are better, by judgements of pairs: strengths with intervals, by clip and by knob."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.arguments import check_flags, local_path
from cometact_nb.domain.doors import doors
from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.effects import Contrast, paired
from cometact_nb.domain.sweep.judgements import agreements, in_force
from cometact_nb.domain.sweep.strengths import half_width, share_of, strengths_of
from cometact_nb.handles.sweep.judgement_files import write_file
from cometact_nb.handles.sweep.sufficiency import Sufficiency, sufficiency_of
from cometact_nb.handles.table import frame_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from cometact_nb.domain.sweep.judgements import Judgement, RaterAgreement
    from cometact_nb.domain.sweep.strengths import Strengths

__all__ = ["ClipStrength", "ComparedCell", "Preferences", "knob_line", "share_words"]


@dataclass(frozen=True)
class ComparedCell:
    """A cell with a clip that can be compared.

    Args:
        number: of the cell, from 1.
        params: its values on the axes, with ``replicate`` (hashable).
        label: these values in words.
        sha256: hash of its clip, hexadecimal.
    """

    number: int
    params: Mapping[str, Any]
    label: str
    sha256: str


@dataclass(frozen=True)
class ClipStrength:
    """How a clip did.

    Args:
        cell: the first that has it.
        group: comparisons connect clips of one number, also through others, and no others.
        won: the number of comparisons that it won.
        lost: those that it lost.
        alike: those without a winner.
        strength: in logits, 0 for the mean of its group; None before it was compared.
        low: lower end of its interval of 95 %.
        high: upper end.
        best: the probability that it is the best of the largest group; None outside it.
    """

    cell: ComparedCell
    group: int
    won: int
    lost: int
    alike: int
    strength: float | None
    low: float | None
    high: float | None
    best: float | None


@doors
class Preferences:
    """Which clips raters prefer. Made by :meth:`cometact_nb.Sweep.preferences`.

    Strengths are of the Bradley–Terry model, with a weak prior that keeps a clip finite that has always won;
    alike counts as half a win for each. They are about these clips: other seeds may do otherwise.

    Attributes:
        cells: those with a clip.
        judgements: the answers that count, the oldest first.
        rater: whose answers they are; None for those of all raters.
        without_clip: the number of cells without a clip.
    """

    def __init__(
        self,
        cells: Sequence[ComparedCell],
        judgements: Sequence[Judgement],
        *,
        rater: str | None = None,
        without_clip: int = 0,
        folder: Path | None = None,
    ) -> None:
        self._folder = folder or Path()
        self.cells = tuple(cells)
        self._first: dict[str, ComparedCell] = {}
        for cell in self.cells:
            self._first.setdefault(cell.sha256, cell)
        valid = in_force(judgements, self._first)
        self.judgements = tuple(one for one in valid if rater is None or one.rater == rater)
        self.rater = rater
        self.without_clip = without_clip

    @cached_property
    def _strengths(self) -> Strengths:
        return strengths_of(tuple(self._first), self.judgements)

    @cached_property
    def clips(self) -> tuple[ClipStrength, ...]:
        """How each clip did, the strongest first; those that were not compared are the last.

        Raises:
            ConfigError: the extra ``decide`` is missing.
        """
        counts: dict[str, Counter[str]] = {clip: Counter() for clip in self._first}
        for one in self.judgements:
            winner = one.winner
            for clip in one.pair:
                counts[clip]["alike" if winner is None else "won" if clip == winner else "lost"] += 1
        chances = self._strengths.best_chances() if self.judgements else {}
        numbers = {clip: number for number, group in enumerate(self._strengths.groups, 1) for clip in group}
        several = [
            _clip(cell, numbers[clip], counts[clip], self._strengths.of_group(clip), chances.get(clip))
            for clip, cell in self._first.items()
        ]
        return tuple(
            sorted(
                several,
                key=lambda one: (one.strength is None, one.group, -(one.strength or 0.0), one.cell.number),
            )
        )

    @cached_property
    def knobs(self) -> tuple[Contrast, ...]:
        """What each value of each knob does to strength, in logits, against the knob's first value.

        Their intervals of 95 % hold all at once.

        Raises:
            ConfigError: the extra ``decide`` is missing.
        """
        plan = paired([(cell.params, cell.sha256) for cell in self.cells])
        return tuple(_knob(self._strengths, len(plan), *one) for one in plan)

    @cached_property
    def agreement(self) -> tuple[RaterAgreement, ...]:
        """How far each two raters agree on pairs that both have judged."""
        return tuple(agreements(self.judgements))

    @cached_property
    def raters(self) -> dict[str, int]:
        """The number of answers by rater."""
        return dict(Counter(one.rater for one in self.judgements))

    @cached_property
    def sufficiency(self) -> Sufficiency:
        """Whether these answers are enough to name the best clip, and why.

        Raises:
            ConfigError: the extra ``decide`` is missing.
        """
        return sufficiency_of(
            self._strengths, self.judgements, {clip: cell.label for clip, cell in self._first.items()}
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what to know before the strengths are used, a sentence each."""
        notes = []
        if self.without_clip:
            notes.append(
                f"{self.without_clip} cell{'s have' if self.without_clip > 1 else ' has'} no clip yet."
            )
        same = len(self.cells) - len(self._first)
        if same:
            notes.append(f"{same} cell{'s have' if same > 1 else ' has'} the same file as another one.")
        for one in self.clips:
            if one.won + one.lost > 1 and not one.alike and not (one.won and one.lost):
                always = "won" if one.won else "lost"
                notes.append(
                    f"{one.cell.label} has {always} every time: how far it is from the others is not settled."
                )
        return tuple(notes)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a clip: its parameters, how it did, and its strength with an interval."""
        return [
            {
                "cell": one.cell.number,
                **one.cell.params,
                "won": one.won,
                "lost": one.lost,
                "alike": one.alike,
                "strength": one.strength,
                "low": one.low,
                "high": one.high,
                "best": one.best,
                "group": one.group,
            }
            for one in self.clips
        ]

    def effect_rows(self) -> list[dict[str, Any]]:
        """Return one mapping for each knob and value: the difference, its interval, the share of wins."""
        return [
            {
                "knob": one.knob,
                "base": one.base,
                "level": one.level,
                "blocks": one.blocks,
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
                "share": None if one.difference is None else share_of(one.difference),
                "verdict": one.verdict,
            }
            for one in self.knobs
        ]

    def judgement_rows(self) -> list[dict[str, Any]]:
        """Return one mapping an answer: both cells, the answer, the rater, the time in Unix seconds."""
        return [
            {
                "first": self._first[one.first].number,
                "second": self._first[one.second].number,
                "answer": one.answer,
                "rater": one.rater,
                "at": one.at,
            }
            for one in self.judgements
        ]

    def save(self, file: str | PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the answers as JSON, for :meth:`cometact_nb.Sweep.add_judgements` in another notebook.

        It has clips by their hashes, answers, raters and times, and nothing else.

        Args:
            file: its name; relative to the notebook's folder.
            overwrite: replace the file.

        Returns:
            its path.

        Raises:
            ConfigError: it is there already, or cannot be written.
        """
        check_flags(overwrite=overwrite)
        path = (self._folder / local_path("file", file)).resolve()
        write_file(path, self.judgements, overwrite=overwrite)
        return path

    def to_frame(self) -> Any:
        """Return :meth:`to_rows` as a pandas DataFrame.

        Raises:
            ConfigError: pandas is not installed.
        """
        return frame_of(self.to_rows())

    def __repr__(self) -> str:
        count = len(self.judgements)
        lines = [f"{count} comparison{'' if count == 1 else 's'} of {len(self._first)} clips."]
        if self.judgements:
            lines += [f"  {one.cell.label}: {_did(one)}" for one in self.clips]
            lines += [knob_line(one) for one in self.knobs]
        return "\n".join([*lines, self.sufficiency.words, *self.notes])


def _clip(
    cell: ComparedCell,
    group: int,
    counts: Counter[str],
    strength: tuple[float, float] | None,
    best: float | None,
) -> ClipStrength:
    mean, half = (None, 0.0) if strength is None else (strength[0], half_width(strength[1]))
    return ClipStrength(
        cell,
        group,
        counts["won"],
        counts["lost"],
        counts["alike"],
        mean,
        None if mean is None else mean - half,
        None if mean is None else mean + half,
        best,
    )


def _knob(
    strengths: Strengths,
    tests: int,
    knob: str,
    base: Any,
    level: Any,
    blocks: Sequence[tuple[Sequence[str], Sequence[str]]],
) -> Contrast:
    if not blocks:
        return Contrast(knob, base, level, 0, None, None, None, "cannot tell: it never varies alone")
    weights: Counter[str] = Counter()
    for first, second in blocks:
        for clips, sign in ((first, -1), (second, 1)):
            for clip in clips:
                weights[clip] += sign / len(clips) / len(blocks)  # type: ignore[assignment]
    result = strengths.contrast(weights)
    if result is None:
        why = "cannot tell: comparisons do not connect these clips"
        return Contrast(knob, base, level, len(blocks), None, None, None, why)
    difference, half = result[0], half_width(result[1], tests)
    low, high = difference - half, difference + half
    verdict = "not distinguishable"
    if low > 0 or high < 0:
        verdict = "preferred" if difference > 0 else "not preferred"
    return Contrast(knob, base, level, len(blocks), difference, low, high, verdict)


def share_words(difference: float | None, low: float | None, high: float | None) -> str:
    """Write a difference in logits as the share of comparisons that are won: ``73 % (58 to 84)``."""
    if difference is None or low is None or high is None:
        return "–"
    share, least, most = (100 * share_of(value) for value in (difference, low, high))
    return f"{share:.0f} % ({least:.0f} to {most:.0f})"


def knob_line(one: Contrast) -> str:
    """Say in a line what a value of a knob does."""
    share = share_words(one.difference, one.low, one.high)
    return f"{title_of(one.knob)} {one.words}: {share}: {one.verdict}"


def _did(one: ClipStrength) -> str:
    if one.strength is None:
        return "not compared yet"
    return (
        f"wins {share_words(one.strength, one.low, one.high)} against the mean "
        f"({one.won} won, {one.lost} lost, {one.alike} alike)"
    )
