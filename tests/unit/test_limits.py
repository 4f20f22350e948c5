"""A limit holds over all kernels of a history, by day and by project, doubts included. On virtual clocks."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx import ReadTimeout
from virtual_kernel import ACT, HERO, Kernels, Vendor, VirtualKernel

from cometact_nb.domain.money import midnight
from cometact_nb.domain.price import Price
from cometact_nb.errors import BudgetError, ConfigError, SweepPaused, UnconfirmedError
from cometact_nb.views.sweep.plan import plan_html

DAY = {"max_spend": 1.0, "max_spend_per": "day"}
BAD = httpx.Response(400, json={"error": {"message": "bad request"}})


def buy(kernel: VirtualKernel, seed: int) -> Any:
    return kernel.submit(character=HERO, reference=ACT, seed=seed)


def test_two_kernels_share_the_limit_of_a_day(kernels: Kernels, vendor: Vendor) -> None:
    one, two = kernels(**DAY), kernels(**DAY)
    buy(one, 1)
    buy(two, 2)
    words = r"\$0\.40 more would go over max_spend=\$1\.00: \$0\.80 are spent today, since midnight, by all"
    for kernel in (one, two, kernels(**DAY)):
        with pytest.raises(BudgetError, match=words):
            buy(kernel, 3)
    assert vendor.seeds == [1, 2]
    assert one.tasks()[0].request is not None
    assert len(one.tasks()) == 1  # what was not sent is no task


def test_a_limit_is_reached_exactly_and_not_passed_by_a_cent(kernels: Kernels, vendor: Vendor) -> None:
    kernel = kernels(max_spend=0.3, max_spend_per="day", price=Price(0.1))
    for seed in range(3):
        buy(kernel, seed)
    with pytest.raises(BudgetError):
        buy(kernel, 3)
    kernel.configure(max_spend=0.39)
    with pytest.raises(BudgetError):
        buy(kernel, 3)
    assert len(vendor.seeds) == 3


def test_a_kernels_own_limit_counts_no_other_kernel(kernels: Kernels, vendor: Vendor) -> None:
    one, two = kernels(max_spend=0.5), kernels(max_spend=0.5)
    buy(one, 1)
    buy(two, 2)
    with pytest.raises(BudgetError, match="since this kernel started"):
        buy(one, 3)


def test_a_new_day_begins_at_midnight(kernels: Kernels, vendor: Vendor) -> None:
    kernel = kernels(**DAY)
    buy(kernel, 1)
    buy(kernel, 2)
    kernel.clock.jump = midnight(kernel.clock.now()) + 86_400 + 3_700 - kernel.clock.now()
    buy(kernel, 3)
    assert vendor.seeds == [1, 2, 3]


def test_a_doubt_counts_also_when_it_is_given_up_until_it_is_known_not_to_be_billed(
    kernels: Kernels, vendor: Vendor
) -> None:
    one, two = kernels(**DAY), kernels(**DAY)
    vendor.at_create = lambda seed: ReadTimeout("gone") if seed < 2 else None
    lost = []
    for seed in range(2):
        with pytest.raises(UnconfirmedError) as doubt:
            buy(one, seed)
        lost.append(doubt.value.task)
    with pytest.raises(BudgetError):
        buy(two, 2)
    lost[0].forget()
    with pytest.raises(BudgetError):
        buy(two, 2)
    lost[0].forget(billed=False)
    buy(two, 2)
    lost[1].forget(billed=True)
    with pytest.raises(BudgetError):
        buy(two, 3)
    assert vendor.seeds == [0, 1, 2]


def test_a_kernels_own_limit_knows_what_was_settled_too(kernel: VirtualKernel, vendor: Vendor) -> None:
    kernel.configure(max_spend=0.5)
    vendor.at_create = lambda seed: ReadTimeout("gone") if seed == 0 else None
    with pytest.raises(UnconfirmedError) as doubt:
        buy(kernel, 0)
    doubt.value.task.forget()
    with pytest.raises(BudgetError):
        buy(kernel, 1)
    doubt.value.task.forget(billed=False)
    buy(kernel, 1)
    assert vendor.seeds == [0, 1]


def test_a_refusal_gives_its_share_back(kernels: Kernels, vendor: Vendor) -> None:
    kernel = kernels(**DAY)
    vendor.at_create = lambda seed: BAD
    for seed in range(4):
        with pytest.raises(Exception, match="bad request"):
            buy(kernel, seed)
    vendor.at_create = lambda seed: None
    buy(kernel, 5)
    buy(kernel, 6)
    assert len(vendor.seeds) == 6


def test_a_rehearsal_in_the_sandbox_takes_nothing_from_the_limit_nor_the_other_way(kernels: Kernels) -> None:
    paid, rehearsal = kernels(**DAY), kernels(sandbox=True, **DAY)
    for kernel in (rehearsal, paid):
        buy(kernel, 1)
        buy(kernel, 2)
        with pytest.raises(BudgetError):
            buy(kernel, 3)


def test_a_project_has_a_limit_of_its_own(
    kernels: Kernels, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {}
    for name in ("study", "other"):
        (tmp_path / name / "notebooks").mkdir(parents=True)
        (tmp_path / name / "cometact_nb.toml").write_text("")
        monkeypatch.chdir(tmp_path / name / "notebooks")
        made[name] = [kernels(max_spend=0.8, max_spend_per="project") for _ in range(2)]
    buy(made["study"][0], 1)
    buy(made["study"][1], 2)
    buy(made["other"][0], 3)
    for kernel in made["study"]:
        with pytest.raises(BudgetError, match="for this project"):
            buy(kernel, 4)
    buy(made["other"][1], 5)
    assert vendor.seeds == [1, 2, 3, 5]


def test_without_a_project_its_limit_is_an_error_and_nothing_is_sent(
    kernels: Kernels, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kernel = kernels()
    with pytest.raises(ConfigError, match=r"cometact_nb\.toml, which may be empty"):
        kernel.configure(max_spend=1, max_spend_per="project")
    assert kernel.config.max_spend is None
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "cometact_nb.toml").write_text("")
    with contextlib.chdir(folder):
        inside = kernels(max_spend=1, max_spend_per="project")
    buy(inside, 1)
    (folder / "cometact_nb.toml").unlink()
    with pytest.raises(ConfigError, match=r"cometact_nb\.toml"):
        buy(inside, 2)
    assert vendor.seeds == [1]


def test_a_sweep_stops_where_another_kernel_has_used_up_the_day(kernels: Kernels, vendor: Vendor) -> None:
    one, two = kernels(**DAY), kernels(**DAY)
    sweep = two.grid(range(2))
    buy(one, 8)
    with pytest.raises(BudgetError, match="max_spend"):
        sweep.run()
    sweep.run(yes=True)
    with pytest.raises(SweepPaused, match="would go over max_spend"):
        sweep.wait(60)
    assert vendor.seeds == [8, 0]


def test_a_negative_price_in_somebody_elses_history_buys_nothing_more(
    kernels: Kernels, vendor: Vendor, tmp_path: Path
) -> None:
    kernel = kernels(**DAY)
    buy(kernel, 1)
    buy(kernel, 2)
    db = sqlite3.connect(tmp_path / "history.sqlite")
    columns = "key, base_url, status, updated_at, owner, state, begun_at, price_micro"
    values = ("forged", "https://a.b", "SUCCEEDED", 9e9, "x", "{}", 9e9, -(10**12))
    db.execute(f"INSERT INTO tasks ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    db.commit()
    db.close()
    with pytest.raises(BudgetError):
        buy(kernel, 3)


@pytest.mark.parametrize(
    ("per", "span"),
    [
        ("kernel", "since this kernel started"),
        ("day", "today, since midnight, by all kernels of this history"),
        ("project", "for this project, by all kernels of this history"),
    ],
)
def test_a_plan_says_what_the_limit_still_allows_and_a_sweep_above_it_names_the_span(
    kernels: Kernels, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per: str, span: str
) -> None:
    (tmp_path / "cometact_nb.toml").touch()
    monkeypatch.chdir(tmp_path)
    kernel = kernels(max_spend=1.5, max_spend_per=per)
    buy(kernel, 1)
    line = f"$1.10 left of max_spend=$1.50: $0.40 are spent {span}, with what may have been bought"
    sweep = kernel.grid(range(2, 5))
    assert sweep.plan.limit == line
    assert f"  {line}.\n" in str(sweep.plan)
    assert f"{line}." in plan_html(sweep.plan)
    with pytest.raises(
        BudgetError, match=rf"3 cells cost \$1\.20 .*, and \$0\.40 of max_spend=\$1\.50 are spent {span}"
    ):
        sweep.run()
    assert vendor.seeds == [1]
    assert kernel.limit_line(kernel.config) == line


def test_without_a_limit_or_a_price_nothing_is_left_of_it(kernels: Kernels) -> None:
    assert kernels().grid(range(2)).plan.limit == ""
    free = kernels(price=Price(0.0), max_spend=1.0)
    assert free.limit_line(free.config) == ""
