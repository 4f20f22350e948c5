"""act.prepare: the same work once, one clear error, nothing left of an attempt; also from the magic and the shell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import brought
import pytest
from brought import Film
from files import noisy_video_bytes, unreadable
from PIL import Image

import cometact_nb as act
from cometact_nb.domain.inspection.findings import MAX_BYTES
from cometact_nb.domain.sizes import size
from cometact_nb.handles.prepare import begin

InputError = act.errors.InputError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that has to be encoded anew."""
    return brought.write(tmp_path_factory.mktemp("clip") / "clip.mp4", Film(pix_fmt="yuv444p", fps=10))


@pytest.fixture(autouse=True)
def beside_a_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made without ``out``, and the folder for it, lies in the test's own folder."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "takes.ipynb"))


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_the_same_work_is_done_once_whatever_the_file_s_name(clip: Path, tmp_path: Path) -> None:
    first = act.prepare(clip, out=tmp_path / "out")
    stamp = first.path.stat().st_mtime_ns
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    second = act.prepare(copy, out=tmp_path / "out")
    assert second == first
    assert second.path.stat().st_mtime_ns == stamp
    assert act.prepare(clip, out=tmp_path / "out", turn=90).path != first.path


def test_a_result_that_was_changed_is_made_again(clip: Path, tmp_path: Path) -> None:
    first = act.prepare(clip, out=tmp_path / "out")
    whole = first.path.read_bytes()
    first.path.write_bytes(b"something else")
    assert act.prepare(clip, out=tmp_path / "out").path.read_bytes() == whole


def test_a_relative_path_starts_from_the_notebook_s_folder_and_so_does_the_result(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "takes.ipynb"))
    assert act.prepare(os.path.relpath(clip, tmp_path), out="made-here").path.parent == tmp_path / "made-here"


def test_a_name_of_one_s_own_is_kept_and_never_overwritten(clip: Path, tmp_path: Path) -> None:
    result = act.prepare(clip, out=tmp_path / "mine.mp4")
    assert result.path == tmp_path / "mine.mp4"
    assert act.prepare(clip, out=tmp_path / "mine.mp4") == result
    with pytest.raises(InputError, match="is there already"):
        act.prepare(clip, out=tmp_path / "mine.mp4", turn=90)
    with pytest.raises(InputError, match=r"Let its name end in \.mp4"):
        act.prepare(clip, out=tmp_path / "mine.webm")
    with pytest.raises(InputError, match="source itself"):
        act.prepare(clip, out=clip)


def test_what_is_no_usable_file_is_one_clear_error(clip: Path, tmp_path: Path) -> None:
    content = clip.read_bytes()
    files = {
        "empty.mp4": (b"", "is empty"),
        "text.mp4": (b"<!doctype html><title>Sign in</title>", "is a web page"),
        "cut.mp4": (content[: len(content) // 2], "breaks off"),
        "noise.mp4": (b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20, "cannot be read as a video"),
        "cut.jpg": (brought_jpeg()[:400], "cannot be"),
        "sound.mp4": (sound_only(tmp_path), "holds no moving picture"),
    }
    for name, (data, words) in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=words):
            act.prepare(tmp_path / name, out=tmp_path / "out")
    for path, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "none.mp4", "is no file"),
        (Path(os.devnull), "no ordinary"),
    ):
        with pytest.raises(InputError, match=words):
            act.prepare(path, out=tmp_path / "out")
    with pytest.raises(InputError, match="may not be read by you"):
        act.prepare(unreadable(tmp_path / "secret.mp4"), out=tmp_path / "out")
    assert [name for name in left(tmp_path / "out") if "part" in name] == []


def test_what_is_too_large_to_open_is_one_clear_error(tmp_path: Path) -> None:
    wide, long = tmp_path / "wide.png", tmp_path / "long.jpg"
    Image.new("1", (20_001, 15_001)).save(wide)
    long.write_bytes(brought_jpeg())
    os.truncate(long, 2_000_000_000)  # what follows the picture takes no room on the disk
    with pytest.raises(InputError, match="too many pixels to open here"):
        act.prepare(wide, out=tmp_path / "out")
    with pytest.raises(InputError, match=r"a picture of 2\.0 GB, too large to open here"):
        act.prepare(long, out=tmp_path / "out")
    assert left(tmp_path / "out") == []


def test_a_clip_above_the_vendor_s_limit_becomes_small_enough(tmp_path: Path) -> None:
    source = tmp_path / "noise.mp4"
    source.write_bytes(noisy_video_bytes(tmp_path, 24, 13_000))
    before = source.stat().st_size
    assert before > MAX_BYTES["video"]
    result = act.prepare(source, out=tmp_path / "out")
    assert result.path.stat().st_size <= MAX_BYTES["video"]
    assert any(change.startswith(f"Made smaller than {size(before)}") for change in result.changes)


def brought_jpeg() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(brought.quarters()).save(out, "JPEG")
    return out.getvalue()


def sound_only(folder: Path) -> bytes:
    from files import sound_bytes

    return sound_bytes()


def test_a_folder_that_takes_nothing_is_one_clear_error(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(InputError, match="Nothing can be written"):
        act.prepare(clip, out=tmp_path / "file" / "below")


#: A limit on the size of any file stands in for a full disk: writes fail the same way. Python's own writes, too: it
#: must keep nothing that it compiles (``-B``), or others read a part.
FULL = """
import resource, signal, sys
import cometact_nb as act
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    act.prepare(sys.argv[1], out=sys.argv[2])
except act.errors.InputError as error:
    print(error)
"""


@pytest.mark.parametrize("kind", ["clip", "picture"])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(clip: Path, tmp_path: Path, kind: str) -> None:
    source = clip if kind == "clip" else brought.picture(tmp_path, "phone.jpg")
    if kind == "picture":
        source.write_bytes(large_jpeg())
    command = [sys.executable, "-B", "-c", FULL, str(source), str(tmp_path / "out")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "Nothing can be written" in run.stdout, run.stdout + run.stderr
    assert left(tmp_path / "out") == []


def large_jpeg() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((300, 300), 80).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_a_cancelled_preparation_leaves_nothing(clip: Path, tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def progress(done: float) -> None:
        begun.set()
        go_on.wait(60)

    work = begin(act.session(), clip, out=tmp_path / "out", progress=progress)
    assert begun.wait(60)
    work.cancel()
    go_on.set()
    with pytest.raises(CancelledError):
        work.result(60)
    assert work.done
    assert left(tmp_path / "out") == []


def test_progress_rises_to_the_end(clip: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    work = begin(act.session(), clip, out=tmp_path / "out", progress=shares.append)
    work.result(60)
    assert shares == sorted(shares)
    assert work.progress == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"crop": (0, 0, 2, 1)}, "fractions 0–1"),
        ({"crop": (0.5, 0, 0.5, 1)}, "leaves nothing"),
        ({"turn": 45}, "clockwise"),
        ({"start_s": -1}, "seconds from 0 on"),
        ({"start_s": 2, "end_s": 1}, "is not after"),
        ({"role": "hero"}, "is no role"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(clip: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(act.errors.ConfigError, match=words):
        act.prepare(clip, **options)  # type: ignore[arg-type]


def test_a_part_outside_the_clip_is_named(clip: Path) -> None:
    with pytest.raises(InputError, match="end_s=9 is after its end"):
        act.prepare(clip, end_s=9)
    with pytest.raises(InputError, match=r"lasts 1\.00 s, and a reference lasts 3–30 s"):
        act.prepare(clip, start_s=1, end_s=2)


def test_an_image_is_no_reference_and_an_address_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is an image"):
        act.prepare(brought.picture(tmp_path, "right.jpg"), "reference")
    with pytest.raises(act.errors.ConfigError, match="Download it first"):
        act.prepare("https://example.com/clip.mp4")


def test_the_command_prints_the_result_and_the_changes(clip: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cometact_nb.entry.cli", "prepare", str(clip)]
    options = ["--out", str(tmp_path / "out"), "--crop", "0,0,0.5,1", "--turn", "90", "--json"]
    run = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert Path(result["path"]).is_file()
    assert "Turned by 90° clockwise." in result["changes"]
    bad = subprocess.run(
        [*command, "--start", "30"], capture_output=True, text=True, timeout=120, check=False
    )
    assert bad.returncode == 1
    assert "after its end" in bad.stderr
