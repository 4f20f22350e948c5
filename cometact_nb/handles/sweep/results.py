"""The results of a sweep: its clips, rated, compared and as a table."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.domain.arguments import check_flags
from cometact_nb.domain.doors import doors
from cometact_nb.domain.knobs import FIELDS, INPUTS
from cometact_nb.domain.media import as_media
from cometact_nb.domain.sweep.judgements import checked_answer
from cometact_nb.domain.sweep.rating import NO_RATING, RatingChange, checked_round
from cometact_nb.errors import ActTwoError, ConfigError
from cometact_nb.handles.no_copies import NoCopies
from cometact_nb.handles.sweep.cell import rating_rows, row
from cometact_nb.handles.sweep.noise import map_clips, noise_floor
from cometact_nb.handles.table import frame_of
from cometact_nb.handles.views import views

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from cometact_nb.domain.sweep.measures import Measure
    from cometact_nb.domain.sweep.rating import Rating
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.logging_to import Logged
    from cometact_nb.handles.sweep.measured import Measured
    from cometact_nb.handles.sweep.noise import Executor, NoiseFloor
    from cometact_nb.handles.sweep.preferences import Preferences
    from cometact_nb.handles.sweep.rating_book import RatingBook

__all__ = ["Results"]

R = TypeVar("R")


@doors
class Results(NoCopies):
    """The cells of a sweep with their clips. Part of :class:`~cometact_nb.Sweep`."""

    _elsewhere = "keep sweep.name, which act.sweep_by_name(name) finds in any kernel"

    session: Core
    name: str
    cells: tuple[Cell, ...]
    _ledger: RatingBook
    _measured: Measured | None = None

    def _changed(self) -> None:
        """Tell listeners that the cells have changed; on the engine's loop."""
        raise NotImplementedError

    def rate(
        self,
        cell: Cell,
        *,
        stars: int | None = None,
        favourite: bool | None = None,
        note: str | None = None,
        blind: bool = False,
        in_round: int = 1,
        rater: str = "",
    ) -> Rating:
        """Record a rating of a cell's clip. None leaves a part as it is; ``stars=0`` removes stars.

        Rounds and raters are recorded beside each other, and so are blind stars and open stars; none
        replaces another.

        Args:
            cell: one of ``cells`` with a task.
            stars: 1–5, or 0 for none.
            favourite: mark it as a favourite.
            note: free text, up to 2,000 characters.
            blind: the rater did not see the parameters.
            in_round: number of the round, from 1. Begin another one to rate all clips anew.
            rater: who rates, up to 60 characters; empty for one without a name.

        Returns:
            the new rating of this rater in this round.

        Raises:
            ConfigError: no task yet, or a value that is no rating, no round or no name.
            HistoryError: it could not be recorded.
        """
        if not any(cell is one for one in self.cells):
            raise ConfigError(f"cell={cell!r} is no cell of this. Give one of its cells, such as .cells[0].")
        check_flags(blind=blind, favourite=favourite)
        job = cell.job
        if job is None:
            raise ConfigError(f"Cell {cell.index + 1} has no clip yet, so there is nothing to rate.")
        number, name = checked_round(in_round, rater)
        sound = NO_RATING.changed(stars=stars, favourite=favourite, note=note, blind=blind)
        change = RatingChange(
            stars=stars,
            favourite=None if favourite is None else sound.favourite,
            note=None if note is None else sound.note,
            blind=bool(blind),
        )

        async def keep() -> None:
            self._ledger.rate(job.state.key, number, name, change)
            self._changed()

        self.session.run(keep())
        now = {(one.round, one.rater): one.rating for one in cell.ratings}
        return now.get((number, name), NO_RATING)

    def ratings(self) -> list[dict[str, Any]]:
        """Return one mapping for each cell, round, rater and kind of stars, those of other kernels too.

        Its keys are ``cell`` (from 1), ``round``, ``rater``, ``blind``, ``stars``, ``favourite``, ``note``
        and ``when`` (UTC).
        """
        self._read_ratings()
        return [line for cell in self.cells for line in rating_rows(cell)]

    def last_round(self) -> tuple[int, str]:
        """Return round and rater of the latest rating; before there is one, round 1 of the last rater."""
        latest = [one for cell in self.cells for one in cell.ratings[-1:]]
        last = max(latest, key=lambda one: one.at or 0.0, default=None)
        return (1, self._ledger.last_rater) if last is None else (last.round, last.rater)

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a cell: its parameters, outcome, path of its clip, ratings, and latest measures.

        ``stars``, ``favourite``, ``note``, ``blind`` and ``stars_…`` are of the round that was rated last.
        With several rounds or raters, each has columns of its own too, such as ``stars_blind_round2_Ann``.
        """
        self._read_ratings()
        rounds = sorted({(one.round, one.rater) for cell in self.cells for one in cell.ratings})
        measured = (
            {} if self._measured is None else {cell.number: cell.values for cell in self._measured.cells}
        )
        names = () if self._measured is None else self._measured.columns
        return [
            row(cell, rounds if len(rounds) > 1 else ())
            | {name: measured.get(cell.index + 1, {}).get(name) for name in names}
            for cell in self.cells
        ]

    def _read_ratings(self) -> None:
        """Learn what other kernels have recorded, where the history can be read."""

        async def read() -> None:
            self._ledger.read_ratings([cell.job.state.key for cell in self.cells if cell.job is not None])

        if any(cell.job is not None for cell in self.cells):
            with suppress(ActTwoError):
                self.session.run(read())

    def to_frame(self) -> Any:
        """Return the same as a pandas DataFrame.

        Raises:
            ConfigError: pandas is not installed.
        """
        return frame_of(self.to_rows())

    def find(self, **fields: Any) -> list[Cell]:
        """Return the cells whose requests have these values, such as ``sweep.find(seed=7)``.

        Args:
            fields: of :class:`ActTwoRequest`, or ``replicate``. An input may be a link or anything that a
                request takes.

        Raises:
            ConfigError: there is no such field.
        """
        for name in fields:
            if name not in FIELDS and name != "replicate":
                raise ConfigError(f"{name!r} is no field of a request. There are: {', '.join(FIELDS)}.")
        criteria = {name: _comparable(name, value) for name, value in fields.items()}
        return [
            cell
            for cell in self.cells
            if all(
                _comparable(name, cell.replicate if name == "replicate" else getattr(cell.request, name))
                == value
                for name, value in criteria.items()
            )
        ]

    def map(self, fn: Callable[[Clip], R], executor: Executor | None = None) -> list[R | None]:
        """Call ``fn(clip)`` for each cell, in the order of ``cells``; None for a cell without a clip.

        Args:
            fn: called with a :class:`Clip`. For other processes it must be importable there, and so must its
                results; for other machines the clips' folder must be mounted at the same path.
            executor: any of ``concurrent.futures``, Dask's ``client.get_executor()``, ipyparallel's
                ``client.load_balanced_view().executor``. None calls ``fn`` here, one clip after the other.

        Returns:
            the results of ``fn``.

        Raises:
            ConfigError: an executor has no ``submit``. An error of ``fn`` is raised, with a note on the clip,
                after all others have ended.
        """
        return map_clips(fn, [cell.clip for cell in self.cells], executor)

    def measure(
        self,
        *measures: str | Measure | Callable[[Clip], Any],
        against: Cell | None = None,
        executor: Executor | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Measured:
        """Measure the clips, and compare what each knob does with what chance does.

        A clip is decoded once for all built-in measures; what was measured is kept in the history by the
        clip's hash. An interrupt stops within a moment; what was measured until then is kept. Needs the extra
        ``decide``.

        Args:
            measures: names (``"sharpness"``, ``"flicker"``, ``"freeze"``, ``"motion"``, ``"detail"``,
                ``"brightness"``, ``"saturation"``, ``"similarity"``), :class:`Measure` objects, or functions
                of a :class:`Clip`. Nothing takes all of these but similarity. With the extra ``faces`` also
                ``"face_mouth"``, ``"face_brows"``, ``"face_head"``, ``"face_sound"`` and
                ``"face_identity"``: they compare faces, eight times a second, with those of the reference and
                the character. Its landmarks are for non-commercial use.
            against: the cell whose clip ``"similarity"`` compares with; None takes the first with a clip.
            executor: as for :meth:`map`. None takes threads of this process, one for each processor.
            progress: called with the share that is done, 0–1, in place of the bar.

        Returns:
            values, effects with intervals, and a view of both.

        Raises:
            ConfigError: a measure, the executor or ``against`` cannot be used, or the extra is missing.
        """
        from cometact_nb.handles.sweep.measure import measure_sweep  # noqa: PLC0415  (only for those who ask)

        self._measured = measure_sweep(
            self.session,
            self.cells,
            measures,
            self._own_columns(),
            against=against,
            executor=executor,
            progress=progress,
        )
        return self._measured

    def log_to(self, run: object, *, progress: Callable[[float], None] | None = None) -> Logged:
        """Log parameters, outcomes, measures, ratings and clips to a run of a tracker, each once.

        A cell is logged once its task has ended. A second call adds nothing; a later one adds what is new:
        cells that have ended since, and whole cells whose values have changed, such as a rating. The tracker
        gets a copy of each clip; inputs are named, without their addresses.

        trackio and wandb get a step for the values of a cell and one for its clip, both with ``cell_key``;
        MLflow gets a run for each cell below yours.

        Args:
            run: as ``trackio.init(…)``, ``wandb.init(…)`` or ``mlflow.start_run(…)`` returned it, still open.
            progress: called with the share that is done, 0–1, in place of the bar.

        Returns:
            what was logged, and by cell what the tracker refused.

        Raises:
            ConfigError: it is no run of a known tracker.
            HistoryError: what was logged could not be remembered; the next call logs that entry again.
        """
        from cometact_nb.handles.sweep.logging_to import log_cells  # noqa: PLC0415  (only for those who ask)

        return log_cells(self.session, self.name, self.cells, self.to_rows(), run, progress)

    # --- pairs -------------------------------------------------------------------------------------

    def compare(self) -> Any:
        """Ask which of two clips is better, pair by pair, without saying what they are.

        Two clips play in step; ``←``, ``→`` and ``=`` answer. The next pair is the one that teaches most, on
        sides chosen by lot, and none comes twice to a rater before all have been. Each answer is kept in the
        history, by the hashes of the clips; :meth:`preferences` says what they come to. Needs the extra
        ``decide``.

        Returns:
            a widget; show it by naming it at the end of a cell.

        Raises:
            ConfigError: there are fewer than two clips, or the extra is missing.
        """
        return views().compare(self)

    def judge(self, first: Cell, second: Cell, answer: str, *, rater: str = "") -> None:
        """Record which of two clips is better, as :meth:`compare` does.

        Args:
            first: a cell with a clip.
            second: another one.
            answer: ``"first"``, ``"second"``, or ``"equal"``.
            rater: who judges, up to 60 characters; empty for one without a name.

        Raises:
            ConfigError: a cell has no clip, both have the same one, or a value cannot be used.
            HistoryError: it could not be recorded.
        """
        from cometact_nb.handles.sweep import questions  # noqa: PLC0415  (only for those who ask)

        clips = [getattr(cell, "clip", None) for cell in (first, second)]
        for cell, clip in zip((first, second), clips, strict=True):
            if clip is None:
                raise ConfigError(f"{cell!r} has no clip to compare. Give two cells that have one.")
        one, other = (clip.sha256 for clip in clips if clip is not None)
        if one == other:
            raise ConfigError("Both are the same clip. Give two different ones.")
        name = questions.checked_rater(rater)
        questions.record(self.session, uuid.uuid4().hex, (one, other), checked_answer(answer), name)

    def preferences(self, rater: str | None = None) -> Preferences:
        """Say which clips, and which values of each knob, were preferred in comparisons of pairs.

        Args:
            rater: count the answers of this one alone; None counts those of all.

        Returns:
            strengths with intervals, agreement between raters, and whether it is enough; with a view. Nothing
            compared yet is said in words.

        Raises:
            ConfigError: no clip yet, or the extra ``decide`` is missing.
            HistoryError: the history could not be read.
        """
        from cometact_nb.handles.sweep.compared import preferences_of  # noqa: PLC0415  (only for those who ask)

        return preferences_of(self.session, self.cells, rater)

    def add_judgements(self, file: str | PathLike[str]) -> int:
        """Add the answers of another notebook to the history: those about clips of this sweep.

        Answers that are here already are left out, so it may be called again.

        Args:
            file: of :meth:`~cometact_nb.handles.sweep.preferences.Preferences.save`; relative to the
                notebook's folder.

        Returns:
            the number of answers in it that are about these clips.

        Raises:
            ConfigError: it cannot be read, holds something else, or nothing about these clips.
            HistoryError: they could not be recorded.
        """
        from cometact_nb.handles.sweep.compared import add_file  # noqa: PLC0415  (only for those who ask)

        return add_file(self.session, self.cells, file)

    def _own_columns(self) -> frozenset[str]:
        """Return the columns that :meth:`to_rows` has without measures."""
        rounds = {(one.round, one.rater) for cell in self.cells for one in cell.ratings}
        return frozenset(row(self.cells[0], rounds)) | {"problem", "clip"} if self.cells else frozenset()

    def noise_floor(self, distance: Callable[[Clip, Clip], float] | None = None) -> NoiseFloor:
        """Compare how far each knob moves the clips with how far they differ by chance.

        Args:
            distance: of two clips, ≥ 0; None takes one less their structural similarity (SSIM), 0–1.

        Returns:
            a table; ``to_rows()`` gives it as numbers.
        """
        return noise_floor([(cell.params, cell.replicate, cell.clip) for cell in self.cells], distance)


def _comparable(name: str, value: Any) -> Any:
    """Return a field's value, of an input its address."""
    ref = as_media(value) if name in INPUTS else None
    return value if ref is None else ref.uri
