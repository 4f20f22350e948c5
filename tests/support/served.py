"""A Jupyter server with the extension, a project of one sweep, and the project's history."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

from jupyter_servers import JupyterServer
from present import present
from services import SandboxProcess, new_session

KEY = "sk-aaaaaaaa1111111111bbbbbbbb"
SIGNED = "https://example.com/me.png?X-Amz-Signature=0123456789abcdef0123456789abcdef"
BASE = "/user/me%20too/"
#: An authoriser that does as a header of the request says, so that one server plays all of them.
AUTHORISER = """
from jupyter_server.auth.authorizer import Authorizer

class AsAsked(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        allowed = handler.request.headers.get("X-Allowed", "cometact-nb:read,cometact-nb:write")
        return f"{resource}:{action}" in allowed.split(",")
"""


class Served:
    """A server with a project of one sweep, and the project's history."""

    def __init__(self, top: Path, sandbox: SandboxProcess) -> None:
        self.project = top / "project"
        session = new_session(self.project, sandbox)
        sweep = session.sweep(name="s", character=sandbox.character, reference=sandbox.reference, seed=[1, 2])
        sweep.run(yes=True).wait(60)
        sweep.rate(sweep.cells[0], stars=4)
        self.clip = present(sweep.cells[0].clip).path
        self.key = present(sweep.cells[0].task).key
        session.close()
        (top / "own").mkdir()
        (top / "own" / "as_asked.py").write_text(AUTHORISER)
        self.history = self.project / "history.sqlite"
        self.server = JupyterServer(
            top,
            "--ServerApp.authorizer_class=as_asked.AsAsked",
            f"--CometactNb.histories={top / 'other.sqlite'}",
            base_url=BASE,
            root=self.project,
            COMETACT_NB_HISTORY=str(self.history),
            COMETAPI_KEY=KEY,
            PYTHONPATH=str(top / "own"),
        )
        self.ask, self.get = self.server.ask, self.server.get

    def addresses(self) -> dict[str, str]:
        """One address for each route, by its pattern; each answers 200."""
        from cometact_nb.entry.server.routes import ROUTES  # jupyter_server is much to import

        sweep = self.get("sweeps")["sweeps"][0]["key"]
        names = {
            "tasks/": self.key,
            "sweeps/": sweep,
            "galleries/": sweep,
            "clips/": f"{self.key}/0",
            "posters/": f"{self.key}/0",
        }
        found = {}
        for pattern, _ in ROUTES:
            start = re.sub(r"\(.*", "", pattern)
            found[pattern] = start + names.get(start, "")
        found["doctor"] = f"doctor?path={self.clip.relative_to(self.project)}"
        return found

    def change(self, key: str, **changes: Any) -> None:
        """Change the first clip in a task's row, as anybody may who can write the file."""
        with sqlite3.connect(self.history) as db:
            ((text,),) = db.execute("SELECT state FROM tasks WHERE key = ?", (key,)).fetchall()
            state = json.loads(text)
            state["clips"][0].update(changes)
            db.execute("UPDATE tasks SET state = ? WHERE key = ?", (json.dumps(state), key))
        db.close()
