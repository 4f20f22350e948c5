"""The public functions of the package, which use the shared session; those about files are in ``files``.

A method of :class:`Session` with the same name does the same, and refers to the docstring here.
"""

from __future__ import annotations

import inspect as introspection
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.domain.doors import door
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from typing import Unpack

    from cometact_nb.domain.inspection.facts import Inspection, Role
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import RequestArguments, SweepArguments
    from cometact_nb.entry.guide import Guide
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.history import TaskHistory
    from cometact_nb.handles.resume import Resumed
    from cometact_nb.handles.sandbox import Sandbox
    from cometact_nb.handles.sweep.saved import SweepHistory
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task
    from cometact_nb.views.panel.panel import Panel

__all__ = [
    "configure",
    "guide",
    "history",
    "inspect",
    "leave_sandbox",
    "panel",
    "resume",
    "submit",
    "sweep",
    "sweep_by_name",
    "sweeps",
    "task",
    "use_sandbox",
]

F = TypeVar("F", bound="Callable[..., Any]")


def _naming_fields(function: F) -> F:
    """Make hover and completion name the fields of a request in place of ``**fields``."""
    own = introspection.signature(function)
    kinds = introspection.Parameter
    parameters = [
        parameter for parameter in own.parameters.values() if parameter.kind is not kinds.VAR_KEYWORD
    ]
    fields = [
        parameter.replace(kind=kinds.KEYWORD_ONLY)
        for parameter in introspection.signature(ActTwoRequest).parameters.values()
        if parameter.kind is not kinds.VAR_KEYWORD and parameter.name not in own.parameters
    ]
    vars(function)["__signature__"] = own.replace(parameters=[*parameters, *fields])
    return function


@door
def configure(**settings: Any) -> Config:
    """Change settings of the shared session. Tasks under way keep theirs.

    While the sandbox is on, settings hold there and stay after :func:`leave_sandbox`. Three are of the
    service: ``base_url`` leaves the sandbox; ``api_key`` is kept for afterwards; ``price`` counts in the
    sandbox, too, so that limits can be rehearsed, and a price of 0 is for the sandbox alone.

    Args:
        settings: ``api_key``, ``base_url``, ``runway_version``, ``output_dir``, ``history``,
            ``max_in_flight``, ``price``, ``wait``, ``publish_to``, …; see :class:`Config` for each. None
            leaves a setting as it is.

    Returns:
        the settings as they are now; the key is not shown.

    Raises:
        ConfigError: an unknown setting, a bad value, or another history while tasks are watched.
    """
    from cometact_nb.handles.config import concealed  # noqa: PLC0415  (as above)

    settings = dict(concealed(settings))
    return session().configure(**settings)


@door
@_naming_fields
def submit(request: ActTwoRequest | None = None, **fields: Unpack[RequestArguments]) -> Task:
    """Send one paid request, return after the answer, and watch the task in the background from then on.

    It looks at both inputs first, for at most 3 s (``configure(look="never")``: not at all), and prints
    doubtful points, which are also in ``task.warnings``.

    Args:
        request: to send; or give its ``fields``.
        fields: of :class:`ActTwoRequest`, such as ``character`` and ``reference``, which may be paths
            (``act.guide("own-files")``).

    Returns:
        the task, with ``.wait()`` or ``await``, ``.status``, ``.clip``, ``.cancel()``.

    Raises:
        RequestError: the request is wrong; nothing was sent.
        ConfigError: no key; nothing was sent.
        InputError: a file of this machine cannot become an input; nothing was sent.
        PublishError: a file of this machine could not be published; nothing was sent.
        BudgetError: it would go over ``configure(max_spend=…)``; nothing was sent.
        HistoryError: the intent could not be recorded; nothing was sent.
        RefusedError: the service said no; nothing was bought.
        NotSentError: the service was not reached; nothing was bought.
        UnconfirmedError: sent, and the answer was lost; ``.task`` is recorded and never sent again by itself.
            With ``.sent`` False: ``.task`` is an earlier one for the same video, in doubt; nothing was
            sent beside it.
    """
    task = session().submit(request, **fields)
    for doubt in task.warnings:
        sys.stderr.write(f"Warning: {doubt}\n")  # standard output is the script's own
    return task


@door
@_naming_fields
def sweep(
    table: Any = None,
    *,
    name: str | None = None,
    replicates: int = 1,
    allow_unlisted: bool = False,
    **fields: Unpack[SweepArguments],
) -> Sweep:
    """Plan many requests that differ in a few fields; send nothing before ``.run()``.

    Args:
        table: rows of fields, if the cells are no grid: a DataFrame, a mapping of columns of the same length,
            or a list of mappings or :class:`ActTwoRequest`.
        name: of the sweep, to find it again; by default derived from its requests.
        replicates: how often to buy each request.
        allow_unlisted: see :class:`ActTwoRequest`.
        fields: of :class:`ActTwoRequest`; each a value, or a list, range or array of values, of which every
            combination is a cell.

    Returns:
        the sweep, with ``.plan``, ``.run()``, ``.wait()``, ``.cells``, ``.gallery()``, ``.export(folder)``.

    Raises:
        RequestError: with everything that is wrong about any of its requests.
        ConfigError: the name cannot be used.
    """
    return session().sweep(table, name=name, replicates=replicates, allow_unlisted=allow_unlisted, **fields)


@door
def sweeps(limit: int = 50) -> SweepHistory:
    """List the sweeps of the history, the last run first, with their progress and cost.

    Args:
        limit: the most sweeps to list.

    Raises:
        HistoryError: the history could not be read.
    """
    return session().sweeps(limit)


@door
def sweep_by_name(name: str, *, resume: bool = True) -> Sweep:
    """Take up a sweep from the history, in any kernel: show finished cells and watch running ones.

    Args:
        name: of the sweep.
        resume: buy the remaining cells, if the sweep was running when its kernel ended, within the approved
            cost. False only looks.

    Raises:
        HistoryError: no sweep has this name, or the history cannot be read.
    """
    return session().sweep_by_name(name, resume=resume)


@door
def inspect(
    url_or_path: str | PathLike[str] | MediaRef, role: Role | None = None, *, fresh: bool = False
) -> Inspection:
    """Inspect an input: its errors, its doubtful points, and what was not looked at. Submit nothing.

    Args:
        url_or_path: of a character or a reference clip, or a result of :func:`image` or :func:`video`. A
            relative path starts from the notebook's folder.
        role: ``"character"`` or ``"reference"``; None takes an image for a character and a video for a
            reference.
        fresh: look again; otherwise an inspection of the last ten minutes is used.

    Returns:
        the findings, after at most about 10 s, 4 MB and 12 requests without the key. A bad input never
        raises, and after a network failure ``ok`` is None.

    Raises:
        ConfigError: an argument has another type.
    """
    return session().inspect(url_or_path, role, fresh=fresh)


@door
def task(id: str) -> Task:  # noqa: A002  (the vendor's own word)
    """Return a task from here, the history, or made elsewhere with the same key; watch it if unfinished.

    Args:
        id: the service's id, a local key, or their first characters (4 or more) if history has it.

    Raises:
        ConfigError: the text is no id.
        HistoryError: several tasks start with it, or the history cannot be read.
    """
    return session().task(id)


@door
def history(status: Any = None, since: Any = None, text: str | None = None, limit: int = 50) -> TaskHistory:
    """List the tasks of the history, the newest first; in a notebook, a table to act on.

    Args:
        status: a :class:`Status` or its name, ``"unfinished"`` or ``"finished"``, or a list of them; None
            for all.
        since: leave out earlier tasks: a datetime or a date (this machine's time unless it has a zone), a
            timedelta, ISO text, or a time ago such as ``"30min"``, ``"12h"``, ``"7d"``, ``"2w"``.
        text: words that must all occur in a task's id, the addresses of its inputs, its file's name, its
            failure, its sweep's name or its note; ``favourite`` and ``★★★★`` (four stars or more) are words,
            too. Upper and lower case are the same.
        limit: the most tasks to list.

    Returns:
        rows with ``.to_rows()`` and ``.to_frame()``; ``row.task()`` takes one up.

    Raises:
        ConfigError: a value cannot be used.
        HistoryError: the history cannot be read.
    """
    from cometact_nb.handles.history import find_history  # noqa: PLC0415

    return find_history(session(), status, since, text, limit)


@door
def resume() -> Resumed:
    """Take up everything that has not ended, in this or another kernel.

    It watches tasks and fetches their videos; running sweeps go on within their approved cost. It sends no
    single request again, and leaves a request whose answer was lost for you to settle.

    Returns:
        the tasks and sweeps; ``print`` shows them in a line, ``.wait()`` waits for them.

    Raises:
        ConfigError: there is something to take up, and no key to ask with.
        HistoryError: the history cannot be read.
    """
    from cometact_nb.handles.resume import take_up_all  # noqa: PLC0415

    return take_up_all(session())


@door
def use_sandbox(
    speed: float | None = None, *, unless_key: bool = False, url: str | None = None, **options: Any
) -> Sandbox | None:
    """Send new tasks to a stand-in on this machine that renders real clips. Nothing is billed.

    Args:
        speed: how many times faster than the real service, 0.1–1000; default
            ``COMETACT_NB_SANDBOX_SPEED``, then 12 (a task takes about 6 s); at ``url``, its own.
        unless_key: do nothing, and return None, when a key is configured: for notebooks that run on either.
        url: of a sandbox that was started by hand (``cometact-nb sandbox``); None finds this user's own,
            which outlives its kernel, or starts it.
        options: of the tasks of this kernel: ``scenario="lost-answer"`` or a list, ``concurrency``,
            ``duration_s``, ``clip_s``, ``url_ttl_s`` (seconds), ``shape``, ``seed``; see
            ``cometact-nb sandbox --help``.

    Returns:
        the sandbox, with URLs of sample characters and references.

    Raises:
        ConfigError: the extra ``sandbox`` is not installed, or a value is wrong.
    """
    return session().use_sandbox(speed, unless_key=unless_key, url=url, **options)


@door
def leave_sandbox() -> Config:
    """Send new tasks to the paid service again. Settings changed meanwhile stay."""
    return session().leave_sandbox()


@door
def guide(topic: str | None = None) -> Guide:
    """Show a page of the guide; errors name the page that says more about them.

    Args:
        topic: a page or a section, such as ``"start"`` or ``"lost-answer"``; None lists them all.

    Returns:
        the page, which a cell shows as text with headings and code.

    Raises:
        ConfigError: there is no such page.
    """
    from cometact_nb.entry import guide as handbook  # noqa: PLC0415

    return handbook.guide(topic)


@door
@_naming_fields
def panel(**initial: Any) -> Panel:
    """Show a form for a request or a sweep that shows its faults and its price, and submits it.

    Args:
        initial: fields of :class:`ActTwoRequest` to begin with; a list of values makes it a sweep.

    Returns:
        the form as an object, with ``request``, ``plan``, ``findings``, ``submit()``, ``tasks``, ``sweeps``,
        ``load(…)``.

    Raises:
        RequestError: no request has such a field.
    """
    from cometact_nb.views.base.output import in_marimo  # noqa: PLC0415
    from cometact_nb.views.panel.panel import Panel  # noqa: PLC0415

    session().look_up_price()
    form = Panel(session(), initial)
    if not in_marimo():  # it shows what ends the cell, and so this one
        form.show()
    return form
