"""The JSON that the routes answer with.

``entry/lab/server.d.ts`` lists the same for scripts; a test holds the two together. All addresses are
relative to ``{base_url}cometact-nb/api/``, all times Unix seconds, all amounts US dollars.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "ClipEntry",
    "DoctorAnswer",
    "HistoryStatus",
    "KeeperStatus",
    "ServerStatus",
    "SweepDetails",
    "SweepEntry",
    "SweepGallery",
    "SweepPage",
    "TaskDetails",
    "TaskEntry",
    "TaskPage",
    "Today",
]


class HistoryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One history that the server reads.

    Args:
        label: its name in rows; ``default`` for the user's own.
        there: whether the file exists.
        problem: the reason why it is not read, or an empty string.
        unfinished: the number of its tasks that have not ended, or whose video was not fetched.
    """

    label: str
    there: bool
    problem: str = ""
    unfinished: int = 0


class KeeperStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The present work of the keeper.

    Args:
        on: whether it is switched on.
        possible: whether this user may switch it.
        state: in one sentence.
        watching: the number of tasks that it polls or fetches now.
        kernels: the number of unfinished tasks that living kernels watch.
        elsewhere: the number of unfinished tasks of other services, which it leaves alone.
        fetched: the number of clips that it has fetched since the server started.
        tasks: keys of those that it watches, the oldest first, up to 200.
        problem: the reason why it cannot work, or an empty string.
    """

    on: bool
    possible: bool
    state: str
    watching: int = 0
    kernels: int = 0
    elsewhere: int = 0
    fetched: int = 0
    tasks: tuple[str, ...] = ()
    problem: str = ""


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """``GET status``.

    Args:
        version: of cometact_nb.
        histories: that the server reads.
        keeper: what it does.
    """

    version: str
    histories: tuple[HistoryStatus, ...]
    keeper: KeeperStatus


class TaskEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One task in a list.

    Args:
        key: its local identity, by which every other route finds it.
        id: the service's id; null before it has one.
        short: the beginning of either, to show.
        status: a status of ``act.Status``.
        label: the status in words.
        tone: its colour, CSS.
        outcome: the facts of its clip, or what happened, in a sentence.
        progress: 0–1, or null.
        settled: whether nothing more happens by itself.
        created: when it was begun; null for an unknown time.
        as_of: the time of the last record; later news are not here.
        sweep: name of the sweep that it was bought for, or an empty string.
        sweep_key: of that sweep, or an empty string.
        inputs: the names of character and reference.
        knobs: its settings in words.
        folder: of its clip, for people; an empty string before there is one.
        clip: address of its first clip; null when there is none, or its file is not there.
        poster: address of that clip's poster; null without one.
        price_usd: the price that it was expected to have; null when that is not known.
        money: its cost in words, as far as anyone here can know.
        sandbox: whether it ran in the sandbox, where nothing is billed.
        history: label of its history.
    """

    key: str
    id: str | None
    short: str
    status: str
    label: str
    tone: str
    outcome: str
    progress: float | None
    settled: bool
    created: float | None
    as_of: float
    sweep: str
    sweep_key: str
    inputs: tuple[str, ...]
    knobs: str
    folder: str
    clip: str | None
    poster: str | None
    price_usd: float | None
    money: str
    sandbox: bool
    history: str


class TaskPage(msgspec.Struct, frozen=True, kw_only=True):
    """``GET tasks``, the newest first.

    Args:
        tasks: of this page.
        next: for ``before``, to get the next page; null on the last.
    """

    tasks: tuple[TaskEntry, ...]
    next: str | None


class ClipEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One clip of a task.

    Args:
        clip: its address; null when its file is not there.
        poster: address of its poster; null without one.
        name: of its file.
        bytes: its size.
        sha256: its hash, hexadecimal.
        width: pixels, or null.
        height: pixels, or null.
        fps: frames per second, or null.
        duration_s: seconds, or null.
        problem: why there is no address, or an empty string.
    """

    clip: str | None
    poster: str | None
    name: str
    bytes: int
    sha256: str
    width: int | None
    height: int | None
    fps: float | None
    duration_s: float | None
    problem: str


class TaskDetails(msgspec.Struct, frozen=True, kw_only=True):
    """``GET tasks/{key}``.

    Args:
        task: the row of the list.
        html: as the trait of the live card: HTML with slots, made of escaped text.
        live: as the trait of the live card: the content of the slots.
        clips: all clips, for the slots ``data-clip`` of ``html``.
        line: the line of Python that takes the task up in a notebook.
    """

    task: TaskEntry
    html: str
    live: dict[str, Any]
    clips: tuple[ClipEntry, ...]
    line: str


class SweepEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One sweep in a list.

    Args:
        key: made of its name and its service.
        name: of the sweep.
        state: ``running``, ``paused``, ``cancelled`` or ``bought``, as its user left it.
        in_kernel: whether a living kernel sends or polls for it now.
        cells: the number of its cells.
        grid: its fields with several values, in words.
        sent: the number of its requests by status.
        outcome: the same in words.
        spent_usd: their cost, certain or possible.
        spent: the same in words; empty in a sandbox.
        created: when it was first run.
        updated: when it was last run, paused or cancelled.
        sandbox: whether it ran in the sandbox.
        history: label of its history.
    """

    key: str
    name: str
    state: str
    in_kernel: bool
    cells: int
    grid: str
    sent: dict[str, int]
    outcome: str
    spent_usd: float
    spent: str
    created: float
    updated: float
    sandbox: bool
    history: str


class SweepPage(msgspec.Struct, frozen=True, kw_only=True):
    """``GET sweeps``, the last run first.

    Args:
        sweeps: up to ``limit``.
    """

    sweeps: tuple[SweepEntry, ...]


class SweepDetails(msgspec.Struct, frozen=True, kw_only=True):
    """``GET sweeps/{key}``.

    Args:
        sweep: the row of the list.
        grid: as the trait of the live view: the place of each cell.
        cells: as the trait of the live view: each cell's state.
        head: as the trait of the live view: totals, and possible actions, which need a kernel.
        tasks: for each cell the key of its task, or null.
        clips: for each cell the address of its clip, or null.
        posters: for each cell the address of its poster, or null.
        line: the line of Python that takes the sweep up in a notebook; it buys nothing.
    """

    sweep: SweepEntry
    grid: dict[str, Any]
    cells: tuple[str, ...]
    head: dict[str, Any]
    tasks: tuple[str | None, ...]
    clips: tuple[str | None, ...]
    posters: tuple[str | None, ...]
    line: str


class SweepGallery(msgspec.Struct, frozen=True, kw_only=True):
    """``GET galleries/{key}``: the gallery of a sweep.

    Args:
        sweep: the row of the list.
        axes: as the trait of the live gallery.
        choice: the same: how the axes lie at first, and the round of ratings that is shown.
        cells: as the live gallery gets them, with their ratings; a clip whose file is not there is null.
        clips: for each cell the address of its clip, or null.
        posters: for each cell the address of its poster, or null.
        line: the line of Python that shows it live in a notebook; it buys nothing.
    """

    sweep: SweepEntry
    axes: tuple[dict[str, Any], ...]
    choice: dict[str, Any]
    cells: tuple[dict[str, Any], ...]
    clips: tuple[str | None, ...]
    posters: tuple[str | None, ...]
    line: str


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """``GET today``: what the paid tasks of a day cost, by the prices known here.

    Args:
        usd: the sum, without requests in doubt.
        tasks: their number.
        in_doubt: the number of requests that may have been bought.
        in_doubt_usd: what these may have cost.
        unpriced: the number of tasks whose price is not known.
        since: the beginning of the day.
        title: the sum in words.
        line: of how many requests it is, and what is in doubt, in words.
        source: where the figure is from, and where it is not from, in a sentence.
    """

    usd: float
    tasks: int
    in_doubt: int
    in_doubt_usd: float
    unpriced: int
    since: float
    title: str
    line: str
    source: str


class DoctorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``GET doctor``: whether the vendor would take a file.

    Args:
        path: as it was asked for.
        ok: false when there is an error.
        verdict: in a sentence.
        text: everything, as ``act.inspect`` prints it.
        inspection: the same as ``act.inspect(…).to_dict()`` has it, without this machine's path.
    """

    path: str
    ok: bool | None
    verdict: str
    text: str
    inspection: dict[str, Any]
