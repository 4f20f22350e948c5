"""The gallery in a real kernel, spoken to as a browser does: over the comm protocol."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from kernels import Page, running
from nbclient import NotebookClient

if TYPE_CHECKING:
    from services import SandboxProcess

WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = """
import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
inputs = dict(character=sandbox.character, reference=sandbox.reference)
"""
SWEEP = "sweep = act.sweep(**inputs, expression_intensity=[1, 5], seed=[7], name='two')"


class GalleryPage(Page):
    """A page with a gallery."""

    @property
    def form(self) -> str:
        return self.model("Gallery")

    @property
    def state(self) -> dict[str, Any]:
        return self.models[self.form]

    def told(self) -> Any:
        return [content for content, _ in self.messages]

    @property
    def cells(self) -> dict[int, dict[str, Any]]:
        """The cells as the page was told last."""
        return {
            cell["index"]: cell
            for content, _ in self.messages
            if content["type"] == "cells"
            for cell in content["cells"]
        }

    def answer(self, kind: str, **fields: Any) -> tuple[dict[str, Any], list[bytes]]:
        """The first message of a kind with these fields."""

        def found() -> list[tuple[dict[str, Any], list[bytes]]]:
            return [
                (content, [bytes(piece) for piece in buffers])
                for content, buffers in self.messages
                if content["type"] == kind and fields.items() <= content.items()
            ]

        self.until(found)
        return found()[0]

    def fetch(self, file: str, index: int, size: int) -> bytes:
        """A file in pieces, as the browser asks for them."""
        whole, total = b"", 1
        while len(whole) < total:
            self.send("clip", view="v", file=file, index=index, offset=len(whole), size=size)
            content, buffers = self.answer("clip", file=file, index=index, offset=len(whole))
            whole, total = whole + buffers[0], content["total"]
        return whole


@pytest.fixture(scope="module")
def page(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GalleryPage]:
    folder = tmp_path_factory.mktemp("gallery")
    with running(folder) as client:
        made = GalleryPage(client)
        assert made.run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
        assert made.run(SWEEP + "; sweep.run().wait()")["status"] == "ok"
        yield made


@pytest.fixture
def gallery(page: GalleryPage) -> GalleryPage:
    page.messages.clear()
    page.outputs.clear()
    assert page.run("gallery = sweep.gallery(); gallery")["status"] == "ok"
    page.send("hello")
    page.until(lambda: len(page.cells) == 2)
    return page


def test_it_shows_itself_live_with_a_record_beside_it(gallery: GalleryPage) -> None:
    live, record = [out["data"] for out in gallery.outputs if "data" in out]
    assert WIDGET in live
    assert WIDGET not in record
    assert record["text/html"].count("<video") == 2
    assert 'src="/' not in record["text/html"]
    assert (
        "data:video" not in record["text/html"]
    )  # a small picture of each may be, for a notebook that is moved
    assert len(record["text/html"]) < 2 * 6_000
    assert "Expression intensity 5" in record["text/plain"]
    choice = gallery.state["choice"]
    assert (choice["rows"], choice["columns"]) == ("", "")  # one axis flows


def test_clips_come_in_pieces_whole_and_never_as_state(gallery: GalleryPage) -> None:
    clip = gallery.cells[1]["clip"]
    content = gallery.fetch("clip", 1, 10_000)
    assert len(content) == clip["bytes"] > 10_000
    assert hashlib.sha256(content).hexdigest().startswith(clip["id"])
    assert gallery.fetch("poster", 1, 1 << 20)[:2] == b"\xff\xd8"
    own = {name: gallery.state[name] for name in ("title", "axes", "choice")}
    assert {name for name in gallery.state if not name.startswith("_")} == {
        *own,
        "layout",
        "tabbable",
        "tooltip",
    }
    assert len(json.dumps(own)) < 1_000


def test_a_rating_is_kept_and_stands_in_the_table_and_in_another_kernel(
    gallery: GalleryPage, shared_sandbox: SandboxProcess
) -> None:
    gallery.send("rate", number=1, index=1, stars=4, blind=True)
    gallery.send("rate", number=2, index=1, favourite=True, blind=False)
    gallery.send("rate", number=3, index=1, note="=lips late", blind=False)
    assert gallery.answer("rated", number=3)[0]["problem"] == ""
    gallery.until(lambda: (gallery.cells[1]["ratings"] or [{"note": ""}])[0]["note"])
    row = gallery.value("{k: sweep.to_rows()[1][k] for k in ('stars', 'favourite', 'note', 'blind')}")
    assert row == {"stars": 4, "favourite": True, "note": "=lips late", "blind": True}
    again = "act.Session(act.session().config).sweep_by_name('two', resume=False).cells[1].rating.stars"
    assert gallery.value(again.replace("act.Session", "type(act.session())")) == 4
    assert "★★★★☆" in gallery.value("gallery.to_html()")
    gallery.send("rate", number=4, index=1, stars=2, round=2, rater="Ann")
    assert gallery.answer("rated", number=4)[0]["problem"] == ""
    gallery.until(lambda: len(gallery.cells[1]["ratings"]) == 2)
    given = [
        (one["round"], one["rater"], one["open_stars"], one["blind_stars"])
        for one in gallery.cells[1]["ratings"]
    ]
    assert given == [(1, "", None, 4), (2, "Ann", 2, None)]
    gallery.send("rate", number=5, index=1, stars=2, round="2", rater="Ann")
    assert "is no round" in gallery.answer("rated", number=5)[0]["problem"]


def test_a_rating_that_cannot_be_is_said_and_shown_as_it_was(gallery: GalleryPage) -> None:
    gallery.messages.clear()
    gallery.send("rate", number=9, index=0, stars=7, blind=False)
    assert "stars=7 is not a rating" in gallery.answer("rated", number=9)[0]["problem"]
    assert gallery.cells[0]["ratings"] == []


def test_nonsense_from_a_page_is_left_alone(gallery: GalleryPage) -> None:
    gallery.messages.clear()
    for index in (-1, 99):
        gallery.send("clip", view="v", file="clip", index=index, offset=0, size=10)
        gallery.send("rate", index=index, stars=1)
    gallery.send("clip", view="v", file="../secret", index=0, offset=0, size=10)
    gallery.send("clip", view="v", file="clip", index=0, offset=-5, size=10)
    gallery.send("moon")
    gallery.send("hello")
    gallery.until(lambda: gallery.cells)
    assert [content["type"] for content, _ in gallery.messages if "error" not in content] == ["cells"]


def test_clips_come_to_an_open_gallery_as_they_are_done(page: GalleryPage) -> None:
    page.messages.clear()
    wide = "wide = act.sweep(**inputs, expression_intensity=[1, 2], seed=[7], name='wide'); gallery = wide.look().gallery()"
    assert page.run(wide)["status"] == "ok"
    page.send("hello")
    page.until(lambda: len(page.cells) == 2)
    assert [page.cells[index]["clip"] is not None for index in (0, 1)] == [True, False]
    assert page.cells[1]["text"] == "not bought yet"
    page.run("act.session().flush(10)")
    page.messages.clear()
    page.run("wide.run()")
    page.until(lambda: page.cells.get(1, {}).get("clip"))
    assert set(page.cells) == {1}  # what is new, and no more


def test_axes_that_are_not_swept_are_refused_by_name(page: GalleryPage) -> None:
    assert (
        "rows='ratio' is no axis of this sweep. Give one of: expression_intensity, seed"
        in page.run("sweep.gallery('ratio')")["evalue"]
    )
    assert "Give two fields" in page.run("sweep.gallery('seed', 'seed')")["evalue"]


def test_a_gallery_that_could_not_be_made_goes_without_a_word(gallery: GalleryPage) -> None:
    gallery.outputs.clear()
    making = (
        "try: sweep.gallery('seed', 'seed')\nexcept act.errors.ConfigError: pass\nimport gc; _ = gc.collect()"
    )
    assert gallery.run(making)["status"] == "ok"
    assert gallery.outputs == []


def test_the_record_can_hold_the_clips_when_asked_to(gallery: GalleryPage) -> None:
    assert gallery.value("gallery.to_html(embed=True).count('data:video/mp4;base64,')") == 2


def test_a_notebook_that_ran_without_a_page_keeps_all_it_needs(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    sweep = "sweep = act.sweep(**inputs, expression_intensity=[1], seed=7).run().wait()"
    cells = [SETUP.format(url=shared_sandbox.base_url), sweep, "sweep.gallery()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    html = notebook.cells[2].outputs[1]["data"]["text/html"]
    (source,) = [part.split("#")[0] for part in html.split('src="')[1:]]
    assert (tmp_path / source).exists()
