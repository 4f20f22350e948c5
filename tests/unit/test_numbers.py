"""A function over clips on any executor, and how far knobs move clips against chance."""

from __future__ import annotations

import concurrent.futures
import json
import multiprocessing
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clips import plain, write

import cometact_nb as act
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.noise import NoiseFloor, map_clips, noise_floor
from cometact_nb.views.sweep.noise import noise_floor_html

if TYPE_CHECKING:
    from services import SandboxProcess

Make = Callable[..., Clip]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A clip of one grey level, 1 s at 10 frames a second unless told; each is written once."""
    folder = tmp_path_factory.mktemp("clips")

    def made(level: int, *, size: tuple[int, int] = (64, 36), frames: int = 10, fps: int = 10) -> Clip:
        path = folder / f"{level}-{size[0]}x{size[1]}-{frames}-{fps}.mp4"
        return write(path, [plain(*size, (level,) * 3)] * frames, fps=fps)

    return made


# --- map -------------------------------------------------------------------------------------------


def level(clip: Clip) -> int:
    return round(float(clip.frames(stride=5).mean()))


NOTEBOOK = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.noise import map_clips

def brightness(clip):
    return 1.0

for fn in (brightness, lambda clip: 1.0):
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            map_clips(fn, ["a clip"], pool)
        except ConfigError as error:
            print(error)
        print(list(pool.map(abs, [-1])))
with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
    print(map_clips(brightness, ["a clip"], pool))
"""


def test_a_notebooks_function_is_refused_for_processes_that_would_have_to_import_it() -> None:
    command = [sys.executable, "-W", "ignore", "-c", NOTEBOOK]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, still, second, again, forked = done.stdout.splitlines()
    assert first.startswith("brightness() stands in the notebook, so other processes cannot import it.")
    assert second.startswith("<lambda>() is made inside another function or is a lambda")
    assert (still, again, forked) == ("[1]", "[1]", "[1.0]")
    assert "Traceback" not in done.stderr


def test_an_executor_that_runs_each_call_on_every_engine_is_refused_with_the_right_one() -> None:
    class DirectView:
        pass

    class ViewExecutor:
        view = DirectView()

        def submit(self, *_: object) -> None:
            raise AssertionError

    with pytest.raises(ConfigError, match=r"load_balanced_view\(\)\.executor"):
        map_clips(level, [], ViewExecutor())


def test_results_stand_in_the_order_of_the_clips_and_a_missing_clip_is_none(make: Make) -> None:
    assert map_clips(level, [make(50), None, make(20)]) == [50, None, 20]
    assert map_clips(level, []) == []


def test_threads_run_clips_at_the_same_time_and_keep_their_order(make: Make) -> None:
    both = threading.Barrier(2, timeout=30)

    def meet(clip: Clip) -> int:
        both.wait()
        return level(clip)

    with ThreadPoolExecutor(2) as executor:
        assert map_clips(meet, [make(50), make(20)], executor) == [50, 20]


def test_other_processes_are_given_the_clips(make: Make) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        found = map_clips(methodcaller("frames", 5, 32), [make(50), None], executor)
    assert found[1] is None
    assert found[0] is not None
    assert found[0].shape == (2, 18, 32, 3)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="Python 3.14 is the first with a pool of interpreters")
def test_what_other_interpreters_cannot_import_is_raised_as_it_is(make: Make) -> None:
    pool = getattr(concurrent.futures, "InterpreterPoolExecutor")  # noqa: B009  (not in the types of 3.11)
    with pool(1) as executor, pytest.raises(ImportError, match="subinterpreters"):
        map_clips(methodcaller("frames", 5, 32), [make(50)], executor)


@pytest.mark.parametrize("threads", [False, True])
def test_one_that_fails_is_named_after_the_others_have_ended(make: Make, threads: bool) -> None:
    seen: list[str] = []

    def picky(clip: Clip) -> None:
        seen.append(clip.path.name)
        if clip.path.name.startswith("20"):
            raise ZeroDivisionError("no light")

    clips = [make(20), make(50), None, make(80)]
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError, match="no light") as caught:
        map_clips(picky, clips, executor if threads else None)
    assert len(seen) == 3
    assert caught.value.__notes__ == [f"1 of 3 clips failed; this was {clips[0]!r}."]


class Stopped(Executor):
    """Runs nothing; its first result is an interrupt."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.futures[0].set_exception(KeyboardInterrupt())
        return self.futures[-1]


def test_an_interrupt_calls_off_what_has_not_begun(make: Make) -> None:
    executor = Stopped()
    with pytest.raises(KeyboardInterrupt):
        map_clips(level, [make(20), make(50)], executor)
    assert executor.futures[1].cancelled()


def test_something_that_is_no_executor_is_refused_with_what_to_give(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"no submit\(\).*get_executor"):
        map_clips(level, [make(20)], 4)  # type: ignore[arg-type]


# --- noise floor -----------------------------------------------------------------------------------


def grid(make: Make, *, jitter: int, replicates: int = 2) -> list[tuple[dict[str, Any], int, Clip]]:
    """Intensity moves a clip by 60, body control by nothing, and a replicate by ``jitter``."""
    return [
        (
            {"expression_intensity": intensity, "body_control": body},
            number,
            make(40 + 15 * (intensity - 1) + jitter * number),
        )
        for intensity in (1, 5)
        for body in (False, True)
        for number in range(1, replicates + 1)
    ]


def grey_levels(first: Clip, second: Clip) -> float:
    """A distance whose numbers are known: how far the grey levels are apart, 0–255."""
    if (first.width, first.height) != (second.width, second.height):
        return float("nan")
    levels = [float(clip.frames(stride=5).mean()) for clip in (first, second)]
    return abs(levels[0] - levels[1])


def pair(make: Make, first: int, second: int) -> list[tuple[dict[str, Any], int, Clip]]:
    """Two replicates of these grey levels."""
    return [({"seed": 1}, 1, make(first)), ({"seed": 1}, 2, make(second))]


def by_knob(floor: NoiseFloor) -> dict[str, dict[str, Any]]:
    return {row["knob"]: row for row in floor.to_rows()}


def test_a_knob_is_measured_against_replicates(make: Make) -> None:
    floor = noise_floor(grid(make, jitter=5), grey_levels)
    assert floor.source == "replicates"
    assert floor.pairs == 4
    assert floor.distance == pytest.approx(5, abs=1)
    rows = by_knob(floor)
    assert list(rows) == ["expression_intensity", "body_control"], "the strongest first"
    moved = rows["expression_intensity"]
    assert moved["pairs"] == 8, "both bodies, each replicate with each"
    assert moved["distance"] == pytest.approx(60, abs=2)
    assert moved["ratio"] == pytest.approx(12, rel=0.25)
    assert moved["verdict"] == f"moves the clip {moved['ratio']:.1f} × the noise floor"
    assert rows["body_control"]["verdict"] == "not above noise"
    assert moved["noise_distance"] == floor.distance
    json.dumps(floor.to_rows())


def test_a_few_pairs_of_replicates_are_called_few(make: Make) -> None:
    items = [item for item in grid(make, jitter=5) if item[0]["body_control"] is False]
    floor = noise_floor([*items[:2], *items[2:3]])
    assert floor.pairs == 1
    assert "That is few" in floor.summary
    assert "few pairs (1)" in floor.rows[0].verdict
    assert "few" not in repr(noise_floor(grid(make, jitter=5)))


def test_the_default_distance_is_of_structure(make: Make) -> None:
    near, far = noise_floor(pair(make, 60, 70)), noise_floor(pair(make, 60, 160))
    assert near.distance is not None
    assert far.distance is not None
    assert 0 < near.distance < far.distance < 1
    assert "1 − SSIM" in near.basis
    assert noise_floor(pair(make, 60, 60)).distance == 0


def test_without_replicates_the_seed_stands_for_chance_and_is_no_knob(make: Make) -> None:
    items = [
        ({"expression_intensity": intensity, "seed": seed}, 1, make(40 + 15 * intensity + seed))
        for intensity in (1, 5)
        for seed in (0, 10, 20)
    ]
    floor = noise_floor(items, grey_levels)
    assert floor.source == "seed"
    assert floor.pairs == 6
    assert floor.distance == pytest.approx(10, abs=1)
    assert [row.knob for row in floor.rows] == ["expression_intensity"]
    assert floor.rows[0].pairs == 3, "the seed is held while the knob moves"
    assert "differ in the seed alone" in floor.summary


def test_with_replicates_the_seed_is_a_knob_like_the_others(make: Make) -> None:
    items = [
        ({"seed": seed}, number, make(40 + 30 * seed + number)) for seed in (1, 2) for number in (1, 2, 3)
    ]
    floor = noise_floor(items)
    assert floor.source == "replicates"
    assert [row.knob for row in floor.rows] == ["seed"]
    assert floor.rows[0].verdict.startswith("moves the clip")


def test_without_replicates_and_seeds_nothing_is_claimed(make: Make) -> None:
    floor = noise_floor([({"expression_intensity": n}, 1, make(40 * n)) for n in (1, 2)], grey_levels)
    assert (floor.source, floor.pairs, floor.distance) == ("", 0, None)
    assert floor.rows[0].distance == pytest.approx(40, abs=2)
    assert floor.rows[0].ratio is None
    assert floor.rows[0].verdict == "unknown: no replicates"
    assert "replicates=2" in floor.summary


def test_replicates_that_are_the_same_give_no_ratio(make: Make) -> None:
    rows = by_knob(noise_floor(grid(make, jitter=0)))
    assert rows["expression_intensity"]["verdict"] == "moves the clip; chance does not"
    assert rows["expression_intensity"]["ratio"] is None
    assert rows["body_control"]["verdict"] == "not above noise"


def test_the_same_cell_given_twice_is_no_replicate(make: Make) -> None:
    items = [({"expression_intensity": n}, 1, make(40 * n)) for n in (1, 2)]
    assert noise_floor([*items, *items]).source == ""


def test_a_knob_that_never_varies_alone_is_not_judged(make: Make) -> None:
    floor = noise_floor(
        [({"seed": n, "body_control": n == 2}, r, make(40 * n + r)) for n in (1, 2) for r in (1, 2)]
    )
    assert {row.verdict for row in floor.rows} == {"unknown: never varies alone"}
    assert [row.pairs for row in floor.rows] == [0, 0]


def test_pictures_of_different_shapes_are_not_compared(make: Make) -> None:
    wide, tall = make(60), make(60, size=(36, 64))
    floor = noise_floor([({"ratio": "1280:720"}, 1, wide), ({"ratio": "720:1280"}, 1, tall)])
    assert floor.rows[0].verdict == "unknown: its clips cannot be compared"


def test_clips_are_compared_at_the_same_times_over_the_shorter_length(make: Make) -> None:
    short, long = make(60), make(60, frames=60, fps=20)
    half = noise_floor([({"seed": 1}, 1, short), ({"seed": 1}, 2, long)])
    assert half.distance == pytest.approx(0, abs=1)


def test_cells_without_a_clip_are_left_out_and_counted(make: Make) -> None:
    floor = noise_floor([*grid(make, jitter=5), ({"expression_intensity": 3, "body_control": True}, 1, None)])
    assert (floor.clips, floor.skipped) == (8, 1)
    assert "1 cell without a clip" in repr(floor)
    assert repr(noise_floor([])).startswith("No noise floor")


def test_a_measure_of_ones_own_is_used_and_named(make: Make) -> None:
    def size_of_file(first: Clip, second: Clip) -> float:
        return abs(first.bytes - second.bytes)

    floor = noise_floor(grid(make, jitter=5), size_of_file)
    assert "size_of_file()" in floor.basis
    many = [({"seed": n}, 1, make(20)) for n in range(60)]
    assert noise_floor(many, lambda *_: 2.0).pairs == 400, "of 1,770 pairs"


def test_a_missing_file_is_an_error_and_not_a_distance(make: Make, tmp_path: Path) -> None:
    gone = make(20, frames=3)
    gone.path.unlink()
    with pytest.raises(ClipError, match="not there"):
        noise_floor([({"seed": 1}, 1, make(50)), ({"seed": 2}, 1, gone)])


def test_a_floor_reads_as_text_and_as_html_with_foreign_names_escaped(make: Make) -> None:
    items = [({"<b>knob": n}, r, make(40 * n + 5 * r)) for n in (1, 2) for r in (1, 2)]
    floor = noise_floor(items, grey_levels)
    text, html = repr(floor), noise_floor_html(floor)
    assert text.splitlines()[0].startswith("Noise floor 5: ")
    assert "  <b>knob " in text
    assert "&lt;b&gt;knob" in html
    assert "<b>" not in html
    for said in (floor.rows[0].verdict, "2 pairs of replicates", "grey_levels()"):
        assert said in text
        assert said in html


def test_a_notebook_shows_a_floor_as_its_table() -> None:
    script = (
        "from IPython.core.interactiveshell import InteractiveShell as Shell; shell = Shell.instance()\n"
        "import cometact_nb.handles.sweep.noise as numbers\n"
        "shown, _ = shell.display_formatter.format(numbers.noise_floor([]))\n"
        "print(shown['text/html'], shown['text/plain'])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "<strong>No noise floor</strong>" in said
    assert "No noise floor: no two clips differ" in said


def test_a_sweep_maps_its_clips_and_measures_its_noise(
    sandbox: SandboxProcess, session: Session, tmp_path: Path
) -> None:
    sweep = session.sweep(
        character=sandbox.character, reference=sandbox.reference, expression_intensity=[1, 5], seed=[1, 2, 3]
    )
    assert sweep.map(level) == [None] * 6
    sweep.run(yes=True).wait(timeout_s=120)
    with ThreadPoolExecutor(2) as executor:
        shapes = sweep.map(lambda clip: clip.frames(stride=24, size=64).shape, executor)
    assert all(shape is not None and shape[1:] == (36, 64, 3) for shape in shapes)
    floor = sweep.noise_floor()
    assert (floor.source, floor.pairs, floor.clips) == ("seed", 6, 6)
    assert floor.distance is not None
    assert floor.distance > 0
    assert isinstance(floor, act.NoiseFloor)
