"""The values that were measured of a sweep's clips, and what each knob does to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.effects import Chance, Contrast, chance_of, contrasts_of
from cometact_nb.domain.sweep.faces import FACE_MEASURES
from cometact_nb.errors import ConfigError
from cometact_nb.handles.table import frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cometact_nb.domain.sweep.measures import Measure

__all__ = ["MeasureEffects", "Measured", "MeasuredCell", "interval_words"]

_REPLICATE = "replicate"


@dataclass(frozen=True)
class MeasuredCell:
    """A cell and what was measured of its clip.

    Args:
        number: of the cell, from 1.
        params: its values on the sweep's axes (hashable).
        replicate: the number of the replicate, from 1.
        values: by measure; None where the pictures do not tell.
        problem: the reason why it could not be measured, or an empty string.
        remarks: sentences about its values, without their full stops.
        size: width and height in pixels, where they are known.
        fps: frames per second, where they are known.
        duration_s: seconds, where they are known.
    """

    number: int
    params: Mapping[str, Any]
    replicate: int
    values: Mapping[str, float | None]
    problem: str = ""
    remarks: tuple[str, ...] = ()
    size: tuple[int | None, int | None] = (None, None)
    fps: float | None = None
    duration_s: float | None = None


@dataclass(frozen=True)
class MeasureEffects:
    """The effects of the knobs on one measure.

    Args:
        measure: its name.
        unit: of its values.
        better: ``"higher"``, ``"lower"``, or None for neither.
        chance: how far values differ by chance.
        contrasts: one for each knob and further value of it.
    """

    measure: str
    unit: str
    better: str | None
    chance: Chance
    contrasts: tuple[Contrast, ...]

    @property
    def noise(self) -> str:
        """Describe chance in words."""
        if self.chance.sd is None:
            cure = "Buy replicates=2, or sweep the seed."
            return f"Chance is not known: no two clips differ by chance alone. {cure}"
        source = {
            "replicates": "between replicates",
            "seed": "between seeds, which stand for chance, as there are no replicates",
        }[self.chance.source]
        return f"By chance, values differ by {self.chance.sd:.3g} (standard deviation {source})."

    def verdict(self, contrast: Contrast) -> str:
        """Say what a contrast means, and whether it is for the better.

        Args:
            contrast: one of ``contrasts``.
        """
        if not contrast.is_clear or self.better is None or contrast.difference is None:
            return contrast.verdict
        higher = contrast.difference > 0
        return f"{contrast.verdict}; {'better' if higher == (self.better == 'higher') else 'worse'}"


@doors
class Measured:
    """The values of a sweep's clips, and what each knob does to them. Made by :meth:`Sweep.measure`.

    Attributes:
        measures: what was measured, in the order of the columns.
        cells: one for each cell with a clip.
        without_clip: the number of cells without a clip.
    """

    def __init__(
        self, measures: Sequence[Measure], cells: Sequence[MeasuredCell], without_clip: int = 0
    ) -> None:
        self.measures = tuple(measures)
        self.cells = tuple(cells)
        self.without_clip = without_clip

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the values; a measure that returns a mapping has several."""
        return tuple(dict.fromkeys(name for cell in self.cells for name in cell.values))

    @cached_property
    def effects(self) -> tuple[MeasureEffects, ...]:
        """The effects of each knob on each measure.

        Raises:
            ConfigError: the extra ``decide`` is missing.
        """
        return tuple(map(self._effects_on, self.columns))

    def _effects_on(self, name: str) -> MeasureEffects:
        measure = next(
            (one for one in self.measures if name == one.name or name.startswith(f"{one.name}_")), None
        )
        values = [
            ({**cell.params, _REPLICATE: cell.replicate}, value)
            for cell in self.cells
            if (value := cell.values.get(name)) is not None
        ]
        chance = chance_of(values)
        try:
            contrasts = contrasts_of(values, chance)
        except ImportError as error:
            raise ConfigError(
                f"Intervals need {error.name}, which is not installed: pip install 'cometact_nb[decide]'."
            ) from None
        unit, better = (measure.unit, measure.better) if measure is not None else ("", None)
        return MeasureEffects(name, unit, better, chance, contrasts)

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what to know before the values are compared, a sentence each; nothing for like clips."""
        notes = [
            f"Clip {cell.number} was not measured: {cell.problem}" for cell in self.cells if cell.problem
        ]
        notes += [f"Clip {cell.number}: {remark}." for cell in self.cells for remark in cell.remarks]
        if self.without_clip:
            notes.append(
                f"{self.without_clip} cell{'s have' if self.without_clip > 1 else ' has'} no clip yet."
            )
        for what, values in (
            ("sizes", [f"{w}×{h}" for w, h in (cell.size for cell in self.cells) if w]),
            ("frame rates", [f"{cell.fps:.4g}" for cell in self.cells if cell.fps]),
            ("lengths", [f"{cell.duration_s:.1f} s" for cell in self.cells if cell.duration_s]),
        ):
            distinct = list(dict.fromkeys(values))
            if len(distinct) > 1:
                some = ", ".join(distinct[:4]) + (", …" if len(distinct) > 4 else "")  # noqa: PLR2004
                notes.append(f"The clips have several {what} ({some}), which may move the values.")
        blank = [name for name in self.columns if all(cell.values.get(name) is None for cell in self.cells)]
        notes += [f"{name}: the pictures do not tell." for name in blank if name not in FACE_MEASURES]
        return tuple(notes)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a cell with its parameters and values, for ``pandas.DataFrame``."""
        names = self.columns
        return [
            {
                "cell": cell.number,
                **cell.params,
                _REPLICATE: cell.replicate,
                **{name: cell.values.get(name) for name in names},
                "problem": cell.problem or None,
            }
            for cell in self.cells
        ]

    def to_frame(self) -> Any:
        """Return the same as a pandas DataFrame.

        Raises:
            ConfigError: pandas is not installed.
        """
        return frame_of(self.to_rows())

    def effect_rows(self) -> list[dict[str, Any]]:
        """Return one mapping for each measure, knob and value: the difference, its interval, chance, verdict.

        Raises:
            ConfigError: the extra ``decide`` is missing.
        """
        return [
            {
                "measure": effects.measure,
                "unit": effects.unit,
                "knob": one.knob,
                "base": one.base,
                "level": one.level,
                "blocks": one.blocks,
                "difference": one.difference,
                "low": one.low,
                "high": one.high,
                "noise_sd": effects.chance.sd,
                "noise_source": effects.chance.source,
                "verdict": effects.verdict(one),
            }
            for effects in self.effects
            for one in effects.contrasts
        ]

    def plot(self) -> Any:
        """Draw the differences with their intervals as a matplotlib figure.

        The notebook's view has the same picture as SVG, without matplotlib.

        Raises:
            ConfigError: matplotlib or the extra ``decide`` is not installed.
        """
        try:
            from matplotlib.figure import Figure  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415  (never required)
        except ImportError:
            raise ConfigError(
                "plot() needs matplotlib: pip install matplotlib. The view in the notebook does without."
            ) from None
        several = [effects for effects in self.effects if _drawable(effects.contrasts)]
        height = sum(1.1 + 0.35 * len(_drawable(effects.contrasts)) for effects in several)
        figure = Figure(figsize=(7, max(1.5, height)), layout="constrained")
        for axes, effects in zip(_axes(figure, len(several)), several, strict=True):
            _draw(axes, effects)
        return figure

    def __repr__(self) -> str:
        lines = [f"{len(self.cells)} clips measured: {', '.join(self.columns) or 'nothing'}"]
        for effects in self.effects:
            lines += [
                f"{effects.measure}: {effects.noise}",
                *(f"  {_line(effects, one)}" for one in effects.contrasts),
            ]
        return "\n".join([*lines, *self.notes])


def interval_words(contrast: Contrast) -> str:
    """Write a difference with its interval: ``+0.12 (0.05 to 0.19)``, ``−0.2 (−0.4 to 0.1)``."""
    if contrast.difference is None:
        return "–"
    interval = "" if contrast.low is None else f" ({contrast.low:.3g} to {contrast.high:.3g})"
    return f"{contrast.difference:+.3g}{interval}".replace("-", "−")


def _line(effects: MeasureEffects, one: Contrast) -> str:
    return f"{title_of(one.knob)} {one.words}: {interval_words(one)}: {effects.verdict(one)}"


def _drawable(contrasts: Iterable[Contrast]) -> list[Contrast]:
    return [one for one in contrasts if one.difference is not None]


def _axes(figure: Any, count: int) -> list[Any]:
    return list(figure.subplots(count, 1, squeeze=False)[:, 0]) if count else []


def _draw(axes: Any, effects: MeasureEffects) -> None:
    several = _drawable(effects.contrasts)
    if effects.chance.sd is not None:
        axes.axvspan(-effects.chance.sd, effects.chance.sd, color="0.5", alpha=0.2, linewidth=0)
    axes.axvline(0, color="0.5", linewidth=1)
    for place, one in enumerate(several):
        if one.low is not None:
            axes.plot([one.low, one.high], [place, place], color="C0")
        axes.plot([one.difference], [place], "o", color="C0" if one.is_clear else "0.5")
    axes.set_yticks(range(len(several)), [f"{title_of(one.knob)} {one.words}" for one in several])
    axes.invert_yaxis()
    axes.set_xlabel(f"{effects.measure}, difference in {effects.unit}" if effects.unit else effects.measure)
