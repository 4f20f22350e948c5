"""What a history cost, by day, sweep, project and status: doubts apart, the sandbox apart, old prices kept."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import ReadTimeout
from virtual_kernel import ACT, HERO, Kernels, Vendor, VirtualKernel

from cometact_nb.domain.price import Price
from cometact_nb.errors import ConfigError, TaskFailed, UnconfirmedError
from cometact_nb.handles.spending import SpendingTable, find_spending
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.spending import spending
from cometact_nb.views.money.spending import spending_html

BAD = httpx.Response(400, json={"error": {"message": "bad request"}})


def buy(kernel: VirtualKernel, *seeds: int) -> None:
    for seed in seeds:
        kernel.submit(character=HERO, reference=ACT, seed=seed).wait(60)


def lose_the_answer(kernel: VirtualKernel, vendor: Vendor, seed: int) -> Any:
    vendor.at_create = lambda which: ReadTimeout("gone") if which == seed else None
    with pytest.raises(UnconfirmedError) as lost:
        kernel.submit(character=HERO, reference=ACT, seed=seed)
    return lost.value.task


def test_each_purchase_keeps_the_price_and_the_source_it_was_bought_at(kernel: VirtualKernel) -> None:
    buy(kernel, 1, 2)
    kernel.configure(price=Price(0.1, source="a new page", as_of="2026-12-01"))
    buy(kernel, 3)
    table = find_spending(kernel)
    assert (table.total.tasks, table.total.usd) == (3, 0.9)
    assert table.total.prices == {(0.4, "configure(price=…)"): 2, (0.1, "a new page, 2026-12-01"): 1}
    assert "2 requests at $0.40 each (configure(price=…))" in str(table)
    assert "1 request at $0.10 each (a new page, 2026-12-01)" in str(table)
    assert "No bill was seen here" in str(table)


def test_a_refusal_costs_nothing_and_a_doubt_stands_apart_until_it_is_settled(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    buy(kernel, 1)
    vendor.at_create = lambda seed: BAD
    with pytest.raises(Exception, match="bad request"):
        kernel.submit(character=HERO, reference=ACT, seed=2)
    doubtful = lose_the_answer(kernel, vendor, 3)
    table = find_spending(kernel)
    assert (table.total.tasks, table.total.usd) == (1, 0.4)
    assert (table.total.in_doubt, table.total.in_doubt_usd) == (1, 0.4)
    assert table.headline == "Spent: about $0.40 for 1 request · 1 in doubt, at most $0.40 more"
    doubtful.forget()
    assert find_spending(kernel).total.in_doubt == 1  # given up is not settled
    doubtful.forget(billed=False)
    assert find_spending(kernel).headline == "Spent: about $0.40 for 1 request"


def test_the_rows_of_each_group_add_up_to_the_same(kernel: VirtualKernel, tmp_path: Path) -> None:
    buy(kernel, 9)
    kernel.grid(range(3), name="faces").run().wait(60)
    for by in ("day", "sweep", "project", "status"):
        assert find_spending(kernel, by=by).total.usd == pytest.approx(1.6)
    names = {
        find_spending(kernel, by="sweep").name(row): row.tasks for row in find_spending(kernel, by="sweep")
    }
    assert names == {"faces": 3, "no sweep": 1}
    with pytest.raises(ConfigError, match="by='week' is none of 'day', 'sweep'"):
        find_spending(kernel, by="week")


def test_a_project_is_the_folder_of_its_file(
    kernels: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "study"
    (project / "notebooks").mkdir(parents=True)
    (project / "cometact_nb.toml").write_text("")
    monkeypatch.chdir(project / "notebooks")
    inside = kernels()
    buy(inside, 1)
    monkeypatch.chdir(tmp_path)
    outside = kernels()
    buy(outside, 2)
    assert {row.group: row.tasks for row in find_spending(outside, by="project")} == {"": 1, str(project): 1}


def test_only_what_is_newer_is_added_up(kernel: VirtualKernel) -> None:
    buy(kernel, 1)
    table = find_spending(kernel, since=datetime.fromtimestamp(kernel.clock.now() + 1000, UTC))
    assert (len(table), table.headline) == (0, "Spent: about $0.00 for 0 requests")


def test_a_sandbox_is_never_mixed_in(kernels: Kernels) -> None:
    paid, rehearsal = kernels(), kernels(sandbox=True)
    buy(paid, 1)
    buy(rehearsal, 2, 3)
    assert find_spending(paid).total.tasks == 1
    rehearsed = find_spending(paid, sandbox=True)
    assert rehearsed.headline == "Rehearsed: about $0.80 for 2 requests"
    assert "nothing was billed" in str(rehearsed)


def test_credits_and_refunds_that_the_service_reports_are_added_up(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    done = {"status": "SUCCEEDED", "output": ["https://cdn.example.com/a.mp4"]}
    vendor.ends[1] = [{**done, "cost": {"credits": 25}}]
    vendor.ends[2] = [{"status": "FAILED", "failureCode": "INTERNAL", "cost": {"credits": 0}}]
    buy(kernel, 1)
    with pytest.raises(TaskFailed):
        buy(kernel, 2)
    buy(kernel, 3)
    row = find_spending(kernel).total
    assert (row.credits, row.credits_of, row.refunded) == (25, 2, 1)
    assert "The service reported 25 credits for 2 requests, 1 of them 0 (refunded)." in str(
        find_spending(kernel)
    )


def test_rows_are_plain_values_that_json_can_hold(kernel: VirtualKernel) -> None:
    buy(kernel, 1)
    whole = json.loads(json.dumps(find_spending(kernel).to_dict()))
    assert (whole["total"]["expected_usd"], whole["rows"][0]["requests"]) == (0.4, 1)
    assert whole["rows"][0]["prices"] == [{"usd": 0.4, "source": "configure(price=…)", "requests": 1}]


def test_the_table_escapes_names_and_says_what_each_bar_means(kernel: VirtualKernel, vendor: Vendor) -> None:
    kernel.grid(range(2), name="<b>faces</b>").run().wait(60)
    lose_the_answer(kernel, vendor, 7)
    page = spending_html(find_spending(kernel, by="sweep"))
    assert "&lt;b&gt;faces" in page
    assert "<b>faces" not in page
    assert 'aria-label="$0.80 for 2 requests"' in page
    assert "1, at most $0.40" in page


def test_nothing_bought_is_said_and_draws_no_bar() -> None:
    page = spending_html(SpendingTable([], "day"))
    assert "Nothing was bought in this time." in page
    assert "<svg" not in page


# --- histories of earlier versions ------------------------------------------------------------------


def test_rows_of_an_earlier_version_keep_the_price_they_were_bought_at(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    db = sqlite3.connect(path)
    folder = resources.files("cometact_nb.store.journal").joinpath("migrations")
    scripts = sorted(folder.iterdir(), key=lambda one: one.name)[:10]
    db.create_function("request_identity", 1, lambda _: None)
    for script in scripts:
        db.executescript(script.read_text("utf-8"))
    old: dict[str, tuple[str, dict[str, Any]]] = {
        "paid": ("https://a.b", {"price_usd": 0.4, "status": "SUCCEEDED"}),
        "sandbox": ("https://a.b", {"price_usd": 0.4, "sandbox": True, "status": "SUCCEEDED"}),
        "older-sandbox": ("http://127.0.0.1:1", {"price_usd": 0, "status": "SUCCEEDED"}),
        "elsewhere": ("https://a.b", {"status": "SUCCEEDED"}),
        "refused": ("https://a.b", {"price_usd": 0.4, "status": "REFUSED"}),
        "doubtful": ("https://a.b", {"price_usd": 0.25, "status": "UNCONFIRMED"}),
    }
    columns = "key, base_url, status, updated_at, owner, state, begun_at"
    for key, (base_url, state) in old.items():
        values = (key, base_url, state["status"], 1.0, "x", json.dumps({"key": key, **state}), 1.0)
        db.execute(f"INSERT INTO tasks ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    db.execute("PRAGMA user_version = 10")
    db.commit()
    db.close()
    history = History(str(path))
    (row,) = spending(history, by="project")
    (rehearsed,) = spending(history, by="project", sandbox=True)
    history.close()
    assert (row.tasks, row.micro, row.unpriced) == (2, 400_000, 1)
    assert (row.in_doubt, row.in_doubt_micro) == (1, 250_000)
    assert rehearsed.tasks == 2
