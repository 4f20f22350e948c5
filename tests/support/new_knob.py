"""Prints where a sweep, its views and the magic have the field ``head_motion``, which only a changed package knows."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from present import present

import cometact_nb as act
from cometact_nb.domain import search
from cometact_nb.entry.server.reader import Reader
from cometact_nb.handles.config import Config
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.views.gallery.facts import caption
from cometact_nb.views.history import record as history_record
from cometact_nb.views.panel.panel import Panel
from cometact_nb.views.sweep.plan import plan_html
from cometact_nb.views.task.card import card_html


def made_up(value: int) -> dict[str, Any]:
    """The field as an argument, which no type checker knows."""
    return {"head_motion": value}


def of_request(session: Session, character: str, reference: str) -> dict[str, Any]:
    request = act.ActTwoRequest(character, reference, allow_unlisted=True, **made_up(7))
    try:
        act.ActTwoRequest(character, reference, **made_up(11))
    except act.errors.RequestError as error:
        refused = str(error)
    again = {name: Panel(session).load(text).request for name, text in texts_of(request).items()}
    return {
        "json": request.to_json(),
        "texts": texts_of(request),
        "read back": [name for name, read in again.items() if read.params == request.params],
        "refused": refused,
        "help": act.ActTwoRequest.__doc__,
    }


def texts_of(request: act.ActTwoRequest) -> dict[str, str]:
    return {"curl": request.to_curl(), "python": request.to_python(), "magic": request.to_magic()}


def of_magic() -> dict[str, Any]:
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "cometact_nb")
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        shell.run_line_magic("act_two", "--help")
    line = "%act_two --head"
    return {
        "help": shown.getvalue(),
        "completed": shell.Completer.complete(line_buffer=line, cursor_pos=len(line))[1],
    }


def of_panel(session: Session, character: str, reference: str) -> dict[str, Any]:
    panel = Panel(session, {"character": character, "reference": reference, "head_motion": "7"})
    swept = Panel(session, {"character": character, "reference": reference, "head_motion": [2, 9]})
    form = panel.view.children[0]
    return {
        "control": next(knob for knob in form.choices["knobs"] if knob["name"] == "head_motion"),
        "request": panel.request.params,
        "axis": swept.values["axes"]["head_motion"],
        "plan": swept.view.children[0].shown["sweep"]["axes"],
        "record": swept.view.children[0].shown["code"]["Magic"],
    }


def of_sweep(session: Session, character: str, reference: str, folder: Path) -> dict[str, Any]:
    fields: dict[str, Any] = {"head_motion": [2, 9], "seed": [1, 2]}  # no checker knows the made-up field
    sweep = session.sweep(character=character, reference=reference, name="heads", **fields)
    sweep.run(canary=False).wait(120)
    cell = sweep.cells[0]
    rows = find_history(session)
    sidecar = next(path for path in sorted((folder / "clips").glob("*.json")))
    return {
        "axes": sweep.plan.axes,
        "labels": repr(cell),
        "rows": sweep.to_rows(),
        "views": {
            "plan": plan_html(sweep.plan),
            "gallery": sweep.gallery().to_html(),
            "card": card_html(present(cell.task).state, now=time.time(), notebook_dir=folder, sandbox=True),
            "history": history_record.record_html(rows, rows.query, now=time.time(), folder=folder),
            "report": sweep.export(folder / "report").read_text("utf-8").partition('id="data"')[0],
        },
        "film": caption(cell),
        "effects": str(sweep.measure(size)),
        "history": rows.to_rows(),
        "sidecar": json.loads(sidecar.read_text("utf-8"))["request"],
    }


def size(clip: act.Clip) -> int:
    """A measure of one's own."""
    return clip.bytes


async def of_lab(history: Path, folder: Path) -> dict[str, Any]:
    """What the server's part tells JupyterLab, which draws outputs and the sidebar from it without a kernel."""
    reader = Reader("mine", str(history), [folder])
    try:
        (task, *_), (sweep, *_) = await reader.tasks(search.query(now=time.time())), await reader.sweeps(5)
        card, view = await reader.task(task.key), await reader.sweep(sweep.key)
        assert card is not None
        assert view is not None
        return {"row": task.knobs, "card": card.html, "sweep": json.dumps(view.grid, ensure_ascii=False)}
    finally:
        reader.close()


def main(url: str, character: str, reference: str, folder: Path) -> None:
    session = Session(Config(history=str(folder / "history.sqlite"), output_dir=folder / "clips"))
    session.use_sandbox(75, url=url)
    seen = {
        "package": act.__file__,
        "request": of_request(session, character, reference),
        "magic": of_magic(),
        "panel": of_panel(session, character, reference),
        "sweep": of_sweep(session, character, reference, folder),
    }
    seen["lab"] = asyncio.run(of_lab(folder / "history.sqlite", folder))
    session.close()
    print(json.dumps(seen, default=str))


if __name__ == "__main__":
    url, character, reference, folder = sys.argv[1:]
    main(url, character, reference, Path(folder))
