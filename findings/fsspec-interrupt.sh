#!/bin/sh
# fsspec 2026.9.0 and an interrupt in the middle of an upload. 2026-12-01.
#
# One would guess: Ctrl-C in put_file() of an asynchronous store (s3fs, adlfs, gcsfs are such) stops the upload, as it
# does at a store of plain functions; so whoever catches KeyboardInterrupt and deletes the file has taken it back.
# What happens: the interrupt ends the wait alone. The upload goes on in fsspec's own thread and ends well, after the
# delete: the file is there. To stop it, run the coroutine _put_file oneself and cancel that.
# Seen on Python 3.11:
#   KeyboardInterrupt; at once: ['nothing'], after the delete: ['nothing'], when the upload has ended: ['me.jpg']
# Needs pip and the network for the package; the store is made here.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "fsspec==2026.9.0"
cat > "$folder/see.py" <<'PY'
import asyncio, os, signal, sys, threading
from fsspec.asyn import AsyncFileSystem

there, begun, go_on, ended = set(), threading.Event(), threading.Event(), threading.Event()


class Store(AsyncFileSystem):
    protocol = "store"

    async def _put_file(self, lpath, rpath, **_):
        begun.set()
        while not go_on.is_set():  # the network is slow
            await asyncio.sleep(0.01)
        there.add(rpath)
        ended.set()

    async def _rm_file(self, path, **_):
        there.discard(path)


def names():
    return sorted(there) or ["nothing"]


def interrupt():
    begun.wait(30)
    os.kill(os.getpid(), signal.SIGINT)


threading.Thread(target=interrupt, daemon=True).start()
store = Store()
try:
    store.put_file("me.jpg", "me.jpg")
    sys.exit("it was not interrupted")
except KeyboardInterrupt:
    at_once = names()
store.rm_file("me.jpg")
after = names()
go_on.set()
ended.wait(30)
print(f"KeyboardInterrupt; at once: {at_once}, after the delete: {after}, when the upload has ended: {names()}")
sys.exit(0 if (at_once, after, names()) == (["nothing"], ["nothing"], ["me.jpg"]) else 1)
PY
"$folder/venv/bin/python" "$folder/see.py"
