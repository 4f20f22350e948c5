"""Rewrites the links of a saved notebook to the present places of its clips, for ``act.relink``."""

from __future__ import annotations

import itertools
import os
import stat
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cometact_nb.domain.arguments import local_path
from cometact_nb.domain.doors import doors
from cometact_nb.domain.search import query
from cometact_nb.domain.text.notebook_links import links, with_links
from cometact_nb.errors import ConfigError
from cometact_nb.store.clips.links import relative
from cometact_nb.store.clips.whereabouts import MOST_FILES, Whereabouts
from cometact_nb.store.journal import search

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.handles.session import Session

__all__ = ["Relinked", "relink"]

_RELOAD = (
    "If the notebook is open in a page, reload it there before you save it (in JupyterLab: File → Reload "
    "Notebook from Disk), or the page writes the old links again."
)
_GIVE_PATH = "Give its path: act.relink('notebook.ipynb')."


@doors
@dataclass(frozen=True)
class Relinked:
    """The result of :func:`cometact_nb.relink`.

    Args:
        path: the notebook.
        backup: a copy of the old file; None when nothing was written.
        changed: new links by old ones, both decoded and relative to the notebook's folder.
        missing: links whose file is nowhere.
        doubtful: links with several different clips of their name; they stay as they are.
        cut_short: the search stopped after 50,000 files, so a missing file may lie where it did not look.
    """

    path: Path
    backup: Path | None
    changed: dict[str, str]
    missing: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    cut_short: bool = False

    def __str__(self) -> str:
        count = f"{len(self.changed)} link{'' if len(self.changed) == 1 else 's'}"
        parts = [
            f"Rewrote {count} in {self.path}; as it was: {self.backup}. {_RELOAD}"
            if self.backup
            else f"Nothing was written: no link in {self.path} had to be changed.",
            f"Found nowhere: {_first_few(self.missing)}. {self._where_else}" if self.missing else "",
            f"Left alone, for several different clips have the name: {_first_few(self.doubtful)}. "
            "act.relink(…, folder=…) with the folder of the right ones decides."
            if self.doubtful
            else "",
        ]
        return "\n".join(part for part in parts if part)

    @property
    def _where_else(self) -> str:
        other = "act.relink(…, folder=…) looks in another folder."
        return f"The search ended at {MOST_FILES:,} files: {other}" if self.cut_short else other

    def __repr__(self) -> str:
        return str(self)


def _first_few(names: tuple[str, ...]) -> str:
    text = ", ".join(names[:3])
    return f"{text} and {len(names) - 3} more" if len(names) > 3 else text  # noqa: PLR2004


def relink(
    session: Session, path: str | os.PathLike[str] | None = None, folder: str | os.PathLike[str] | None = None
) -> Relinked:
    """See :func:`cometact_nb.relink`."""
    notebook = _notebook(session, path)
    before = _read(notebook)
    try:
        text = before.decode("utf-8")
        broken = sorted(link for link in links(text) if not _leads_somewhere(notebook.parent, link))
    except ValueError as error:
        raise ConfigError(
            f"{notebook} is no notebook that can be read ({error}). Give the path of an .ipynb file."
        ) from None
    places = _places(session, notebook, broken, folder)
    files = {link: places.find(link) for link in broken if places.is_clip(link)}
    new = {
        link: there
        for link, at in files.items()
        if len(at) == 1 and (there := relative(str(at[0]), notebook.parent)) is not None
    }
    rewritten = with_links(text, new).encode("utf-8")
    return Relinked(
        path=notebook,
        backup=_replace(notebook, before, rewritten) if new else None,
        changed=new,
        missing=tuple(link for link, at in files.items() if not at),
        doubtful=tuple(link for link, at in files.items() if len(at) > 1),
        cut_short=places.is_cut_short,
    )


def _notebook(session: Session, path: str | os.PathLike[str] | None) -> Path:
    """Return the path of the notebook: ``path``, or else the one that this kernel runs."""
    if path is not None:
        return Path(os.path.abspath(session.notebook_dir / local_path("path", path)))  # noqa: PTH100  (links stay)
    from_server = os.environ.get("JPY_SESSION_NAME", "")
    for name in (from_server, getattr(sys.modules.get("__main__"), "__vsc_ipynb_file__", None)):
        if isinstance(name, str) and name.endswith(".ipynb") and Path(name).is_absolute():
            if Path(name).is_file():
                return Path(name)
            raise ConfigError(
                f"This kernel was started for {name}, which is not there any more. {_GIVE_PATH}"
            )
    raise ConfigError(f"This kernel does not know which notebook it runs. {_GIVE_PATH}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror or error}).") from None


def _leads_somewhere(folder: Path, link: str) -> bool:
    try:
        return (folder / link).exists()
    except (OSError, ValueError):
        return False


def _places(
    session: Session, notebook: Path, broken: list[str], folder: str | os.PathLike[str] | None
) -> Whereabouts:
    """Return where to look for clips: in ``folder``; else where they were recorded, or below the notebook."""
    if folder is not None:
        there = session.notebook_dir / Path(folder).expanduser()
        if not there.is_dir():
            raise ConfigError(f"folder={str(folder)!r} is no folder.")
        return Whereabouts([], [there])
    output = session.output_folder()
    trees = [notebook.parent, *([output] if isinstance(output, Path) else [])]
    return Whereabouts(_recorded(session, broken), trees)


def _recorded(session: Session, broken: Iterable[str]) -> list[Path]:
    """List the files that the history has under these names."""
    stems = {Path(link).stem for link in broken}

    async def read() -> list[Path]:
        history, paths = session.engine.history, []
        for stem in stems:
            with suppress(ConfigError):
                for row in search.search(history, query(None, None, stem, 20, now=0.0)):
                    confined = session.confined(row)
                    paths += [Path(clip.path) for clip in confined.state.clips if clip.url is None]
        return paths

    return session.run(read()) if stems else []


def _replace(path: Path, before: bytes, after: bytes) -> Path:
    """Write ``after`` whole, with ``before`` beside it; write nothing if the file has changed meanwhile.

    Raises:
        ConfigError: somebody else wrote the file meanwhile, or the folder refuses it.
    """
    real = path.resolve()
    part = real.with_name(f".{real.name}.{uuid.uuid4().hex[:12]}.part")
    backup, is_replaced = None, False
    try:
        with part.open("xb") as file:
            _fill(file, after, like=real)
        backup, copy = _free_copy(real)
        with copy:
            _fill(copy, before, like=real)
        if real.read_bytes() != before:
            raise ConfigError(
                f"{path} was saved by somebody else at this moment. Nothing was written; try again."
            )
        part.replace(real)
        is_replaced = True
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror or error}).") from None
    finally:
        part.unlink(missing_ok=True)
        if backup is not None and not is_replaced:
            backup.unlink(missing_ok=True)
    return backup


def _fill(file: BinaryIO, content: bytes, *, like: Path) -> None:
    """Write a file that just those may read who may read ``like``."""
    os.chmod(file.name, stat.S_IMODE(like.stat().st_mode))  # noqa: PTH101  (the name of an open file)
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _free_copy(path: Path) -> tuple[Path, BinaryIO]:
    """Make an empty file beside the notebook, under a free name."""
    for number in itertools.count(1):
        backup = path.with_name(f"{path.stem}.before-relink{f'-{number}' if number > 1 else ''}.ipynb")
        with suppress(FileExistsError):
            return backup, backup.open("xb")
    raise AssertionError
