"""Reads facts about an input from its file's content, wherever the file is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cometact_nb.domain.inspection import boxes, pictures
from cometact_nb.domain.inspection.facts import IMAGES, VIDEOS, MediaFacts
from cometact_nb.domain.media import CONTENT_TYPES
from cometact_nb.store.clips.probe import VideoHeaders, can_probe, probe

if TYPE_CHECKING:
    import io
    from typing import BinaryIO

    from cometact_nb.domain.inspection.sniff import FileFormat

    File = BinaryIO | io.RawIOBase

__all__ = ["with_content"]


def with_content(
    facts: MediaFacts, sniffed: FileFormat, file: File, size: int | None
) -> tuple[MediaFacts, tuple[str, ...]]:
    """Complete facts from a file's content, and list what it does not tell. Blocks; for a worker thread.

    Args:
        facts: known before.
        sniffed: container and kind, by the first bytes.
        file: seekable.
        size: bytes of the whole file; None where nobody knows.
    """
    facts = replace(
        facts,
        container=sniffed.container,
        other=sniffed.other,
        width=sniffed.width,
        height=sniffed.height,
    )
    if sniffed.container in IMAGES:
        return _with_picture(facts, file, size)
    if sniffed.container not in VIDEOS:
        return facts, ()
    return _with_video(facts, file, size)


def _with_picture(facts: MediaFacts, file: File, size: int | None) -> tuple[MediaFacts, tuple[str, ...]]:
    try:
        picture = pictures.look(file, size, facts.container or "")
    except OSError as error:
        return facts, (f"Whether the image is whole: {error}.",)
    if picture.width and picture.height:
        size_in_file = (picture.height, picture.width) if picture.turned else None
        facts = replace(facts, width=picture.width, height=picture.height, stored=size_in_file)
    if problem := getattr(file, "problem", ""):
        return facts, (f"Whether the image is whole: {problem}.",)
    facts = replace(facts, broken=picture.broken)
    missing = facts.aspect is None and facts.container in CONTENT_TYPES and not facts.broken
    return facts, ("The image's size: the beginning of the file does not tell.",) if missing else ()


def _with_video(facts: MediaFacts, file: File, size: int | None) -> tuple[MediaFacts, tuple[str, ...]]:
    if not can_probe():
        broken = boxes.look(file, size, facts.container or "").broken
        broken = "" if getattr(file, "problem", "") else broken
        missing = "Codec, size and length: that needs pip install 'cometact_nb[video]'."
        return replace(facts, broken=broken), (missing,)
    try:
        file.seek(0)
        probed = probe(file, facts.container or "", size)
    except OSError as error:
        probed = VideoHeaders(failed=str(error) or type(error).__name__)
    # Half a header reads like a whole one with other numbers, so the facts before a problem are worthless.
    failed = getattr(file, "problem", "") or probed.failed
    if failed:
        broken = "" if getattr(file, "problem", "") else probed.broken
        unchecked = () if broken else (f"Codec, size and length: {failed}.",)
        return replace(facts, broken=broken), unchecked
    facts = replace(
        facts,
        codec=probed.codec or "",
        width=probed.width,
        height=probed.height,
        duration_s=probed.duration_s,
        fps=probed.fps,
        stored=probed.stored,
        whole_s=probed.whole_s,
        cover=probed.cover,
        broken=probed.broken,
    )
    if size is None:
        return facts, ("Whether it is whole: neither the file nor its host says how many bytes it has.",)
    if probed.open_end:
        return facts, ("Whether it is whole: the file does not say how many bytes it has.",)
    return facts, ()
