"""What a saved notebook shows without its kernel: what was asked, what came, and where it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bleach
import nbformat
import pytest
from lab import environment
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from cometact_nb.views.base.view_mime import VIEW_MIME

if TYPE_CHECKING:
    from services import SandboxProcess

CELLS = [
    "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(75, url={url!r})",
    "open_task = %act_two -c {{sandbox.character}}?scenario=never-ends -r {{sandbox.reference}} --seed 5",
    "done = %act_two -c {{sandbox.character}} -r {{sandbox.reference}} -e 4 --seed 7",
    "done.wait();",  # it ends after its cell did
    "act.panel().load(done);",
    "act.history()",
    "sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, seed=[7, 8], name='two')",
    "sweep.run().wait()\nsweep.gallery()",
    "act.panel(character='https://a.example/not-sent.png', seed=77)",
    "act.configure(embed=True)\nact.task(done.id)",
    "act.configure(embed=0.01)\nact.task(done.id)",
]
WIDGET = "application/vnd.jupyter.widget-view+json"
#: Tags that GitHub leaves in a notebook's HTML; it drops every style, class and id.
GITHUB = {"a", "b", "br", "code", "details", "div", "em", "figure", "figcaption", "img", "li", "p", "pre"}
GITHUB |= {"small", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul", "video"}


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, shared_sandbox: SandboxProcess) -> Any:
    folder = tmp_path_factory.mktemp("static")
    sources = [source.format(url=shared_sandbox.base_url) for source in CELLS]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client = NotebookClient(
        made, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment(folder))
    made.folder = str(folder)
    return made


def shown(notebook: Any, cell: int, kind: str = "text/html") -> str:
    return "\n".join(out["data"].get(kind, "") for out in notebook.cells[cell].outputs if "data" in out)


def as_on_github(html: str) -> str:
    """What is left to read."""
    kept = bleach.clean(
        html, tags=GITHUB, attributes={"a": ["href"], "img": ["src"], "video": ["src"]}, strip=True
    )
    return " ".join(re.sub(r"<[^>]+>", " ", kept).split())


def test_a_task_that_ended_after_its_cell_is_kept_in_its_final_form(notebook: Any) -> None:
    live, output = notebook.cells[2].outputs
    assert live["data"]["text/html"] == ""
    assert set(output["data"]) == {VIEW_MIME, "text/html", "text/plain"}
    (source,) = re.findall(r'<video src="(act_two_outputs/[^"]+)"', output["data"]["text/html"])
    assert (Path(notebook.folder) / source).exists()
    assert source in output["data"]["text/plain"]


def test_a_task_that_had_not_ended_says_so_and_where_its_clip_will_be(notebook: Any) -> None:
    html, text = shown(notebook, 1), as_on_github(shown(notebook, 1))
    for part in ("Seed 5", "As of", "act.task(", "Its clip, once it has one: act_two_outputs/"):
        assert part in text
    # The name is the one that a finished task's clip really gets.
    coming = re.findall(r'href="(act_two_outputs/[^"]+\.mp4)"', html)[0]
    made = re.findall(r'<video src="(act_two_outputs/[^"]+)"', shown(notebook, 2))[0]
    named = r"act_two_outputs/\d{8}-\d{6}_\w{8}_%s\.mp4"
    assert re.fullmatch(named % "seed-5", coming)
    assert re.fullmatch(named % "expression_intensity-4_seed-7", made)


@pytest.mark.parametrize(
    ("cell", "parts", "said"),
    [
        (2, ["SUCCEEDED", "act_two_outputs/", "hero.png", "Seed 7", "Expression intensity 4"], "SUCCEEDED"),
        (4, ["The request in the form", "hero.png", "Seed 7", "--seed 7"], "--seed 7"),
        (
            5,
            ["SUCCEEDED", "RUNNING", "act_two_outputs/", "hero.png", "seed 7", "expression intensity 4"],
            "seed 7",
        ),
    ],
    ids=["card", "panel", "history"],
)
def test_every_view_reads_well_without_styles_and_as_text(
    notebook: Any, cell: int, parts: Any, said: str
) -> None:
    text = as_on_github(shown(notebook, cell))
    assert [part for part in parts if part not in text] == []
    assert said in shown(notebook, cell, "text/plain")


def test_no_clip_is_in_the_notebook_unless_asked_for_and_a_task_is_small(notebook: Any) -> None:
    for cell in (1, 2, 4, 5):
        outputs = json.dumps(notebook.cells[cell].outputs)
        assert "data:video" not in outputs
        assert len(outputs) < 40_000
    assert "data:video/mp4;base64," in shown(notebook, 9)
    assert "base64" not in shown(notebook, 9, "text/plain")
    assert "data:video" not in shown(notebook, 10)
    assert "not embedded: embed allows 10 kB" in shown(notebook, 10)
    assert 'src="act_two_outputs/' in shown(notebook, 10)


def test_no_widget_state_stays_and_each_view_is_its_record_alone(notebook: Any) -> None:
    assert len(json.dumps(notebook.metadata.get("widgets", {}))) <= 1000
    for cell in notebook.cells:
        assert not [out for out in cell.outputs if WIDGET in out.get("data", {})]
    gallery, panel = (as_on_github(shown(notebook, cell)) for cell in (7, 8))
    for part in ("2 succeeded", "Seed 7", "Seed 8", "seed-8.mp4"):
        assert part in gallery
    for part in ("https://a.example/not-sent.png", "Seed 77"):
        assert part in panel


def test_a_page_made_of_it_plays_the_clip_beside_it(notebook: Any) -> None:
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert re.search(r'<video[^>]* src="act_two_outputs/[^"]+\.mp4"', page)
    assert "cometact-history-record" in page
