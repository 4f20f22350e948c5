"""A real IPython kernel in a folder of its own, for measurements inside and from outside."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_client.manager import KernelManager
from lab import environment


class Kernel:
    """A running kernel, and its client. Use it as a context."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)

    def __enter__(self) -> Self:
        work = self.folder / "work"
        work.mkdir()
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env=environment(self.folder), cwd=str(work), stderr=subprocess.DEVNULL)
        self._client: Any = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._folder.cleanup()

    def run(self, code: str, timeout_s: float = 120) -> str:
        """Execute ``code``; the text of its last expression comes back, or what it printed."""
        said: list[str] = []
        reply = self._client.execute_interactive(
            code, output_hook=lambda message: said.append(_text(message)), timeout=timeout_s
        )
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"{code}\n{reply['content'].get('evalue')}\n{''.join(said)}")
        return "".join(said).strip()

    def latency_ms(self, code: str = "1") -> float:
        """Milliseconds from sending a trivial cell to its reply."""
        began = time.perf_counter()
        identity = self._client.execute(code, store_history=False)
        while True:
            if self._client.get_shell_msg(timeout=60)["parent_header"].get("msg_id") == identity:
                return (time.perf_counter() - began) * 1000


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    if message["msg_type"] == "stream":
        return str(content["text"])
    if message["msg_type"] in {"execute_result", "display_data"}:
        return str(content["data"].get("text/plain", ""))
    return ""
