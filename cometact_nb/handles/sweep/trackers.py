"""Writes to the runs of experiment trackers: trackio, Weights & Biases, MLflow.

None is imported here: whoever has a run has imported its package.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["Tracker", "tracker_of"]


class Tracker(Protocol):
    """One run of a tracker.

    Args:
        name: of the run, for the user.
        key: of the run, the same in another kernel.
    """

    @property
    def name(self) -> str:
        """The tracker and its run, in words."""

    @property
    def key(self) -> str:
        """Names the run in the history; the same in another kernel."""

    def log_values(self, cell: str, params: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Log what is known of a cell.

        Args:
            cell: its key.
            params: what its request asks for.
            values: what came of it: numbers and texts.
        """

    def log_clip(self, cell: str, number: int, path: Path, caption: str) -> None:
        """Log a copy of a cell's clip.

        Args:
            cell: its key.
            number: of the cell, from 1.
            path: of a file that is gone soon.
            caption: the cell's parameters, in words.
        """


def tracker_of(run: object) -> Tracker:
    """Return what writes to a run.

    Args:
        run: as ``trackio.init(…)``, ``wandb.init(…)`` or ``mlflow.start_run(…)`` return it.

    Raises:
        ConfigError: it is none of these.
    """
    make = _TRACKERS.get(type(run).__module__.partition(".")[0])
    if make is None or not hasattr(run, "info" if make is _Mlflow else "log"):
        raise ConfigError(
            f"run={type(run).__name__} is no run of a tracker that is known here. Give what trackio.init(…), "
            "wandb.init(…) or mlflow.start_run(…) returned."
        )
    return make(run)


class _Media:
    """A run of trackio or wandb: each call logs one step, and a clip is one of its values."""

    def __init__(self, run: Any) -> None:
        package = type(run).__module__.partition(".")[0]
        self._tracker_run = run
        self._video = sys.modules[package].Video
        where = [getattr(run, "entity", None), run.project, getattr(run, "id", None) or run.name]
        self.name = f"{package} run {run.name or where[-1]!r}"
        self.key = f"{package}:{'/'.join(str(part) for part in where if part)}"

    def log_values(self, cell: str, params: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        self._tracker_run.log({**params, **values, "cell_key": cell})

    def log_clip(self, cell: str, number: int, path: Path, caption: str) -> None:
        clip = self._video(str(path), caption=caption, format=path.suffix[1:])
        self._tracker_run.log({"cell": number, "cell_key": cell, "clip": clip})


class _Mlflow:
    """A run of MLflow: each cell is a run below it, found again by a tag."""

    _TAG = "cometact_nb.cell"

    def __init__(self, run: Any) -> None:
        self._client = sys.modules["mlflow"].MlflowClient()
        self._info = run.info
        self._children: dict[str, str] | None = None
        self.name = f"mlflow run {run.info.run_name!r}"
        self.key = f"mlflow:{run.info.run_id}"

    def log_values(self, cell: str, params: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        child = self._child(cell, f"cell {values.get('cell', '')}".strip())
        for name, value in params.items():
            self._client.log_param(child, name, value)
        for name, value in values.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self._client.log_metric(child, name, value)
            else:
                self._client.set_tag(child, name, value)
        self._client.set_terminated(child, "FINISHED" if values.get("status") == "SUCCEEDED" else "FAILED")

    def log_clip(self, cell: str, number: int, path: Path, caption: str) -> None:
        child = self._child(cell, f"cell {number}")
        self._client.set_tag(child, "mlflow.note.content", caption)
        self._client.log_artifact(child, str(path), "clips")

    def _child(self, cell: str, title: str) -> str:
        """Return the id of a cell's run, and make the run if there is none."""
        if self._children is None:
            below = f"tags.`mlflow.parentRunId` = '{self._info.run_id}'"
            runs = self._client.search_runs([self._info.experiment_id], below, max_results=50_000)
            self._children = {run.data.tags.get(self._TAG, ""): run.info.run_id for run in runs}
        if cell not in self._children:
            tags = {"mlflow.parentRunId": self._info.run_id, self._TAG: cell}
            run = self._client.create_run(self._info.experiment_id, tags=tags, run_name=title)
            self._children[cell] = run.info.run_id
        return self._children[cell]


_TRACKERS: dict[str, Callable[[Any], Tracker]] = {"trackio": _Media, "wandb": _Media, "mlflow": _Mlflow}
