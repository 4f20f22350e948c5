"""The commands ``%act_two publish``, ``published`` and ``unpublish``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from cometact_nb.entry.magic.options import command_parser, seconds, with_help
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.text.line import Parser
    from cometact_nb.handles.public_files import PublicFiles, Published, Removal

__all__ = ["PUBLISHING"]


def _publish_parser() -> Parser:
    parser = command_parser(
        "publish",
        "Make a file of this machine public for requests: anyone with its link can see it. In the sandbox it "
        "goes to the sandbox.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="an image or a video")
    parser.add_argument("--to", metavar="PLACE", help="a folder or a store other than the configured one")
    parser.add_argument("--expires", metavar="S", help="how long a signed link lives, in seconds")
    parser.add_argument("-y", "--yes", action="store_true", help="agree that files become public there")
    return with_help(parser)


def _published_parser() -> Parser:
    return with_help(command_parser("published", "List the files that are public by this history."))


def _unpublish_parser() -> Parser:
    parser = command_parser(
        "unpublish", "Remove public files from their places, so that their links lead nowhere."
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="its name, link or hash; or: all")
    parser.add_argument("--older-than", metavar="S", help="those public for longer than this, in seconds")
    return with_help(parser)


def _publish(options: Any) -> Published:
    if not options.file:
        raise UsageError("%act_two publish: which file? %act_two published lists those that are public.")
    expires_s = seconds(options.expires, "--expires")
    return session().publish(options.file, options.to, expires_s=expires_s, yes=options.yes)


def _published(_: Any) -> PublicFiles:
    return session().published()


def _unpublish(options: Any) -> Removal:
    if (options.file is None) == (options.older_than is None):
        raise UsageError("%act_two unpublish: say which: a file, all, or --older-than S.")
    return session().unpublish(options.file, older_than_s=seconds(options.older_than, "--older-than"))


#: Each command's parser and work.
PUBLISHING: dict[str, tuple[Callable[[], Parser], Callable[[Any], Any]]] = {
    "publish": (_publish_parser, _publish),
    "published": (_published_parser, _published),
    "unpublish": (_unpublish_parser, _unpublish),
}
