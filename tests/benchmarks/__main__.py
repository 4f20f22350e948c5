"""``python -m tests.benchmarks``: every number of docs/benchmarks.md, measured beside what one would use instead.

``--only NAME`` measures one row, ``--quick`` takes tiny sizes (to see that it runs, not how fast), ``--json FILE``
writes all samples, ``--docs FILE`` writes the table (by default docs/benchmarks.md, when all rows were measured in
full).
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from tests.benchmarks import docs
from tests.benchmarks.report import Report, machine, table

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

#: In the order of the page. Each is a module with ``measure(quick=…)``.
ROWS = {
    "import": "imports",
    "submit": "submit",
    "polls": "polls",
    "wire": "wire",
    "watching": "watching",
    "picture": "picture",
    "kernel": "busy",
    "resident": "resident",
    "browser": "browser",
    "notebook": "notebook",
    "extension": "extension",
    "keeper": "keeper",
    "scale": "scale",
    "history": "large",
    "prepare": "prepare",
    "publish": "publish",
    "measure": "measure",
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=ROWS, metavar="NAME", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", type=Path)
    options = parser.parse_args(arguments)
    reports = []
    for name in options.only or ROWS:
        began = time.monotonic()
        report: Report = importlib.import_module(f"tests.benchmarks.{ROWS[name]}").measure(
            quick=options.quick
        )
        print(f"\n{report.title} ({time.monotonic() - began:.0f} s)\n{table(report.lines)}", flush=True)
        reports.append(report)
    if options.json:
        facts = {"machine": machine(), "rows": [report.as_json() for report in reports]}
        options.json.write_text(json.dumps(facts, indent=1), "utf-8")
    whole = not options.only and not options.quick
    path = options.docs or (ROOT / "docs" / "benchmarks.md" if whole else None)
    if path:
        docs.write(path, reports)


if __name__ == "__main__":
    main(sys.argv[1:])
