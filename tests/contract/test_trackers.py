"""A sweep is logged to real trackers, each entry once; the lane ``trackers`` has their packages."""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from services import SandboxProcess, new_session
from sweeps import grid

from cometact_nb.errors import ConfigError
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep

#: They are read when the packages are imported.
os.environ.setdefault("TRACKIO_DIR", tempfile.mkdtemp(prefix="trackio-"))
os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true"}
_WHY = "the lane `trackers` has it"
#: MLflow 3.17 asks SQLAlchemy 2.1 for what that deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Run(ABC):
    """A run of a real tracker, with its store on this machine."""

    run: Any

    @abstractmethod
    def cells(self) -> dict[str, dict[str, Any]]:
        """Map each cell to its latest values, as the tracker's store has them."""

    @abstractmethod
    def clips(self) -> list[bytes]:
        """Return the clips in the tracker's store."""

    @abstractmethod
    def entries(self) -> int:
        """Count what was logged, so that an entry that came twice counts twice."""

    @abstractmethod
    def end(self) -> None:
        """Close the run."""


class Trackio(Run):
    def __init__(self, folder: Path) -> None:
        trackio = pytest.importorskip("trackio", reason=_WHY)
        self.project = folder.name
        self.run = trackio.init(project=self.project, name="ours", auto_log_cpu=False, auto_log_gpu=False)

    def _rows(self) -> list[dict[str, Any]]:
        self.run.finish()  # it writes on a thread of its own
        storage = import_module("trackio.sqlite_storage").SQLiteStorage
        rows: list[dict[str, Any]] = storage.get_logs(self.project, "ours")
        self.run = import_module("trackio").init(
            project=self.project, name="ours", resume="must", auto_log_cpu=False
        )
        return rows

    def cells(self) -> dict[str, dict[str, Any]]:
        return {row["cell_key"]: row for row in self._rows() if "clip" not in row}

    def clips(self) -> list[bytes]:
        self._rows()
        folder = Path(os.environ["TRACKIO_DIR"]) / "media" / self.project
        return [path.read_bytes() for path in folder.rglob("*.mp4")]

    def entries(self) -> int:
        return len(self._rows())

    def end(self) -> None:
        self.run.finish()


class Wandb(Run):
    def __init__(self, folder: Path) -> None:
        wandb = pytest.importorskip("wandb", reason=_WHY)
        self.run = wandb.init(project="takes", mode="offline", dir=str(folder))

    def cells(self) -> dict[str, dict[str, Any]]:
        last = dict(self.run.summary)
        return {last["cell_key"]: last}

    def clips(self) -> list[bytes]:
        return [path.read_bytes() for path in (Path(self.run.dir) / "media").rglob("*.mp4")]

    def entries(self) -> int:
        return int(self.run.step)

    def end(self) -> None:
        self.run.finish()


class Mlflow(Run):
    def __init__(self, folder: Path) -> None:
        mlflow = pytest.importorskip("mlflow", reason=_WHY)
        mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        name = mlflow.create_experiment("takes", artifact_location=(folder / "artifacts").as_uri())
        self.folder = folder
        self.run = mlflow.start_run(experiment_id=name, run_name="ours")
        self.client = mlflow.MlflowClient()

    def _runs(self) -> list[Any]:
        below = f"tags.`mlflow.parentRunId` = '{self.run.info.run_id}'"
        return list(self.client.search_runs([self.run.info.experiment_id], below))

    def cells(self) -> dict[str, dict[str, Any]]:
        return {
            run.data.tags["cometact_nb.cell"]: {**run.data.params, **run.data.tags, **run.data.metrics}
            for run in self._runs()
        }

    def clips(self) -> list[bytes]:
        return [path.read_bytes() for path in (self.folder / "artifacts").rglob("*.mp4")]

    def entries(self) -> int:
        return sum(len(self.client.get_metric_history(run.info.run_id, "cell")) for run in self._runs())

    def end(self) -> None:
        import_module("mlflow").end_run()


@pytest.fixture(params=[Trackio, Wandb, Mlflow])
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    folder = tmp_path / f"tracker-{request.param.__name__}-{tmp_path.name}"
    folder.mkdir()
    run: Run = request.param(folder)
    yield run
    run.end()


@pytest.fixture
def sweep(session: Session, sandbox: SandboxProcess) -> Sweep:
    return grid(session, sandbox, seed=[1, 2], name="takes").run().wait(60)


@pytest.mark.parametrize("run", [None, "wandb", object(), 7])
def test_what_is_no_run_is_one_error(sweep: Sweep, run: object) -> None:
    with pytest.raises(ConfigError, match=r"trackio.init\(…\), wandb.init\(…\) or mlflow.start_run"):
        sweep.log_to(run)


def test_each_cell_and_clip_is_logged_once_and_later_what_is_new(sweep: Sweep, tracker: Run) -> None:
    logged = sweep.log_to(tracker.run)
    assert (logged.cells, logged.clips, logged.known, dict(logged.refused)) == (2, 2, 0, {})
    cells = tracker.cells()
    assert cells.keys() <= {cell.key for cell in sweep.cells}
    for values in cells.values():
        assert str(values["seed"]) in {"1", "2"}
        assert (values["status"], str(values["sandbox"]), values["sweep"]) == ("SUCCEEDED", "True", "takes")
    assert sorted(tracker.clips()) == sorted(cell.clip.path.read_bytes() for cell in sweep.cells if cell.clip)
    entries = tracker.entries()

    again = sweep.log_to(tracker.run)
    assert (again.cells, again.clips, again.known) == (0, 0, 2)
    assert tracker.entries() == entries

    sweep.rate(sweep.cells[1], stars=4, note="lips late")
    rated = sweep.log_to(tracker.run)
    assert (rated.cells, rated.clips, rated.known) == (1, 0, 1)
    values = tracker.cells()[sweep.cells[1].key]
    assert (float(values["stars"]), values["note"]) == (4.0, "lips late")
    assert tracker.entries() == entries + 1


def test_another_kernel_logs_nothing_again(
    sweep: Sweep, tracker: Run, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sweep.log_to(tracker.run)
    entries = tracker.entries()
    other = new_session(tmp_path, sandbox)
    try:
        assert other.sweep_by_name("takes").log_to(tracker.run).known == 2
        assert tracker.entries() == entries
    finally:
        other.close()


def test_cells_without_an_end_are_left_for_a_later_call(
    sweep: Sweep, tracker: Run, sandbox: SandboxProcess
) -> None:
    sweep.extend([{"seed": 3}])
    logged = sweep.log_to(tracker.run)
    assert (logged.cells, logged.unfinished) == (2, 1)
    assert "1 cell not finished" in str(logged)
    sweep.run().wait(60)
    logged = sweep.log_to(tracker.run)
    assert (logged.cells, logged.clips, logged.known, logged.unfinished) == (1, 1, 2, 0)


def test_a_clip_that_is_gone_is_said_by_its_cell_and_costs_no_other(sweep: Sweep, tracker: Run) -> None:
    clip = sweep.cells[0].clip
    assert clip is not None
    hidden = clip.path.rename(clip.path.with_suffix(".away"))
    logged = sweep.log_to(tracker.run)
    assert (logged.cells, logged.clips, list(logged.refused)) == (2, 1, [1])
    assert "Cell 1 was not logged whole: " in str(logged)
    hidden.rename(clip.path)
    assert sweep.log_to(tracker.run).clips == 1
