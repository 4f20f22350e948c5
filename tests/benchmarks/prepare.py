"""``act.prepare`` beside the ffmpeg program: a phone's large clip made small, and a clip that is right already."""

from __future__ import annotations

import gc
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import filters_available

from tests.benchmarks.report import Line, Report

NAME = "prepare"
_FFMPEG = ("-vf", "scale=1280:-2", "-c:v", "libx264", "-preset", "medium", "-crf", "20")
_TIME, _MEMORY_MB, _COPY_S, _VMAF = 0.8, 500, 0.3, 1.0
_CODE = """
import json, resource, sys, time
import av, cometact_nb as act
from cometact_nb.handles import prepare as loaded
act.session()
began = time.perf_counter()
result = act.prepare(sys.argv[1], out=sys.argv[2], progress=lambda done: None)
took = time.perf_counter() - began
used = time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
try:  # that of a child begins with its parent's, which has written the clips
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
except OSError:
    pass
print(json.dumps({"took": took, "used": used, "peak": peak, "path": str(result.path)}))
"""


def measure(*, quick: bool) -> Report:
    """Each in a process of its own, taken in turn."""
    rounds, seconds, size = (1, 3.2, (640, 360)) if quick else (3, 20.0, (3840, 2160))
    program = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large = _write(folder / "large.mp4", size, seconds, "libx265", "yuv420p10le")
        right = _write(
            folder / "right.mp4", (1280, 720), 3.2 if quick else 15.0, "libx264", "yuv420p", rate=16
        )
        encoded, copied = list[dict[str, Any]](), list[dict[str, Any]]()
        peer, peer_used, peer_copy = list[float](), list[float](), list[float]()
        for number in range(rounds):
            encoded.append(_ours(large, folder / f"large-{number}"))
            copied.append(_ours(right, folder / f"right-{number}"))
            if program:
                took, used = _ffmpeg(program, large, _FFMPEG, folder / "peer.mp4")
                peer.append(took)
                peer_used.append(used)
                peer_copy.append(_ffmpeg(program, right, ("-c", "copy"), folder / "copy.mp4")[0])
        ours = folder / Path(str(encoded[-1]["path"]))
        quality = _quality(large, ours, folder / "peer.mp4" if program else None, folder)
        megabytes = right.stat().st_size / 1024**2
    times = [float(one["took"]) for one in encoded]
    peaks = [float(one["peak"]) for one in encoded]
    copies = [float(one["took"]) for one in copied]
    line = Line(
        f"{seconds:g} s of {size[0]}×{size[1]} HEVC, 10 bits, to 1280 wide",
        "s",
        times,
        peer,
        "ffmpeg",
        "≤ 0.8",
    )
    line.met = line.ratio <= _TIME if line.ratio is not None else None
    lines = [
        line,
        Line("the same, processor time", "s", [float(one["used"]) for one in encoded], peer_used, "ffmpeg"),
        quality,
        Line("peak memory of that process", "MB", peaks, target="≤ 500 MB", met=max(peaks) <= _MEMORY_MB),
        Line(
            f"{megabytes:.0f} MB that are right already", "s", copies, peer_copy, "ffmpeg -c copy", "≤ 0.3 s",
            met=statistics.median(copies) <= _COPY_S,
        ),
    ]  # fmt: skip
    return Report(
        NAME,
        "A file of yours",
        f"`act.prepare` in a fresh process, clocked inside it after its imports, beside `ffmpeg {' '.join(_FFMPEG)}` "
        f"({_version(program)}), a process as a whole, {rounds} rounds. The clip is a texture that moves.",
        lines,
    )


def _write(
    path: Path, size: tuple[int, int], seconds: float, codec: str, pix_fmt: str, rate: int = 0
) -> Path:
    """A window that wanders over a texture of several scales."""
    width, height = size
    random = np.random.default_rng(5)
    whole = np.zeros((height + 256, width + 256, 3), np.float32)
    for step in (64, 16, 4, 1):
        rough = random.normal(0, 12 * step**0.4, (whole.shape[0] // step + 1, whole.shape[1] // step + 1, 3))
        whole += np.kron(rough, np.ones((step, step, 1)))[: whole.shape[0], : whole.shape[1]]
    texture = np.clip(whole + 128, 0, 255).astype(np.uint8)
    options = {"preset": "ultrafast", "x265-params": "log-level=none", "crf": "22"}
    if rate:
        options = {"preset": "ultrafast", "b": f"{rate}M", "minrate": f"{rate}M", "maxrate": f"{rate}M",
                   "bufsize": f"{rate}M", "nal-hrd": "cbr"}  # fmt: skip
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream(codec, rate=30, options=options)
        track.width, track.height, track.pix_fmt = width, height, pix_fmt
        for index in range(round(seconds * 30)):
            x, y = round(128 + 120 * np.sin(index / 40)), round(128 + 120 * np.cos(index / 31))
            picture = np.ascontiguousarray(texture[y : y + height, x : x + width])
            out.mux(track.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(track.encode(None))
    return path


def _ours(source: Path, out: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", _CODE, str(source), str(out)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return found


def _ffmpeg(program: str, source: Path, options: tuple[str, ...], out: Path) -> tuple[float, float]:
    """Seconds by the clock, and of processors."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([program, "-v", "error", "-y", "-i", str(source), *options, str(out)], check=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _version(program: str | None) -> str:
    if program is None:
        return "which is not here"
    text = subprocess.run([program, "-version"], check=True, capture_output=True, text=True).stdout
    return text.split(" Copyright")[0]


def _quality(source: Path, ours: Path, peer: Path | None, folder: Path) -> Line:
    """VMAF where PyAV has it (19.0, Python 3.12), else SSIM, beside the source made small."""
    has_vmaf = "libvmaf" in filters_available
    measure_one = _vmaf if has_vmaf else _ssim
    own = [measure_one(source, ours, folder)]
    theirs = [measure_one(source, peer, folder)] if peer is not None else []
    if not has_vmaf:
        return Line(
            "its likeness, SSIM", "", own, theirs, "ffmpeg", note="VMAF not measured: it needs PyAV 19"
        )
    met = own[0] >= theirs[0] - _VMAF if theirs else None
    return Line("its likeness, VMAF", "", own, theirs, "ffmpeg", "≥ ffmpeg − 1", met)


def _compared(source: Path, result: Path, comparison: tuple[str, str]) -> list[Any]:
    """The frames that come out of a filter with two inputs: the result and the source in its size."""
    frames: list[Any] = []
    with av.open(str(source)) as first, av.open(str(result)) as second:
        small = second.streams.video[0]
        graph: Any = av.filter.Graph()
        for track in (first.streams.video[0], small):
            track.thread_type = "AUTO"
        near = graph.add_buffer(template=small, time_base=Fraction(1, 30))
        far = graph.add_buffer(template=first.streams.video[0], time_base=Fraction(1, 30))
        scaled = graph.add("scale", f"{small.width}:{small.height}:flags=bicubic")
        plain, both, sink = graph.add("format", "yuv420p"), graph.add(*comparison), graph.add("buffersink")
        far.link_to(scaled)
        scaled.link_to(plain)
        near.link_to(both, 0, 0)
        plain.link_to(both, 0, 1)
        both.link_to(sink)
        graph.configure()
        pairs = zip(first.decode(video=0), second.decode(video=0), strict=False)
        for index, (large_frame, small_frame) in enumerate(pairs):
            for node, frame in ((near, small_frame), (far, large_frame)):
                frame.pts, frame.time_base = index, Fraction(1, 30)
                node.push(frame)
            frames += _ready(graph)
        near.push(None)
        far.push(None)
        frames += _ready(graph)
    return frames


def _ready(graph: Any) -> list[Any]:
    frames = []
    while True:
        try:
            frames.append(graph.pull())
        except (av.BlockingIOError, av.EOFError):
            return frames


def _ssim(source: Path, result: Path, folder: Path) -> float:
    values = [float(frame.metadata["lavfi.ssim.All"]) for frame in _compared(source, result, ("ssim", ""))]
    return statistics.mean(values)


def _vmaf(source: Path, result: Path, folder: Path) -> float:
    log = folder / "vmaf.json"
    _compared(source, result, ("libvmaf", f"log_path={log}:log_fmt=json:n_subsample=3"))
    gc.collect()  # the log is written when the graph is gone, which holds itself in a circle
    return float(json.loads(log.read_text("utf-8"))["pooled_metrics"]["vmaf"]["mean"])
