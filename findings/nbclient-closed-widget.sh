#!/bin/sh
# nbclient 0.11.0 with ipywidgets 8.1.9 and ipykernel 7.4.0, and a widget that is closed. 2026-12-01.
#
# One would guess: a widget that a notebook closes is gone, so a saved notebook has nothing of it.
# What happens: nbclient keeps the state of every comm that was ever opened, takes no notice of "comm_close", and saves all of
# it with the notebook, though no output refers to it any more. An "update" message that empties the fields, sent before
# the widget is closed, does empty them there: it is merged like any other.
# Seen on Python 3.11:
#   closed: 20000 characters of its value are saved
#   emptied, then closed: 0 characters of its value are saved
# Needs pip and the network for the packages; the notebooks are made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "nbclient==0.11.0" "ipywidgets==8.1.9" "ipykernel==7.4.0" "nbformat==5.11.1"
cat > "$folder/see.py" <<'PY'
import sys
import nbformat
from nbclient import NotebookClient

MADE = "import ipywidgets\nwidget = ipywidgets.HTML('x' * 20_000)\n"
EMPTIED = "widget.comm.send(data={'method': 'update', 'state': {'value': ''}, 'buffer_paths': []}, buffers=[])\n"


def saved(code):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(book, kernel_name="python3").execute()
    state = book.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    (value,) = [model["state"]["value"] for model in state.values() if model["model_name"] == "HTMLModel"]
    return len(value)


closed, emptied = saved(MADE + "widget.close()"), saved(MADE + EMPTIED + "widget.close()")
print(f"closed: {closed} characters of its value are saved")
print(f"emptied, then closed: {emptied} characters of its value are saved")
sys.exit(0 if (closed, emptied) == (20_000, 0) else 1)
PY
"$folder/venv/bin/python" "$folder/see.py" "$folder" 2>/dev/null
