"""``%act_two prepare`` in a real kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import brought
import pytest
from kernels import Kernel, running


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with running(tmp_path_factory.mktemp("kernel")) as client:
        made = Kernel(client)
        assert made.run("%load_ext cometact_nb")["status"] == "ok"
        yield made


def test_a_line_makes_an_input_and_shows_what_changed(kernel: Kernel, tmp_path: Path) -> None:
    picture = brought.picture(tmp_path, "phone-turned.jpg")
    told = kernel.run(f"prepared = %act_two prepare '{picture}' --out '{tmp_path}/out' --turn 90\nprepared")
    assert told["status"] == "ok", told
    page = str(told)
    assert "Ready as character" in page
    assert "Turned by 90° clockwise." in page
    assert len(list((tmp_path / "out").glob("phone-turned-*.jpg"))) == 1


def test_a_bad_file_or_option_is_one_line(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "page.mp4").write_bytes(b"<!doctype html>")
    assert "is a web page" in str(kernel.run(f"%act_two prepare '{tmp_path}/page.mp4'"))
    picture = brought.picture(tmp_path, "right.jpg")
    told = str(kernel.run(f"%act_two prepare '{picture}' --crop 0,0,9,9"))
    assert "fractions 0–1" in told
    assert "UsageError" in told
    assert "--crop L,T,R,B" in str(kernel.run("%act_two prepare"))
