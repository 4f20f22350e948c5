"""Dask's own scheduler maps a function over the clips of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.handles.clip import Clip
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess


def brightness(clip: Clip) -> float:
    return float(clip.frames(stride=12, size=64).mean())


def test_a_dask_client_maps_a_sweep(sandbox: SandboxProcess, session: Session) -> None:
    import distributed  # a second, in each worker that only collects the tests

    sweep = session.sweep(
        character=sandbox.character, reference=sandbox.reference, expression_intensity=[1, 5]
    )
    sweep.run(yes=True).wait(timeout_s=120)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert sweep.map(brightness, client.get_executor()) == sweep.map(brightness)
