"""One size of the row "scale", alone in its process: ``python -m tests.benchmarks.scale_one TASKS``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

if __name__ == "__main__":
    from tests.benchmarks import scale

    print(json.dumps(scale.one(int(sys.argv[1]))))
