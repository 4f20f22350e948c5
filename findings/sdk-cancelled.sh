#!/bin/sh
# The vendor's SDK runwayml 5.24.0 and a task that is cancelled elsewhere. 2026-11-30.
#
# One would guess: wait_for_task_output() ends when the task has ended, whichever client is used.
# What happens: the blocking client ends at SUCCEEDED and FAILED alone; at CANCELLED it goes on asking until its own
# time-out (10 minutes by default) and raises TaskTimeoutError. The async client raises TaskFailedError at once.
# Seen on Python 3.11:
#   blocking: TaskTimeoutError after 4 polls
#   async: TaskFailedError after 2 polls
# (the time-out is shortened to 15 s here; the first poll is retrieve() itself)
# Needs pip and the network for the package; the service is a small server in this script, on loopback.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "runwayml==5.24.0"
cat > "$folder/see.py" <<'PY'
import asyncio, http.server, json, sys, threading
from runwayml import AsyncRunwayML, RunwayML

polls = 0


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global polls
        polls += 1
        task = {"id": "5b91e444-c232-deaf-a4d7-8aef3e57336b", "status": "CANCELLED", "createdAt": "2026-11-30T12:00:00Z"}
        body = json.dumps(task).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
options = {"api_key": "none", "base_url": f"http://127.0.0.1:{server.server_port}"}
TASK = "5b91e444-c232-deaf-a4d7-8aef3e57336b"


def blocking():
    RunwayML(**options).tasks.retrieve(TASK).wait_for_task_output(timeout=15)


def waiting():
    async def work():
        task = await AsyncRunwayML(**options).tasks.retrieve(TASK)
        await task.wait_for_task_output(timeout=15)

    asyncio.run(work())


seen = {}
for name, work in (("blocking", blocking), ("async", waiting)):
    polls = 0
    try:
        work()
        seen[name] = "returned"
    except Exception as error:
        seen[name] = type(error).__name__
    print(f"{name}: {seen[name]} after {polls} polls")
sys.exit(seen != {"blocking": "TaskTimeoutError", "async": "TaskFailedError"})
PY
"$folder/venv/bin/python" "$folder/see.py"
