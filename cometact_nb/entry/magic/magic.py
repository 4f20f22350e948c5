"""The magics ``%act_two`` and ``%%act_two``: they parse, delegate to the session, and show the result."""

from __future__ import annotations

import difflib
import keyword
import logging
from collections import ChainMap
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, magics_class, needs_local_scope, no_var_expand

from cometact_nb.domain.text.line import request_fields, request_parser
from cometact_nb.domain.text.line_words import WordError, expand, split
from cometact_nb.entry.magic import sweep as magic_sweep
from cometact_nb.entry.magic.commands import PARSERS, display, greet, run, say
from cometact_nb.entry.magic.complete import matcher
from cometact_nb.entry.magic.options import SUBCOMMANDS, naming_options, parse, seconds
from cometact_nb.errors import RequestError, TaskError, UnconfirmedError
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    import argparse

    from IPython.core.interactiveshell import InteractiveShell

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task
    from cometact_nb.views.panel.panel import Panel

__all__ = ["ActTwoMagics", "load", "unload"]

log = logging.getLogger("cometact_nb")


@magics_class
class ActTwoMagics(Magics):
    """The magics of this package."""

    shell: InteractiveShell

    @needs_local_scope  # in a function, $name is a local name before a global one
    @no_var_expand  # line_words expands the words one by one
    def act_two(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
        """Send one Act-Two request, or a sweep of them, and watch."""
        words = self._words(line, local_ns or {})
        if cell is None and (not words or words[0] in {"-h", "--help"}):
            say(request_parser().format_help())
            return None
        if cell is None and isinstance(words[0], str) and not words[0].startswith("-"):
            return self._subcommand(words[0], words[1:])
        options = parse(request_parser(), words)
        if options.help:
            say(request_parser().format_help())
            return None
        _check_running(options)
        fields = _fields(options, cell)
        if magic_sweep.is_sweep(fields, options):
            return self._sweep(fields, options)
        request = _request(fields)
        if options.dry_run:
            _display_preview(request)
            return None
        return self._submit(request, options)

    def _words(self, line: str, local_ns: dict[str, Any]) -> list[Any]:
        names = ChainMap(local_ns, self.shell.user_ns)
        try:
            return [value for word in split(line) for value in expand(word, names)]
        except WordError as error:
            raise UsageError(f"%act_two: {error}") from None

    def _submit(self, request: ActTwoRequest, options: argparse.Namespace) -> Task:
        name = options.output
        try:
            task = session().submit(request)
        except TaskError as error:
            # It was, or may have been, paid for: the user must see it and have it. An exception
            # leaves `x = %act_two …` without a value, so a lost answer raises when it is waited for.
            self._keep(error.task, name, quiet=options.quiet)
            if options.wait or not isinstance(error, UnconfirmedError):
                raise
            if options.quiet or not error.sent:  # no card says that this line has sent nothing
                say(f"UnconfirmedError: {error}\n")
            lost: Task = error.task
            return lost
        for doubt in task.warnings:
            say(f"Warning: {doubt}\n")
        self._keep(task, name, quiet=options.quiet)
        if options.wait:
            task.wait(seconds(options.timeout), nested=options.nested)
        return task

    def _keep(self, task: Task, name: str | None, *, quiet: bool) -> None:
        if name:
            self.shell.user_ns[name] = task
        from cometact_nb.views.task import show as status  # noqa: PLC0415

        if quiet:
            status.hush(task)
            return
        try:
            status.show(task, once_per_cell=True)
        except Exception:
            # It is paid for: after a traceback, a user would run the line again.
            log.exception("task %s could not be shown", task.id)
            name = task.id or task.key
            say(f"Sent, but it could not be shown here. It goes on; act.task({name!r}) has it.\n")

    def _sweep(self, fields: dict[str, Any], options: argparse.Namespace) -> Sweep | None:
        try:
            sweep = magic_sweep.plan(session(), fields, options)
            if options.dry_run:
                display(sweep.plan)
                return None
            magic_sweep.run(sweep, options)
        except RequestError as error:
            raise naming_options(error) from None
        if options.output:
            self.shell.user_ns[options.output] = sweep
        magic_sweep.show(sweep, quiet=options.quiet)
        if options.wait:
            sweep.wait(seconds(options.timeout))
        return sweep

    def _subcommand(self, name: str, words: list[Any]) -> Any:
        if name not in SUBCOMMANDS:
            near = difflib.get_close_matches(name, SUBCOMMANDS, n=1)
            hint = f"Did you mean %act_two {near[0]}?" if near else "A URL goes after -c or -r."
            raise UsageError(f"%act_two: {name[:60]!r} is no command. {hint} See %act_two --help.")
        return run(name, words) if name in PARSERS else self._panel(words)

    def _panel(self, words: list[Any]) -> Panel | None:
        from cometact_nb.views.panel.panel import Panel  # noqa: PLC0415  (ipywidgets, when it is needed)

        options = parse(request_parser(), words)
        if options.help:
            say(request_parser().format_help())
            return None
        for running in (
            "dry_run",
            "wait",
            "timeout",
            "nested",
            "quiet",
            "max_cost",
            "yes",
            "no_canary",
            "name",
        ):
            if getattr(options, running):
                option = f"--{running.replace('_', '-')}"
                raise UsageError(f"%act_two panel: {option} is for a request that is sent at once.")
        session().look_up_price()
        panel = Panel(session(), request_fields(options))
        if name := _variable(options.output):
            self.shell.user_ns[name] = panel
        panel.show()
        return panel


def load(ip: Any) -> None:
    """Add the magics and their completion to a shell; a second call changes nothing."""
    unload(ip)
    magics = ActTwoMagics(ip)
    # The help is the parser's own, so that `%act_two?` never describes options that do not exist.
    ActTwoMagics.act_two.__doc__ = request_parser().format_help()
    ip.register_magic_function(magics.act_two, "line_cell", "act_two")
    ip.Completer.custom_matchers.append(matcher)
    greet()


def unload(ip: Any) -> None:
    """Remove the magics and their completion from a shell."""
    if matcher in ip.Completer.custom_matchers:
        ip.Completer.custom_matchers.remove(matcher)
    for kind in ("line", "cell"):
        ip.magics_manager.magics[kind].pop("act_two", None)


def _fields(options: argparse.Namespace, cell: str | None) -> dict[str, Any]:
    """Read the request's fields from the line and, in a cell magic, from the body."""
    from cometact_nb.domain.text import forms  # noqa: PLC0415

    body = forms.fields_from_text(cell) if cell is not None and cell.strip() else {}
    try:
        return request_fields(options, body)
    except RequestError as error:
        raise naming_options(error) from None


def _request(fields: dict[str, Any]) -> ActTwoRequest:
    try:
        return session().request(**fields)
    except RequestError as error:
        raise naming_options(error) from None


def _display_preview(request: ActTwoRequest) -> None:
    from cometact_nb.views.task.preview import Preview  # noqa: PLC0415

    config = session().look_up_price()
    public, limit = session().own_files.public_lines([request]), session().limit_line(config)
    display(Preview(request, config, public, limit))


def _check_running(options: argparse.Namespace) -> None:
    """Refuse options whose fault would otherwise show only after the request is paid for."""
    _variable(options.output)
    if seconds(options.timeout) is not None and not options.wait:
        raise UsageError("%act_two: --timeout says how long to wait; add --wait.")
    if options.nested and not options.wait:
        raise UsageError("%act_two: --nested says how to wait; add --wait.")


def _variable(name: Any) -> str | None:
    if name is None:
        return None
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"%act_two: --output {name!r} is no name for a variable.")
    return name
