"""Measures, films and frames of clips beside the ffmpeg program, PyAV, OpenCV and plain Dask."""

from __future__ import annotations

import hashlib
import math
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent import futures
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import numpy as np

from cometact_nb.domain.sweep.measures import checked_measures
from cometact_nb.domain.task import ClipInfo
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.measure import measure_clips
from cometact_nb.store.clips import film
from cometact_nb.store.clips.measures import MEASURES
from tests.benchmarks.report import Line, Report

NAME = "measure"
_EDGES_EACH = 6  # 24 frames a second, of which the measure of edges takes 4


def measure(*, quick: bool) -> Report:
    """One after the other, in turn."""
    count, seconds, rounds = (4, 1.0, 1) if quick else (60, 5.0, 2)
    program = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = _clips(folder, count, seconds)
        lines = [
            *_measures(clips, folder, rounds, program),
            _film(clips[:12], folder, rounds, program),
            *_frames(clips[0], rounds),
            *([] if quick else _workers(clips, rounds)),
        ]
    return Report(
        NAME,
        "Measures, films and frames",
        f"{count} clips of {seconds:g} s, 1280×720, 24 frames a second, H.264, a texture that moves; {rounds} rounds in "
        "turn. The ffmpeg program runs once for each clip, one after the other, with the same filters, sizes and frames; "
        "each run uses as many threads as it likes.",
        lines,
    )


def _clips(folder: Path, count: int, seconds: float) -> list[Clip]:
    """Make clips whose files differ, a few of which were encoded each."""
    sources = [_write(folder / f"source-{number}.mp4", seconds, number) for number in range(min(count, 4))]
    clips = []
    for number in range(count):
        path = folder / f"clip-{number}.mp4"
        box = number.to_bytes(8, "big")
        content = (
            sources[number % len(sources)].read_bytes() + (8 + len(box)).to_bytes(4, "big") + b"free" + box
        )
        path.write_bytes(content)
        info = ClipInfo(
            path=str(path),
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            width=1280,
            height=720,
        )
        clips.append(Clip(info))
    return clips


def _write(path: Path, seconds: float, seed: int) -> Path:
    random = np.random.default_rng(seed)
    whole = np.kron(random.integers(0, 255, (60, 96, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    whole = np.clip(whole + random.normal(0, 6, whole.shape), 0, 255).astype(np.uint8)
    with av.open(str(path), "w") as out:
        track: Any = out.add_stream("libx264", rate=24, options={"preset": "fast", "crf": "20"})
        track.width, track.height, track.pix_fmt = 1280, 720, "yuv420p"
        for index in range(round(seconds * 24)):
            x, y = round(100 + 90 * math.sin(index / 20)), round(100 + 90 * math.cos(index / 17))
            picture = np.ascontiguousarray(whole[y : y + 720, x : x + 1280])
            out.mux(track.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(track.encode())
    return path


def _clocked(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _measures(clips: list[Clip], folder: Path, rounds: int, program: str | None) -> list[Line]:
    measures = checked_measures(list(MEASURES))
    ours, again, peer, decoded = list[float](), list[float](), list[float](), list[float]()
    for number in range(rounds):
        session = Session(Config(history=str(folder / f"history-{number}.sqlite"), output_dir=folder))

        def work(session: Session = session) -> None:
            measure_clips(session, clips, measures, against=None, executor=None, progress=lambda _: None)

        ours.append(_clocked(work))
        again.append(_clocked(work) * 1000)
        session.close()
        if program:
            peer.append(_clocked(lambda: _ffmpeg_measures(program, clips)))
        with futures.ThreadPoolExecutor() as pool:
            decoded.append(_clocked(lambda: list(pool.map(_decode, [clip.path for clip in clips]))))
    line = Line(f"all measures of {len(clips)} clips", "s", ours, peer, "ffmpeg", "≤ 0.6")
    line.met = line.ratio <= 0.6 if line.ratio is not None else None
    return [
        line,
        Line("the same, beside decoding alone on as many threads", "s", ours, decoded, "PyAV, decoding"),
        Line("a second call", "ms", again, target="≤ 50 ms", met=statistics.median(again) <= 50),
    ]


def _ffmpeg_measures(program: str, clips: list[Clip]) -> None:
    def scale(longest: int) -> str:
        fit = f"min(1\\,{longest}/max(iw*sar\\,ih))"
        return f"scale=2*trunc(iw*sar*{fit}/2):2*trunc(ih*{fit}/2):flags=area,format=yuv420p"

    graph = (
        f"[0:v]split[a][b];[a]{scale(320)},freezedetect=n=0.001:d=0.5,siti,signalstats,metadata=print:file=-[x];"
        f"[b]select=not(mod(n\\,{_EDGES_EACH})),{scale(640)},blurdetect,metadata=print:file=-[y]"
    )
    outputs = ["-map", "[x]", "-f", "null", "-", "-map", "[y]", "-f", "null", "-"]
    for clip in clips:
        command = [
            program,
            "-v",
            "error",
            "-nostdin",
            "-i",
            str(clip.path),
            "-filter_complex",
            graph,
            *outputs,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _decode(path: Path) -> None:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for _ in container.decode(video=0):
            pass


def _film(clips: list[Clip], folder: Path, rounds: int, program: str | None) -> Line:
    tiles = [film.Tile(clip.path, f"cell {number}") for number, clip in enumerate(clips, 1)]
    columns = math.ceil(math.sqrt(len(clips)))
    ours, peer = list[float](), list[float]()
    for number in range(rounds):
        made = folder / f"film-{number}.mp4"
        ours.append(
            _clocked(
                lambda made=made: film.write_grid(  # type: ignore[misc]
                    tiles, columns, made, width=1920, sound=None, progress=lambda _: None
                )
            )
        )
        if program:
            peer.append(_clocked(lambda: _xstack(program, clips, columns, folder / "stack.mp4")))
    line = Line(f"a film of {len(clips)} clips, 1920 wide", "s", ours, peer, "ffmpeg's xstack", "≤ 1.0")
    line.met = line.ratio <= 1.0 if line.ratio is not None else None
    line.note = "SSIM between both films is not measured"
    return line


def _xstack(program: str, clips: list[Clip], columns: int, target: Path) -> None:
    wide = (1920 - 8) // columns // 2 * 2
    high = wide * 9 // 16 // 2 * 2
    scaled = "".join(f"[{number}:v]scale={wide}:{high}[s{number}];" for number in range(len(clips)))
    places = "|".join(f"{number % columns * wide}_{number // columns * high}" for number in range(len(clips)))
    stack = "".join(f"[s{number}]" for number in range(len(clips)))
    graph = f"{scaled}{stack}xstack=inputs={len(clips)}:layout={places}:fill=black"
    inputs = [word for clip in clips for word in ("-i", str(clip.path))]
    command = [program, "-v", "error", "-nostdin", "-y", *inputs, "-filter_complex", graph]
    subprocess.run(
        [*command, "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", str(target)], check=True
    )


def _frames(clip: Clip, rounds: int) -> list[Line]:
    def plain() -> None:
        with av.open(str(clip.path)) as container:
            np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])

    ours, peer, small, opencv = list[float](), list[float](), list[float](), list[float]()
    for _ in range(rounds * 3):
        ours.append(_clocked(clip.frames))
        peer.append(_clocked(plain))
        small.append(_clocked(lambda: clip.frames(stride=6, size=320)))
        opencv += _opencv(clip.path)
    whole = Line("clip.frames(), whole", "s", ours, peer, "PyAV, to_ndarray and np.stack", "≤ 0.85")
    few = Line("clip.frames(stride=6, size=320)", "s", small, opencv, "OpenCV", "≤ 0.8")
    whole.met = whole.ratio <= 0.85 if whole.ratio is not None else None
    few.met = few.ratio <= 0.8 if few.ratio is not None else None
    return [whole, few]


def _opencv(path: Path) -> list[float]:
    try:
        cv2: Any = import_module("cv2")
    except ImportError:
        return []
    began = time.perf_counter()
    video = cv2.VideoCapture(str(path))
    pictures = []
    for number in range(int(video.get(cv2.CAP_PROP_FRAME_COUNT))):
        if not video.grab() or number % 6:
            continue
        picture = cv2.resize(video.retrieve()[1], (320, 180), interpolation=cv2.INTER_AREA)
        pictures.append(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    np.stack(pictures)
    return [time.perf_counter() - began]


def _motion(path: str) -> float | None:
    from cometact_nb.store.clips.measures import measure_file

    return measure_file(Path(path), ["motion"])["motion"]


def _of_clip(clip: Clip) -> float | None:
    return _motion(str(clip.path))


def _mapped(client: Any, clips: list[Clip]) -> None:
    client.gather(client.map(_motion, [str(clip.path) for clip in clips], pure=False))


def _workers(clips: list[Clip], rounds: int) -> list[Line]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        return []
    measures = checked_measures([_of_clip])
    took: dict[str, list[float]] = {"one": [], "two": [], "plain": []}
    for number in range(rounds):
        for workers, name in ((1, "one"), (2, "two")):
            cluster = distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
            )
            with cluster, distributed.Client(cluster) as client, tempfile.TemporaryDirectory() as folder:
                client.gather(
                    client.map(_motion, [str(clips[0].path)] * workers, pure=False)
                )  # it has imported all
                session = Session(Config(history=f"{folder}/{number}.sqlite", output_dir=folder))

                def ours(session: Session = session, client: Any = client) -> None:
                    measure_clips(
                        session,
                        clips,
                        measures,
                        against=None,
                        executor=client.get_executor(),
                        progress=lambda _: None,
                    )

                took[name].append(_clocked(ours))
                session.close()
                if workers > 1:
                    took["plain"].append(_clocked(lambda client=client: _mapped(client, clips)))  # type: ignore[misc]
    beside_one = Line(
        f"one measure of {len(clips)} clips, two Dask workers",
        "s",
        took["two"],
        took["one"],
        "one worker",
        "≤ 0.6",
    )
    beside_map = Line("the same", "s", took["two"], took["plain"], "client.map", "≤ 1.15")
    beside_one.met = beside_one.ratio <= 0.6 if beside_one.ratio is not None else None
    beside_map.met = beside_map.ratio <= 1.15 if beside_map.ratio is not None else None
    return [beside_one, beside_map]
