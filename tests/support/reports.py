"""A sweep that has all a report must cope with: clips, failures, replicates, hostile names, signed addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services import SandboxProcess, new_session

from cometact_nb.handles.sweep.sweep import Sweep

#: Stands in an address, as a signature would.
SIGNATURE = "SIGNATURE-51c8e0"
NAME = "Hero </script><script>document.title='pwned'</script> <b>1</b>"
NOTE = '=HYPERLINK("https://evil.example","<i>lips</i>")'


def finished_sweep(folder: Path, sandbox: SandboxProcess) -> Sweep:
    """Two intensities, each bought twice, of a character that works and of one that fails."""
    session = new_session(folder, sandbox)
    characters = [
        f"{sandbox.character}?sig={SIGNATURE}",
        f"{sandbox.playing('unknown-failure')}&sig={SIGNATURE}",
    ]
    fields: dict[str, Any] = {"reference": sandbox.reference, "expression_intensity": [1, 5]}
    sweep = session.sweep(character=characters, **fields, replicates=2, name=NAME)
    sweep.run(canary=False).wait(120)
    sweep.rate(sweep.cells[0], stars=4, favourite=True, note=NOTE, blind=True)
    return sweep
