"""What a request was made from is known after its links have expired: names, sizes, hashes."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from present import present

from cometact_nb.domain import events
from cometact_nb.domain.inputs import facts, names_in, note_name
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import ClipInfo, TaskState
from cometact_nb.store.clips import sidecar
from cometact_nb.views.panel.files import LocalFiles

FACE = b"\x89PNG\r\n\x1a\n" + b"face"
INLINE = "data:image/png;base64," + base64.b64encode(FACE).decode()


def body(character: str) -> dict[str, object]:
    signed = "https://bucket.example.com/films/jump.mp4?X-Amz-Signature=SECRET"
    return {"character": {"type": "image", "uri": character}, "reference": {"type": "video", "uri": signed}}


def test_a_local_file_s_name_size_and_hash_are_kept_with_the_task_and_beside_the_clip() -> None:
    note_name(FACE, "my face.png")
    intent = events.Intended(at=1.0, request=body(INLINE), base_url="x", input_names=names_in(body(INLINE)))
    state = reduce(TaskState(key="k"), intent)
    assert state.input_names == {"character": "my face.png"}
    told = sidecar.make(state, ClipInfo(path="/c/a.mp4", bytes=1, sha256="0"), None)
    kept = present(sidecar.decode(sidecar.encode(told))).inputs
    assert (kept["character"].name, kept["character"].bytes) == ("my face.png", len(FACE))
    assert kept["character"].sha256 == hashlib.sha256(FACE).hexdigest()
    assert (kept["reference"].name, kept["reference"].url) == (
        "jump.mp4",
        "https://bucket.example.com/films/jump.mp4",
    )
    assert b"SECRET" not in sidecar.encode(told)


def test_the_panel_notes_the_name_of_each_file_that_it_sends_inline(tmp_path: Path) -> None:
    path = tmp_path / "another face.png"
    path.write_bytes(FACE + b"2")
    inline = LocalFiles(lambda: tmp_path).inline(str(path))
    assert names_in(body(inline)) == {"character": "another face.png"}


def test_what_is_no_body_and_no_address_has_no_facts() -> None:
    assert facts(None) == {}
    assert facts({"character": "x", "reference": {"uri": ""}}) == {}
    assert facts(body("data:image/png;base64,!"))["character"].url == ""
