"""Real kernels for tests: run cells in them, and speak to their widgets as a browser does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.manager import start_new_kernel
from lab import environment


@contextmanager
def running(folder: Path, **env: str) -> Iterator[Any]:
    """The client of a kernel that starts in ``folder``, where its history is, too."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=environment(folder, **env))
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def stdout(outputs: list[dict[str, Any]]) -> str:
    """What was printed, and no warning beside it; a busy machine sends a line in pieces."""
    return "".join(out["text"] for out in outputs if out.get("name") == "stdout")


class Kernel:
    """Runs cells and remembers what came of them."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, code: str) -> dict[str, Any]:
        """The reply's status and everything the cell put out, as text."""
        outputs: list[dict[str, Any]] = []

        def collect(message: dict[str, Any]) -> None:
            if message["msg_type"] in {"stream", "display_data", "execute_result", "error"}:
                outputs.append(message["content"])

        reply = self.client.execute_interactive(code, timeout=240, output_hook=collect, allow_stdin=True)
        content = reply["content"]
        return {
            "status": content["status"],
            "outputs": outputs,
            "text": json.dumps(outputs, ensure_ascii=False),
        }

    def value(self, expression: str) -> Any:
        told = self.run(f"import json as _j; print(_j.dumps({expression}))")
        return json.loads(stdout(told["outputs"]))

    def complete(self, code: str) -> list[str]:
        """What the line is with each match put in where the kernel says."""
        told = self.client.complete(code, len(code), reply=True, timeout=240)["content"]
        return [
            code[: told["cursor_start"]] + match + code[told["cursor_end"] :] for match in told["matches"]
        ]

    def hover(self, code: str, detail: int = 0) -> str:
        """What Shift+Tab shows at the end of ``code``, or an empty string."""
        told = self.client.inspect(code, len(code), detail_level=detail, reply=True, timeout=240)["content"]
        return str(told["data"]["text/plain"]) if told["found"] else ""


class Page:
    """What a browser page knows of a kernel: the state of its widgets, and what was put out."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.models: dict[str, dict[str, Any]] = {}
        self.messages: list[tuple[dict[str, Any], list[Any]]] = []
        #: When the kernel sent each change of a widget's state, Unix seconds: a busy page may read several at once.
        self.updates: list[float] = []
        self.outputs: list[dict[str, Any]] = []
        self.everything: list[str] = []

    def run(self, code: str) -> dict[str, Any]:
        request = self.client.execute(code, allow_stdin=True)  # as pages do
        self.read_until(lambda message: is_idle(message, request))
        while True:  # a kernel that was slow to start may have told of itself more than once
            reply = self.client.get_shell_msg(timeout=240)
            if reply["parent_header"].get("msg_id") == request:
                return reply["content"]  # type: ignore[no-any-return]

    def value(self, expression: str) -> Any:
        self.outputs.clear()
        self.run(f"import json as _j; print(_j.dumps({expression}))")
        return json.loads(stdout(self.outputs))

    def model(self, kind: str) -> str:
        """The newest model of a widget class."""
        return [name for name, state in self.models.items() if state.get("_anywidget_id", "").endswith(kind)][
            -1
        ]

    @property
    def form(self) -> str:
        """The newest form's model."""
        return self.model("PanelWidget")

    @property
    def heard(self) -> list[str]:
        """The types of the messages that widgets sent."""
        return [content["type"] for content, _ in self.messages]

    @property
    def shown(self) -> dict[str, Any]:
        return self.models[self.form]["shown"]  # type: ignore[no-any-return]

    def set(self, **values: Any) -> None:
        state = {"values": {**self.models[self.form]["values"], **values}}
        self.models[self.form].update(state)
        self.comm(self.form, {"method": "update", "state": state, "buffer_paths": []})

    def send(self, kind: str, **content: Any) -> None:
        self.comm(self.form, {"method": "custom", "content": {"type": kind, "number": 1, **content}})

    def click(self, token: int | None = None) -> None:
        shown = self.shown
        values = self.models[self.form]["values"]
        self.send("submit", token=token or shown["token"], target=shown["target"], values=values)

    def told(self) -> Any:
        """What the page shows, for a message about what did not happen."""
        return self.shown

    def shown_in(self, display: int) -> dict[str, Any]:
        """What the ``display``-th output that was put out shows by now, with all updates; empty without such an output."""
        put_out = [out for out in self.outputs if out["kind"] == "display_data"]
        if len(put_out) <= display:
            return {}
        name = put_out[display]["transient"]["display_id"]
        return [out["data"] for out in self.outputs if out.get("transient", {}).get("display_id") == name][-1]  # type: ignore[no-any-return]

    def until(self, happened: Callable[[], object]) -> None:
        deadline = time.monotonic() + 120
        while not happened():
            assert time.monotonic() < deadline, f"it did not happen within two minutes: {self.told()}"
            self._read(0.2)

    def comm(self, model: str, data: dict[str, Any]) -> None:
        message = self.client.session.msg("comm_msg", {"comm_id": model, "data": data})
        self.client.shell_channel.send(message)

    def read_until(self, ended: Callable[[dict[str, Any]], bool]) -> None:
        while not ended(self._read(60)):
            pass

    def _read(self, timeout_s: float) -> dict[str, Any]:
        from queue import Empty

        try:
            message = self.client.get_iopub_msg(timeout=timeout_s)
        except Empty:
            return {}
        content = message["content"]
        self.everything.append(json.dumps(content, default=str))
        match message["msg_type"]:
            case "comm_open":
                self.models[content["comm_id"]] = content["data"]["state"]
            case "comm_msg":
                data = content["data"]
                if data["method"] == "custom":
                    self.messages.append((data["content"], message["buffers"]))
                elif data["state"].get("_esm") == "":
                    pass  # a notebook without a page forgets what has ended; a page that draws it is not sent this
                elif content["comm_id"] in self.models:
                    self.updates.append(message["header"]["date"].timestamp())
                    self.models[content["comm_id"]].update(data["state"])
            case "stream" | "display_data" | "execute_result" | "error" | "update_display_data":
                self.outputs.append({"kind": message["msg_type"], **content})
        return message  # type: ignore[no-any-return]


def is_idle(message: dict[str, Any], request: str) -> bool:
    return (
        message.get("msg_type") == "status"
        and message["content"]["execution_state"] == "idle"
        and message["parent_header"].get("msg_id") == request
    )
