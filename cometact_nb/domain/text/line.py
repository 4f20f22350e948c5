"""Parses a line of ``%act_two`` into options and fields of a request, without IPython."""

from __future__ import annotations

import argparse
import difflib
from typing import TYPE_CHECKING, Any, NoReturn

from cometact_nb.domain.knobs import INPUTS, KNOB, KNOBS, wrong_name
from cometact_nb.domain.media import Finding, MediaRef, as_media
from cometact_nb.domain.text.line_words import WordError, split, verbatim
from cometact_nb.domain.text.several import read_several
from cometact_nb.domain.writers import OPTIONS
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "SWEEP_OPTIONS",
    "VALUES",
    "LineError",
    "Parser",
    "field_values",
    "fields_from_line",
    "parse",
    "request_fields",
    "request_parser",
]


class LineError(ValueError):
    """A line that cannot be parsed; the message names the option and the cure."""


_HELP = {
    "character": "the character: an https URL of an image or a video with one face",
    "reference": "the performance: an https URL of a video, 3-30 s",
    **{knob.name: knob.help for knob in KNOBS},
}
_METAVAR = {"character": "URL", "reference": "URL", **{knob.name: knob.metavar for knob in KNOBS}}

#: The possible values of options, for the completion.
VALUES: dict[str, tuple[str, ...]] = {
    **{knob.name: knob.values for knob in KNOBS if knob.values},
    "character_type": ("image", "video"),
    "reference_type": ("video",),
}

_EXAMPLES = """\
examples:
  %act_two -c https://host/hero.png -r https://host/talk.mp4 -e 4 --seed 7
  task = %act_two -c $hero -r {clips[0]} --wait
  %act_two -c $hero -r $clip --dry-run          (shows JSON, curl, Python and price; sends nothing)
  %act_two -c $hero -r $clip -e 1,3,5 --seed 1:4 --max-cost 5     (a sweep of 12 cells)
  %act_two panel                                (a form, for building a request without typing code)
  %act_two sandbox                              (practise: nothing is billed)
  %act_two doctor $clip                         (would the vendor take it?)
  %act_two history --status FAILED --since 7d   (also: show ID, resume, cancel ID)
  %act_two guide lost-answer                    (what to do when; without a topic, all of them)
  %%act_two -o task                             (body: the vendor's JSON, TOML, or a whole curl command)

$name and {expression} are replaced by your variables; 'single quotes' keep a word as it is.
URLs need no quotes, except one that ends the line in ?, which IPython takes for a question.
A key inside a pasted curl command is ignored here, but IPython's own history keeps the cell's text.
"""


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one line in a notebook and do not end the process."""

    def error(self, message: str) -> NoReturn:
        """Raise an error of one line that names the option, and the one that the user probably meant."""
        raise LineError(f"{self.prog}: {message[:200]}{self._hint(message)} See {self.prog} --help.")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Raise: argparse calls this after --help, which the magic handles itself."""
        raise LineError(message or f"{self.prog} ended with {status}")

    def options(self) -> list[str]:
        """List every option's name."""
        return [name for action in self._actions for name in action.option_strings]

    def field_of(self, option: str) -> str | None:
        """Return the field that an option sets, or None."""
        action = self._option_string_actions.get(option)
        return action.dest if action else None

    def takes_value(self, option: str) -> bool:
        """Whether the option needs a value."""
        action = self._option_string_actions.get(option)
        return action is not None and action.nargs != 0

    def check_dashes(self, words: Sequence[str]) -> None:
        """Refuse ``-seed 4``, which argparse reads as ``-s eed``."""
        for word in words:
            name = word.partition("=")[0]
            if not name.startswith("--") and len(name) > len("-s") and f"-{name}" in self.options():
                raise LineError(f"{self.prog}: {name} has one dash. Did you mean -{name}?")

    def _hint(self, message: str) -> str:
        if not message.startswith("unrecognized arguments: "):
            return "."
        strays = message.removeprefix("unrecognized arguments: ").split()
        wrong = strays[0].partition("=")[0] if strays else ""  # '' is a word, too
        if wrong.startswith("--") and (hint := wrong_name(wrong)):
            return f". {hint}"
        near = difflib.get_close_matches(wrong, self.options(), n=1)
        if near and len(wrong) > 1:  # a lone letter is like any short option, -y too
            return f". Did you mean {near[0]}?"
        stray = not wrong.startswith("-") and self.takes_value("--character")
        return ". A URL goes after -c or -r, and a value after its option." if stray else "."


def request_parser() -> Parser:
    """Make the parser of ``%act_two``. The request checks the values, and reports all faults at once."""
    parser = Parser(
        prog="%act_two",
        description="Send one Act-Two request: a character performs what a reference clip shows.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    knobs = parser.add_argument_group("request")
    for field, names in OPTIONS.items():
        more: dict[str, Any] = {"action": "append"} if field in INPUTS else {}
        is_switch = field in KNOB and KNOB[field].kind is bool
        if is_switch:
            more = {"nargs": "?", "const": True}
        names_all = KNOB[field].options if field in KNOB else names
        knobs.add_argument(
            *names_all, dest=field, metavar=_METAVAR.get(field, "VALUE"), help=_HELP.get(field), **more
        )
        if is_switch:
            off = f"--no-{names[1].removeprefix('--')}"
            switch = KNOB[field].words.get(False)
            knobs.add_argument(off, dest=field, action="store_false", default=None, help=switch)
    knobs.add_argument(
        "--character-type", metavar="image|video", help="where the URL's extension does not tell"
    )
    knobs.add_argument("--reference-type", metavar="video", help="where the URL's extension tells otherwise")
    knobs.add_argument("--allow-unlisted", action="store_true", help="also send what CometAPI does not list")
    add_options(parser)
    running = parser.add_argument_group("running")
    running.add_argument(
        "-n",
        "--dry-run",
        action="store_true",
        help="show the request or the sweep's plan and the price, send nothing",
    )
    running.add_argument("-w", "--wait", action="store_true", help="return when the clip is there")
    running.add_argument("--timeout", metavar="SECONDS", help="wait no longer than this; the task goes on")
    running.add_argument("--nested", action="store_true", help="let your own asyncio tasks run during --wait")
    running.add_argument("-o", "--output", metavar="NAME", help="name a variable for the task or the sweep")
    running.add_argument("-q", "--quiet", action="store_true", help="show no card")
    running.add_argument("-h", "--help", action="store_true", help="show this")
    return parser


def field_values(options: argparse.Namespace) -> dict[str, Any]:
    """Read the request's fields from a line, with numbers and switches as Python values.

    A field with several values, such as ``-e 1,3,5`` or two characters, is a list.

    Raises:
        RequestError: a text of several values cannot be read.
    """
    texts = {field: getattr(options, field) for field in (*OPTIONS, "replicates")}
    values = {field: _read(field, value) for field, value in texts.items() if value is not None}
    if options.allow_unlisted:
        values["allow_unlisted"] = True
    return values


def _read(field: str, value: Any) -> Any:
    """Return one value, or the list of several; an object in the line stays as it is."""
    if field in INPUTS:
        values = [one for word in value for one in (word if isinstance(word, list | tuple) else [word])]
    elif isinstance(value, str):
        values = read_several(field, value)
    else:
        return value
    return values[0] if len(values) == 1 else values


def request_fields(options: argparse.Namespace, below: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Merge the fields of a body with those of the line, which win.

    Args:
        options: the parsed line.
        below: the fields of the body of ``%%act_two``.
    """
    fields = {**(below or {}), **field_values(options)}
    for name in INPUTS:
        kind, value = getattr(options, f"{name}_type"), fields.get(name)
        if kind is not None and value is not None:
            refs = (
                [_with_type(kind, one) for one in value]
                if isinstance(value, list)
                else _with_type(kind, value)
            )
            fields[name] = refs
    return fields


def _with_type(kind: Any, value: Any) -> Any:
    ref = as_media(value)
    return value if ref is None else MediaRef(kind, ref.uri)


def fields_from_line(line: str) -> dict[str, Any]:
    """Read the fields of a pasted line, without its ``%act_two``. Nothing in it is evaluated.

    Raises:
        RequestError: it is no line of the magic, or it names variables.
    """
    try:
        words = [verbatim(word) for word in split(line)]
        return request_fields(parse(request_parser(), words))
    except (WordError, LineError) as error:
        cure = "Paste a line such as %act_two -c https://… -r https://…"
        problem = f"cannot be read as a magic line: {str(error).removeprefix('%act_two: ').rstrip('.')}"
        raise RequestError([Finding("body", None, problem, cure)]) from None


#: Names of options in the parsed line, any of which makes a sweep, even of one request.
SWEEP_OPTIONS = ("replicates", "name", "max_cost", "yes", "no_canary")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of sweeps."""
    group = parser.add_argument_group(
        "sweep",
        "Several values make a sweep of every combination: -e 1,3,5,\n"
        "--seed 1:4 (1, 2, 3 and 4: both ends count), -a 1280:720,960:960,\n"
        "-b on,off, none for a knob left out, -c or -r given again.",
    )
    group.add_argument("--replicates", metavar="N", help="buy each request N times")
    group.add_argument("--name", metavar="NAME", help="under which the sweep is found again")
    group.add_argument(
        "--max-cost", metavar="USD", help="what it may cost in all: a hard stop, counted before each request"
    )
    group.add_argument(
        "-y", "--yes", action="store_true", help="buy above the limit, or as many as --max-cost allows"
    )
    group.add_argument(
        "--no-canary", action="store_true", help="send no cell of each pair of inputs ahead of the others"
    )


def parse(parser: Parser, words: Sequence[Any]) -> argparse.Namespace:
    """Parse words, some of which are objects; argparse sees stand-ins for those."""
    stand_ins = {f"\0{index}\0": word for index, word in enumerate(words) if not isinstance(word, str)}
    names = {id(word): stand_in for stand_in, word in stand_ins.items()}
    texts = [word if isinstance(word, str) else names[id(word)] for word in words]
    parser.check_dashes(texts)
    try:
        options = parser.parse_args(texts)
    except LineError as error:
        message = str(error)
        for stand_in, word in stand_ins.items():
            message = message.replace(stand_in, f"({type(word).__name__} object)")
        raise LineError(message) from None
    for name, value in vars(options).items():
        if isinstance(value, list):
            setattr(options, name, [stand_ins.get(one, one) for one in value])
        elif isinstance(value, str) and value in stand_ins:
            setattr(options, name, stand_ins[value])
    return options
