"""A whole session with every kind of error, searched for the key and for the signatures of output links."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from lab import environment
from nbclient import NotebookClient

KEY = "sk-canary-5f2c9be1"

#: The key is really configured and really sent; the sandbox stands where the service would.
CELLS = """
import logging
logging.basicConfig(level=logging.DEBUG, filename="debug.log")
%load_ext cometact_nb
import cometact_nb as act
act.configure(base_url={url!r})
C, R = {character!r}, {reference!r}
act.session().config
===
ok = %act_two -c $C -r $R -e 2
===
moved = act.submit(character=C + "?scenario=redirect-output", reference=R)
sweep = act.sweep(character=C, reference=R, replicates=2, name="leaks").run(yes=True, canary=False)
sweep
===
bad = %act_two -c {{C}}?scenario=unknown-failure -r $R
===
lost = %act_two -c {{C}}?scenario=lost-answer -r $R
===
%xmode Verbose
act.submit(character=C + "?scenario=lost-answer", reference=R)
===
%tb
===
act.submit(character=C + "?scenario=http-403", reference=R)
===
%xmode Context
act.submit(character=C + "?scenario=http-502", reference=R)
===
ok.wait()
===
bad.wait()
===
%tb Verbose
===
ok.output_urls, ok, ok.state, ok.clip, ok.session.config, ok.session.config.endpoint, vars(ok.session.config)
===
ok.refresh().output_urls
===
print(ok.request.to_curl(), ok.request.to_python(), ok.request.to_magic(), ok.request.to_json())
%act_two -c $C -r $R --dry-run
===
moved.wait()
sweep.wait()
print(sweep, sweep.plan, sweep.to_rows(), sweep.cells, [cell.task.output_urls for cell in sweep.cells])
===
act.history()
===
print(sweep.export("report"))
sweep.gallery()
===
act.configure(api_key="invalid-" + ok.session.config.api_key.reveal())
act.submit(character=C, reference=R)
===
act.configure(api_key="two " + "words")
"""


def test_the_key_and_the_signatures_are_nowhere(tmp_path: Path, sandbox) -> None:
    text = CELLS.format(url=sandbox.base_url, character=sandbox.character, reference=sandbox.reference)
    cells = [nbformat.v4.new_code_cell(part.strip()) for part in text.split("===")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(
        notebook,
        timeout=90,
        kernel_name="python3",
        allow_errors=True,
        store_widget_state=True,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(env=environment(tmp_path, COMETAPI_KEY=KEY, COMETACT_NB_SANDBOX=""))
    nbformat.write(notebook, tmp_path / "session.ipynb")
    ledger = sandbox.ledger()
    assert [post["status"] for post in ledger["posts"]].count(200) >= 2  # the key was really in use
    signatures = {part for download in ledger["downloads"] for part in download["query"].split("token=")[1:]}
    assert signatures
    assert not any(download["key"] for download in ledger["downloads"])  # the clip's host never gets the key
    outputs = json.dumps([cell.outputs for cell in notebook.cells])
    for proof in ("TaskFailed", "UnconfirmedError", "RefusedError", "SUCCEEDED"):
        assert proof in outputs
    assert (tmp_path / "debug.log").stat().st_size > 1000
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {".ipynb", ".log", ".sqlite", ".json", ".mp4", ".html", ".csv"} <= {path.suffix for path in files}
    for path in files:
        content = path.read_bytes()
        for secret in (KEY, *signatures):
            assert secret.encode() not in content, f"{secret[:9]}… stands in {path.name}"
