"""A real kernel, spoken to over the wire that every front end uses."""

from __future__ import annotations

import json
from typing import Any


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

        reply = self.client.execute_interactive(code, timeout=60, output_hook=collect, allow_stdin=False)
        content = reply["content"]
        return {
            "status": content["status"],
            "outputs": outputs,
            "text": json.dumps(outputs, ensure_ascii=False),
        }

    def value(self, expression: str) -> Any:
        told = self.run(f"import json as _j; print(_j.dumps({expression}))")
        return json.loads(told["outputs"][-1]["text"])

    def complete(self, code: str) -> list[str]:
        """What the line is with each match put in where the kernel says."""
        told = self.client.complete(code, len(code), reply=True, timeout=30)["content"]
        return [
            code[: told["cursor_start"]] + match + code[told["cursor_end"] :] for match in told["matches"]
        ]

    def hover(self, code: str, detail: int = 0) -> str:
        """What Shift+Tab shows at the end of ``code``, or an empty string."""
        told = self.client.inspect(code, len(code), detail_level=detail, reply=True, timeout=30)["content"]
        return told["data"]["text/plain"] if told["found"] else ""  # type: ignore[no-any-return]
