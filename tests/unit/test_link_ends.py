"""A signed link says when it ends; after that nothing is paid for with it, in a sweep's later cells, too."""

from __future__ import annotations

import time

import pytest
from virtual_kernel import ACT, HERO, Vendor, VirtualKernel

from cometact_nb.domain.link_ends import ends_at
from cometact_nb.errors import RequestError, SweepPaused

FILE = "https://files.example.com/me.png"
NOON = 1_781_265_600  # 2026-06-12 12:00 UTC


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ("X-Amz-Date=20260612T110000Z&X-Amz-Expires=3600&X-Amz-Signature=a", NOON),
        ("x-amz-signature=a&x-amz-expires=60&x-amz-date=20260612T115900Z", NOON),
        ("X-Goog-Date=20260612T110000Z&X-Goog-Expires=3600&X-Goog-Signature=a", NOON),
        ("sv=2025-01-05&se=2026-06-12T12%3A00%3A00Z&sr=b&sp=r&sig=a", NOON),
        ("sv=2025-01-05&se=2026-06-12T12:00Z&sig=a", NOON),
        ("sv=2025-01-05&se=2026-06-12&sig=a", NOON - 43_200),
        (f"AWSAccessKeyId=me&Signature=a&Expires={NOON}", NOON),
        (f"GoogleAccessId=me&Signature=a&Expires={NOON}", NOON),
        (f"Expires={NOON}&Signature=a&Key-Pair-Id=k", NOON),
        ("", None),
        (f"expires={NOON}", None),  # anybody's own word
        ("X-Amz-Date=yesterday&X-Amz-Expires=3600&X-Amz-Signature=a", None),
        ("X-Amz-Date=20260612T110000Z&X-Amz-Expires=9999999999999999&X-Amz-Signature=a", None),
        ("sv=1&se=soon&sig=a", None),
    ],
)
def test_the_end_of_a_link_is_read_where_its_store_writes_it(query: str, end: float | None) -> None:
    assert ends_at(f"{FILE}?{query}") == end


def test_what_is_no_web_address_has_no_end() -> None:
    assert ends_at("data:image/png;base64,AAAA") is None
    assert ends_at("https://[bad?sig=a&sv=1&se=2026-06-12") is None


def signed(address: str, kernel: VirtualKernel, lasts_s: int = 3600) -> str:
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(kernel.clock.now()))
    return f"{address}?X-Amz-Date={date}&X-Amz-Expires={lasts_s}&X-Amz-Signature=f00"


def test_a_link_that_ends_while_a_sweep_runs_stops_it_before_a_cell_is_paid_for_in_vain(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    def two_hours_pass(seed: int) -> None:
        kernel.clock.jump += 7200 if seed == 1 else 0

    vendor.at_create = two_hours_pass
    sweep = kernel.grid(range(4), "night", character=signed(HERO, kernel))
    with pytest.raises(SweepPaused, match="is a signed link that ended at"):
        sweep.run(canary=False).wait(60)
    assert vendor.seeds == [0, 1]
    assert "f00" not in sweep.problem
    again = kernel.grid(range(4), "night", character=signed(HERO, kernel))
    again.run(canary=False).wait(60)
    assert sorted(vendor.seeds) == [0, 1, 2, 3]


def test_a_request_with_a_link_that_has_ended_is_not_sent_unless_its_user_says_so(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    link = signed(ACT, kernel, 60)
    kernel.clock.jump += 61
    with pytest.raises(RequestError, match=r"reference=.* ended at .* Sign it anew"):
        kernel.submit(character=HERO, reference=link)
    assert not vendor.seeds
    kernel.submit(character=HERO, reference=link, allow_unlisted=True)
    assert len(vendor.seeds) == 1
