"""Two Dask workers, processes of their own, measure clips that lie at an S3; the lane ``cluster`` has the packages."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import stores
from services import new_session
from sweeps import grid

if TYPE_CHECKING:
    from services import SandboxProcess

    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.sweep.sweep import Sweep

pytest.importorskip("moto.server", reason="the lane `cluster` has it")
pytest.importorskip("s3fs", reason="the lane `cluster` has it")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[stores.Store]:
    with stores.s3(tmp_path) as made:
        yield made


@pytest.fixture
def sweep(sandbox: SandboxProcess, store: stores.Store, tmp_path: Path) -> Iterator[Sweep]:
    """Four clips at the store, with no copy on this machine."""
    session = new_session(tmp_path, sandbox)
    session.configure(output_dir=f"{store.place}/clips")
    made = grid(session, sandbox, seed=[1, 2, 3, 4]).run().wait(120)
    for cell in made.cells:
        assert cell.clip is not None
        cell.clip.path.unlink()
    yield made
    session.close()


@pytest.fixture
def executor(store: stores.Store, tmp_path: Path) -> Iterator[Any]:
    distributed: Any = pytest.importorskip("distributed")
    port = int(store.base.split(":")[2].split("/")[0])
    env = {
        "FSSPEC_S3": json.dumps(stores.at_port(port)),
        "XDG_CACHE_HOME": str(tmp_path / "of the workers"),
        "HOME": str(tmp_path / "home of the workers"),
    }
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path / "dask"),
            env=env,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


def test_workers_read_clips_from_the_store_and_their_values_come_back(sweep: Sweep, executor: Any) -> None:
    shares: list[float] = []

    def where(clip: Clip) -> dict[str, float]:
        return {"process": os.getpid(), "bytes": len(clip.path.read_bytes())}

    measured = sweep.measure("motion", where, executor=executor, progress=shares.append)
    assert [cell.problem for cell in measured.cells] == [""] * 4
    clips = [cell.clip for cell in sweep.cells if cell.clip is not None]
    assert [cell.values["where_bytes"] for cell in measured.cells] == [clip.bytes for clip in clips]
    assert os.getpid() not in {cell.values["where_process"] for cell in measured.cells}
    assert shares[-1] == 1.0
    here = sweep.measure("motion")
    assert [cell.values["motion"] for cell in here.cells] == [
        cell.values["motion"] for cell in measured.cells
    ]


def test_the_clips_of_a_lost_worker_are_measured_again(sweep: Sweep, executor: Any, tmp_path: Path) -> None:
    lost = tmp_path / "lost"

    def fragile(clip: Clip) -> float:
        try:
            lost.open("x").close()
        except FileExistsError:
            return float(len(clip.path.read_bytes()))
        os._exit(1)

    measured = sweep.measure(fragile, executor=executor)
    assert lost.exists()
    assert all(cell.values["fragile"] for cell in measured.cells)
    assert sweep.map(fragile, executor) == [cell.values["fragile"] for cell in measured.cells]


def test_an_interrupt_leaves_what_is_left_for_the_next_call(sweep: Sweep, executor: Any) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep.measure("motion", executor=executor, progress=interrupt)
    assert len(sweep.measure("motion", executor=executor).cells) == 4
