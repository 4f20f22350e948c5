"""The money core: its modules, and the fast tests that hold each. Rows follow a module that moves."""

from __future__ import annotations

MODULES: dict[str, list[str]] = {
    "cometact_nb/api/flow.py": ["tests/unit/test_flow.py", "tests/unit/test_verdicts.py", "tests/unit/test_pace.py"],
    "cometact_nb/api/wire.py": ["tests/unit/test_wire.py", "tests/unit/test_flow.py"],
    "cometact_nb/domain/sweep.py": ["tests/unit/test_grid.py", "tests/contract/test_sweeps.py"],
    "cometact_nb/domain/task.py": ["tests/unit/test_task.py", "tests/unit/test_foreign.py", "tests/unit/test_store.py"],
    "cometact_nb/engine.py": ["tests/unit/test_engine.py", "tests/contract/test_tasks.py"],
    "cometact_nb/watch.py": ["tests/unit/test_engine.py", "tests/contract/test_tasks.py"],
    "cometact_nb/sweep_run.py": ["tests/contract/test_sweeps.py"],
    "cometact_nb/sweep_choice.py": ["tests/contract/test_sweeps.py"],
    "cometact_nb/store/history.py": ["tests/unit/test_store.py", "tests/unit/test_journal.py", "tests/unit/test_search.py"],
    "cometact_nb/settle.py": ["tests/contract/test_tasks.py"],
    "cometact_nb/fetch.py": ["tests/unit/test_engine.py", "tests/contract/test_tasks.py", "tests/contract/test_disk.py"],
}  # fmt: skip
