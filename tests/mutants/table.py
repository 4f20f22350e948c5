"""The money core: its modules by name, each with its file and the fast tests that hold it.

A row follows a file that moves; names stay, and so do results and ``survivors.toml``.
"""

from __future__ import annotations

_WIRE = [
    "tests/unit/test_lenient.py",
    "tests/unit/test_wire_fields.py",
    "tests/unit/test_wire.py",
    "tests/unit/test_wire_forms.py",
]
_FLOW = ["tests/unit/test_flow.py", "tests/unit/test_polls.py", "tests/unit/test_verdicts.py"]
_ENGINE = [
    "tests/unit/test_watch_limits.py",
    "tests/unit/test_watch.py",
    "tests/unit/test_following.py",
    "tests/unit/test_sending.py",
    "tests/unit/test_sending_again.py",
    "tests/unit/test_resuming.py",
    "tests/unit/test_engine.py",
    "tests/unit/test_watching.py",
    "tests/unit/test_cancelling.py",
    "tests/contract/test_lanes.py",
    "tests/contract/test_tasks.py",
    "tests/contract/test_submit.py",
]
_SWEEP = [
    "tests/unit/test_buying.py",
    "tests/unit/test_stopping.py",
    "tests/unit/test_purchase.py",
    "tests/unit/test_ledger.py",
    "tests/contract/test_sweeps.py",
    "tests/contract/test_sweep_budgets.py",
    "tests/contract/test_sweep_faults.py",
    "tests/contract/test_sweep_stops.py",
    "tests/contract/test_sweep_doubts.py",
    "tests/contract/test_sweep_kernels.py",
    "tests/contract/test_sweep_money.py",
]
_STORE = [
    "tests/unit/test_claims.py",
    "tests/unit/test_records.py",
    "tests/unit/test_store.py",
    "tests/unit/test_journal.py",
    "tests/unit/test_search.py",
]
_TASK = ["tests/unit/test_task.py", "tests/unit/test_foreign.py", *_STORE]

MODULES: dict[str, tuple[str, list[str]]] = {
    "flow": ("cometact_nb/api/flow.py", [*_FLOW, "tests/unit/test_pace.py", "tests/unit/test_engine.py", "tests/unit/test_watching.py"]),
    "wire": ("cometact_nb/api/wire.py", _WIRE),
    "answers": ("cometact_nb/api/answers.py", ["tests/unit/test_answers.py", *_FLOW]),
    "lenient": ("cometact_nb/api/lenient.py", _WIRE),
    "task": ("cometact_nb/domain/task.py", _TASK),
    "events": ("cometact_nb/domain/events.py", _TASK),
    "reduce": ("cometact_nb/domain/reduce.py", _TASK),
    "rules": ("cometact_nb/domain/sweep/rules.py", ["tests/unit/test_rules.py", "tests/unit/test_grid.py", "tests/unit/test_entries.py"]),
    "run": ("cometact_nb/domain/sweep/run.py", ["tests/unit/test_run.py"]),
    "rating": ("cometact_nb/domain/sweep/rating.py", ["tests/unit/test_rating.py", "tests/unit/test_rounds.py"]),
    "entries": ("cometact_nb/handles/sweep/entries.py", ["tests/unit/test_entries.py", "tests/docs/test_money_page.py"]),
    "journal": ("cometact_nb/engine/journal.py", ["tests/unit/test_journal.py", "tests/unit/test_store.py"]),
    "settle": ("cometact_nb/handles/settle.py", ["tests/unit/test_settling.py", "tests/unit/test_twin_words.py", "tests/contract/test_settle.py", "tests/contract/test_tasks.py"]),
    "history": ("cometact_nb/store/journal/history.py", _STORE),
    "claims": ("cometact_nb/store/journal/claims.py", _STORE),
    "fetch": ("cometact_nb/engine/fetch.py", ["tests/unit/test_clip_parts.py", "tests/unit/test_fetch.py", "tests/contract/test_disk.py", *_ENGINE]),
    "watcher": ("cometact_nb/engine/watcher.py", ["tests/unit/test_fast_clock.py", "tests/contract/test_keeper.py", *_ENGINE]),
    "engine": ("cometact_nb/engine/engine.py", ["tests/unit/test_turns.py", "tests/contract/test_waiting_requests.py", *_ENGINE]),
    "sending": ("cometact_nb/engine/sending.py", ["tests/unit/test_turns.py", "tests/unit/test_sending.py", "tests/contract/test_waiting_requests.py", *_ENGINE]),
    "runner": ("cometact_nb/handles/sweep/runner.py", _SWEEP),
    "trials": ("cometact_nb/handles/sweep/trials.py", ["tests/unit/test_trials.py"]),
    "purchase": ("cometact_nb/handles/sweep/purchase.py", _SWEEP),
    "ledger": ("cometact_nb/handles/sweep/ledger.py", [*_SWEEP, "tests/contract/test_approvals.py"]),
}  # fmt: skip
