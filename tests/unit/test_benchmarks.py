"""The benchmarks run; how fast anything is, no test says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    "import", "submit", "polls", "wire", "watching", "resident", "notebook", "keeper", "scale", "history", "prepare", "publish", "measure",
]  # fmt: skip


def test_the_benchmarks_run_in_tiny_sizes_and_write_their_tables(tmp_path: Path) -> None:
    found, page = tmp_path / "found.json", tmp_path / "page.md"
    only = [part for row in ROWS for part in ("--only", row)]
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", *only]
    subprocess.run([*command, "--json", str(found), "--docs", str(page)], cwd=ROOT, check=True)
    rows = json.loads(found.read_text())["rows"]
    assert [row["name"] for row in rows] == ROWS
    assert all(line["ours"] for row in rows for line in row["lines"])
    assert [line for line in page.read_text().splitlines() if line.startswith("## ")] == [
        f"## {row['title']}" for row in rows
    ]
