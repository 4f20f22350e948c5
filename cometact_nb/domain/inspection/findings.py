"""Finds the errors and doubts of an input in its facts; fetches nothing.

Limits: docs.dev.runwayml.com/assets/inputs (addresses, headers, sizes, formats, codecs) and CometAPI's
control-a-character page (the reference's length). A rule that no first-party page states for certain has the
basis ``"vendor"``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.inspection.facts import IMAGES, VIDEOS
from cometact_nb.domain.inspection.texts import CURES, WORDS
from cometact_nb.domain.media import CONTENT_TYPES, Finding
from cometact_nb.domain.sizes import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.domain.inspection.facts import MediaFacts, Role
    from cometact_nb.domain.media import MediaType

__all__ = ["CODECS", "findings", "published"]

#: docs.dev.runwayml.com/assets/inputs; its megabyte is 1024 × 1024 bytes.
MAX_BYTES: dict[MediaType, int] = {"image": 16 * 1024**2, "video": 32 * 1024**2}
#: The same page, by FFmpeg's names: H.264, HEVC, AV1, VP8, VP9, ProRes, Theora.
CODECS = {"h264", "hevc", "av1", "vp8", "vp9", "prores", "theora"}
#: Seconds of a reference: CometAPI's control-a-character page.
REFERENCE_S = (3.0, 30.0)
#: Width / height of a character image; a second-hand limit of Runway's API.
IMAGE_ASPECT = (0.5, 2.0)
#: The kind of a text, by its media type.
_BY_TYPE = {
    "text/html": "page",
    "application/xhtml+xml": "page",
    "application/json": "json",
    "text/xml": "xml",
}
_PART, _REDIRECTS = 206, range(300, 400)


def findings(
    role: Role | None, facts: MediaFacts, declared: MediaType | None, path: str = ""
) -> tuple[Finding, ...]:
    """List the errors of an input with these facts, and its doubtful points.

    Args:
        role: the purpose of the input.
        facts: known facts.
        declared: the type that a request with this address would send; None when its name does not show it.
        path: of a file of this machine, for its cures.
    """
    field = role or "input"
    mend = _call(role, path)
    if facts.redirected_to is not None:
        return (_redirect(field, facts.redirected_to),)
    if facts.status not in {None, 200, 206}:
        return (_closed(field, facts.status or 0),)
    other = _other(facts)
    if other is not None:
        what = f"leads to {WORDS[other]}, not to a file" if other == "page" else f"is {WORDS[other]}"
        return (*_server(field, facts), Finding(field, None, what, CURES[other]))
    if facts.bytes == 0:
        cure = "Write the file again." if facts.local else "Upload the file again."
        return (*_server(field, facts), Finding(field, None, "is empty (0 bytes)", cure))
    problems = [*_server(field, facts), *_content(field, facts), *_type(field, facts, declared)]
    if facts.broken:
        problems.append(_broken(field, facts))
    if facts.kind == "image" and role != "reference":
        problems += _image(field, facts, mend)
    elif facts.kind == "video":
        problems += _video(field, facts, mend)
        if role == "reference":
            problems += _length(field, facts, mend)
    return tuple(problems)


def _call(role: Role | None, path: str) -> str:
    """Write the call that mends a file, as the end of a cure."""
    purpose = f", role={role!r}" if role else ""
    if path:
        return f": act.prepare({path!r}{purpose})."
    return f": act.prepare(file{purpose}) does it with a copy on your machine."


def published(name: str) -> Finding:
    """Say that a local file must be published, however good it is.

    Args:
        name: of the file.
    """
    return Finding(
        "input",
        name,
        "is a local file; the service fetches https:// URLs only",
        'Publish it where anyone can fetch it and give that address: act.guide("own-files").',
        severity="warning",
        basis="vendor",
    )


def _other(facts: MediaFacts) -> str | None:
    """Name the kind of a file that is no picture and no video, by its bytes, else by its media type."""
    if facts.container == "html":
        return "page"
    if facts.other == "text" or (facts.container is None and facts.other is None and facts.bytes):
        return _BY_TYPE.get(facts.content_type or "", facts.other)
    return facts.other


def _redirect(field: str, host: str) -> Finding:
    return Finding(
        field,
        None,
        f"redirects to {host or 'another address'}, and the vendor follows no redirects",
        "Give the address it ends at, or host the file where none is needed.",
    )


def _closed(field: str, status: int) -> Finding:
    cure = "Check the address."
    if status in {401, 403}:
        # docs.dev.runwayml.com/assets/inputs, "User agent".
        cure = (
            "Let anyone fetch it (a signed URL may have expired); a firewall must let pass the user agents "
            "that begin with RunwayML API/."
        )
    return Finding(field, None, f"answers HTTP {status} here, so the vendor cannot fetch it", cure)


def _server(field: str, facts: MediaFacts) -> Iterator[Finding]:
    """Check the server's duties: docs.dev.runwayml.com/assets/inputs, "Inputs using URLs"."""
    if facts.local:
        return
    if facts.encoding:
        yield Finding(
            field,
            None,
            f"is sent packed (Content-Encoding: {facts.encoding}) although that was not asked for",
            "Serve it as a plain file, not compressed.",
            severity="warning",
            basis="vendor",
        )
    if facts.supports_head is False:
        status = f" (HTTP {facts.head_status})" if facts.head_status else ""
        yield Finding(
            field,
            None,
            f"is served by a host that refuses HEAD requests{status}, with which the vendor begins",
            "Let the host answer HEAD; a URL that was signed for GET only needs another kind of link.",
        )
        return
    if facts.head_status == _PART:
        yield Finding(
            field,
            None,
            "is served by a host that answers HEAD with HTTP 206, though no part was asked for",
            "Let the host answer HEAD with 200 and the whole file's length.",
            severity="warning",
            basis="vendor",
        )
    yield from _announced(field, facts)


def _announced(field: str, facts: MediaFacts) -> Iterator[Finding]:
    """Check that the server says how many bytes the file has, and says the same each time."""
    if facts.head_bytes is not None and facts.bytes is not None and facts.head_bytes != facts.bytes:
        yield Finding(
            field,
            None,
            f"has {facts.bytes:,} bytes by GET, and the host's answer to HEAD says {facts.head_bytes:,}",
            "Let the host answer HEAD with the file's own Content-Length; the file is not at fault.",
        )
    elif not facts.announced:
        yield Finding(
            field,
            None,
            "comes without a Content-Length header, which the vendor wants",
            "Serve it as a plain file, not compressed and not streamed.",
        )


def _content(field: str, facts: MediaFacts) -> Iterator[Finding]:
    """Check the exact Content-Type: docs.dev.runwayml.com/assets/inputs, "Content-Type values"."""
    types = CONTENT_TYPES.get(facts.container or "", ())
    media_type = facts.content_type
    if facts.local:
        if facts.kind is None and facts.read:
            takes = "JPEG, PNG, WebP, MP4, MOV or WebM"
            yield Finding(field, None, "is of no format known here", f"Give {takes}.")
        return
    if media_type in types:
        return
    exact = f"Serve it as {types[0]}." if types else "Serve it with the exact type, such as video/mp4."
    all_types = {kind for kinds in CONTENT_TYPES.values() for kind in kinds}
    if not media_type:
        yield Finding(field, None, "comes without a Content-Type header", exact)
    elif types:
        yield Finding(
            field, None, f"is {facts.container.upper() if facts.container else ''} served as {media_type}, "
            "and the vendor wants the type to match", exact
        )  # fmt: skip
    elif media_type not in all_types and facts.container is None:
        yield Finding(field, None, f"is served as {media_type}, which the vendor refuses", exact)
    elif facts.container is None and facts.read and facts.bytes and not facts.encoding:
        yield Finding(
            field,
            None,
            f"is served as {media_type}, and its first bytes are of no format known here",
            "See whether it plays or opens on your machine.",
            severity="warning",
        )


def _type(field: str, facts: MediaFacts, declared: MediaType | None) -> Iterator[Finding]:
    kind = facts.kind
    if field == "reference":
        if kind == "image":
            moving = facts.container == "gif"
            yield Finding(
                field,
                None,
                f"is {'a GIF' if moving else 'an image'}; the reference is the clip of a performance",
                "Export it as MP4, of 3–30 s."
                if moving
                else "Give a video of 3–30 s; the image may belong in character.",
            )
    elif field == "character" and kind is not None and declared != kind and not facts.local:
        problem = (
            f"would be sent as {declared}, and it is" if declared else "has a name that does not tell it is"
        )
        yield Finding(
            field,
            None,
            f"{problem} {'an image' if kind == 'image' else 'a video'}",
            f"Say so: character=act.{kind}(url).",
            severity="error" if declared else "warning",
        )


def _broken(field: str, facts: MediaFacts) -> Finding:
    again = "Export or copy it again" if facts.local else "Upload it again"
    cure = f"{again}, and wait until it is whole."
    if "no index" in facts.broken:
        cure = f"Let the recorder or the encoder finish the file first. {cure}"
    return Finding(field, None, f"breaks off: {facts.broken}", cure)


def _image(field: str, facts: MediaFacts, mend: str) -> Iterator[Finding]:
    if facts.container in IMAGES and facts.container not in CONTENT_TYPES:
        yield Finding(
            field,
            None,
            f"is {facts.container.upper()}; the vendor takes JPEG, PNG and WebP",
            "Save it as PNG or JPEG; a GIF that moves, as MP4."
            if facts.container == "gif"
            else f"Save it as PNG or JPEG{mend}",
        )
    yield from _size(field, facts, "image", f"Save it with fewer pixels, or as JPEG{mend}")
    low, high = IMAGE_ASPECT
    if facts.aspect is not None and not low <= facts.aspect <= high:
        yield Finding(
            field,
            None,
            f"is {facts.width}×{facts.height} as seen, an aspect ratio of {facts.aspect:g} "
            f"outside {low:g}–{high:g}",
            f"Crop it to an aspect ratio between {low:g} and {high:g}{mend}",
            basis="vendor",
        )


def _video(field: str, facts: MediaFacts, mend: str) -> Iterator[Finding]:
    recoded = f"Export it as H.264 in MP4{mend}"
    if facts.codec == "":
        what = (
            "is sound with a cover picture and holds no video stream"
            if facts.cover
            else "holds no video stream"
        )
        yield Finding(field, None, what, "Give a file with a moving picture, not sound alone.")
    elif facts.codec is not None and facts.codec not in CODECS:
        takes = "the vendor takes H.264, HEVC, AV1, VP8, VP9, ProRes and Theora"
        yield Finding(field, None, f"is coded as {facts.codec}; {takes}", recoded)
    elif facts.container in VIDEOS and facts.container not in CONTENT_TYPES:
        yield Finding(
            field,
            None,
            f"is {facts.container.upper()}; the vendor takes MP4, MOV and WebM",
            recoded,
            # Theora is on the vendor's list of codecs, and exists only in Ogg.
            severity="warning" if facts.codec == "theora" else "error",
        )
    yield from _size(field, facts, "video", f"Export it with a lower bit rate, or fewer pixels{mend}")


def _size(field: str, facts: MediaFacts, kind: MediaType, cure: str) -> Iterator[Finding]:
    limit = MAX_BYTES[kind]
    if facts.bytes is not None and facts.bytes > limit:
        yield Finding(
            field,
            None,
            f"is {size(facts.bytes)}; the vendor takes {kind}s of up to {limit // 1024**2} MB",
            cure,
        )


def _length(field: str, facts: MediaFacts, mend: str) -> Iterator[Finding]:
    """Check that a reference lasts 3–30 s: CometAPI's control-a-character page."""
    low, high = REFERENCE_S
    length = facts.duration_s
    problem = f"lasts {length:g} s; a reference lasts {low:g}–{high:g} s" if length else ""
    if length is None:
        if facts.codec:
            yield Finding(
                field,
                None,
                "does not say how long it is (browsers record such files)",
                f"Write it anew as MP4, which says its length{mend}",
                severity="warning",
            )
    elif length < low:
        yield Finding(field, None, problem, "Record a longer performance.")
    elif length > high + 0.05:  # the length of a last frame: nobody knows how the vendor rounds
        yield Finding(field, None, problem, f"Cut it to less than {high:g} s{mend}")
    elif facts.whole_s is not None and (abs(facts.whole_s - length) > 1 or not low <= facts.whole_s <= high):
        yield Finding(
            field,
            None,
            f"has {length:g} s of picture in a file of {facts.whole_s:g} s, and the vendor may count either",
            f"Let picture and sound end together{mend}",
            severity="warning",
            basis="vendor",
        )
