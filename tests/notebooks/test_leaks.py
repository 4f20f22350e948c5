"""A whole session with every kind of error, searched for the key and for the signatures of output links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from attended import AttendedClient
from lab import environment

if TYPE_CHECKING:
    from services import SandboxProcess

KEY = "sk-canary-5f2c9be1"
#: The signature of the inputs' links; the source of no cell has it.
SIGNATURE = "S1g9f8e7D6c5B4a39281706f5e4d3c2"

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
from os import environ
S = environ["SIGNATURE"]
signs = ["?X-Amz-Signature=" + S, "?AWSAccessKeyId=A&Signature=" + S, "?sv=1&sr=b&sig=" + S, "?_jwt=" + S, "#" + S]
tasks = [act.submit(character=act.image(C + sign), reference=act.video(R + sign)) for sign in signs]
signed = tasks[0].wait()
signed
===
%act_two -c {{C + signs[0]}} --character-type image -r {{R + signs[1]}} --dry-run
signed.request, signed.request.character, str(signed.request.reference), signed.state
===
act.submit(character="http://b.s3.invalid/a.png" + signs[0], reference=R)
===
act.submit(character="https://me:" + S + "@h.invalid/a.gif", reference="https://h.invalid/s--" + S + "--/a.png")
===
act.inspect("http://h.invalid/a.mp4" + signs[2])
===
signs = act.sweep(character=[act.image(C + sign) for sign in signs[:2]], reference=R, seed=3, name="signed")
print(signs, signs.plan, signs.to_rows(), signs.cells, signs.spec)
signs.run(yes=True, canary=False)
===
signs.wait()
print(signs.export("signed"))
signs.gallery()
===
print(act.history().to_rows())
act.history(text=S), act.history().to_frame(), act.load_clip(signed.clip.path), signed.session.engine.history.events(signed.key)
===
act.history()
===
act.configure(api_key="invalid-" + ok.session.config.api_key.reveal())
act.submit(character=C, reference=R)
===
act.configure(api_key="two " + "words")
"""


def test_the_key_and_the_signatures_are_nowhere(tmp_path: Path, sandbox: SandboxProcess) -> None:
    text = CELLS.format(url=sandbox.base_url, character=sandbox.character, reference=sandbox.reference)
    cells = [nbformat.v4.new_code_cell(part.strip()) for part in text.split("===")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = AttendedClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        allow_errors=True,
        store_widget_state=True,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(env=environment(tmp_path, COMETAPI_KEY=KEY, COMETACT_NB_SANDBOX="", SIGNATURE=SIGNATURE))
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
        # The history keeps the links of inputs, to send a request again; it is for its user alone.
        history = path.suffix == ".sqlite"
        assert not history or path.stat().st_mode & 0o077 == 0
        for secret in (KEY, *signatures, *(() if history else (SIGNATURE,))):
            assert secret.encode() not in content, f"{secret[:9]}… stands in {path.name}"
