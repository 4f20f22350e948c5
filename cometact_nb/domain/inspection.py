"""What the vendor would refuse about an input, judged from facts; nothing is fetched here.

Limits: docs.dev.runwayml.com/assets/inputs (addresses, headers, sizes, formats, codecs) and CometAPI's
control-a-character page (the reference's length).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cometact_nb.domain import mend
from cometact_nb.domain.media import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.domain.media import MediaType

__all__ = ["Inspection", "MediaFacts", "Role", "findings", "shown"]

Role = Literal["character", "reference"]

#: docs.dev.runwayml.com/assets/inputs; its megabyte is 1024 × 1024 bytes.
MAX_BYTES: dict[MediaType, int] = {"image": 16 * 1024**2, "video": 32 * 1024**2}
#: The same page: what a container's Content-Type must be.
CONTENT_TYPES = {
    "jpeg": ("image/jpeg", "image/jpg"),
    "png": ("image/png",),
    "webp": ("image/webp",),
    "mp4": ("video/mp4", "video/x-m4v"),
    "mov": ("video/quicktime",),
    "webm": ("video/webm",),
}
_IMAGES = {"jpeg", "png", "webp", "gif", "heic", "avif", "bmp", "tiff"}
_VIDEOS = {"mp4", "mov", "webm", "mkv", "avi", "ogg", "3gp"}
#: The same page, by FFmpeg's names: H.264, HEVC, AV1, VP8, VP9, ProRes, Theora.
CODECS = {"h264", "hevc", "av1", "vp8", "vp9", "prores", "theora"}
#: Seconds of a reference: CometAPI's control-a-character page.
REFERENCE_S = (3.0, 30.0)
#: Width / height of a character image; Runway's API reference.
IMAGE_ASPECT = (0.5, 2.0)


@dataclass(frozen=True)
class MediaFacts:
    """What is known about an input. None where it is not.

    Args:
        content_type: lower case, without parameters, as the server gives it.
        bytes: size of the file.
        container: its format by its first bytes, such as ``"mp4"``.
        codec: FFmpeg's name of the video codec; an empty string when the file holds no video.
        width: pixels.
        height: pixels.
        duration_s: seconds.
        fps: frames per second.
        redirected_to: the host it redirects to; redirects are not followed.
        supports_head: whether the server answers HEAD.
        supports_range: whether it sends parts of the file. The vendor does not ask for that.
        status: HTTP status.
        local: a file of this machine, or a data URI.
        announced: whether the server says how long the file is.
    """

    content_type: str | None = None
    bytes: int | None = None
    container: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    redirected_to: str | None = None
    supports_head: bool | None = None
    supports_range: bool | None = None
    status: int | None = None
    local: bool = False
    announced: bool = True

    @property
    def aspect(self) -> float | None:
        """Width / height."""
        return round(self.width / self.height, 3) if self.width and self.height else None

    @property
    def kind(self) -> MediaType | None:
        """``"image"`` or ``"video"``, by the first bytes, else by the server's word."""
        if self.container in _IMAGES or self.container in _VIDEOS:
            return "image" if self.container in _IMAGES else "video"
        word = (self.content_type or "").partition("/")[0]
        return "image" if word == "image" else "video" if word == "video" else None


@dataclass(frozen=True)
class Inspection:
    """What an inspection of one input brought.

    Args:
        url: the address or path, as given.
        role: what it was judged as; None when that could not be told.
        facts: what is known about it.
        findings: what the vendor would refuse (errors) and what is doubtful (warnings), with their cures.
        unchecked: what could not be looked at, as sentences.
        unreachable: why no answer came, when the network is the problem; else None.
    """

    url: str
    role: Role | None = None
    facts: MediaFacts = dataclasses.field(default_factory=MediaFacts)
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = ()
    unreachable: str | None = None

    @property
    def ok(self) -> bool | None:
        """False when the vendor would refuse it, None when it could not be reached, else True."""
        if any(finding.severity == "error" for finding in self.findings):
            return False
        return None if self.unreachable is not None else True

    def to_dict(self) -> dict[str, Any]:
        """All of it for JSON, without the query of the URL."""
        return {
            "url": shown(self.url),
            "role": self.role,
            "ok": self.ok,
            "unreachable": self.unreachable,
            "findings": [{**dataclasses.asdict(finding), "text": str(finding)} for finding in self.findings],
            "unchecked": list(self.unchecked),
            "facts": {**dataclasses.asdict(self.facts), "aspect": self.facts.aspect},
        }

    def __repr__(self) -> str:
        errors = sum(finding.severity == "error" for finding in self.findings)
        counted = f"{errors} errors, {len(self.findings) - errors} warnings"
        return f"<Inspection {shown(self.url)!r} role={self.role} ok={self.ok} ({counted})>"

    def __str__(self) -> str:
        verdict = {True: "ok", False: "the vendor would refuse it", None: f"unreachable: {self.unreachable}"}
        lines = [f"{shown(self.url)}: {verdict[self.ok]}"]
        if described := _described(self.facts):
            lines.append(f"  {described}")
        lines += [
            f"  {'✗' if finding.severity == 'error' else '!'} {finding}".replace("\n", "\n    ")
            for finding in self.findings
        ]
        lines += [f"  ? {sentence}" for sentence in self.unchecked]
        return "\n".join(lines)


def shown(url: str) -> str:
    """``url`` as it may be shown: a query may be a signature, and a data URI is long."""
    return url[:40] + "…" if url.startswith("data:") else re.sub(r"^(https?://[^?#]*)[?#].*", r"\1?…", url)


def findings(
    name: str, role: Role | None, facts: MediaFacts, declared: MediaType | None
) -> tuple[Finding, ...]:
    """Everything the vendor would refuse, or might, about an input with these facts.

    Args:
        name: its address or path, for the file names in cures.
        role: what it is to be used as.
        facts: what is known.
        declared: the type that a request with this address would send; None when its name does not tell.
    """
    field = role or "input"
    if facts.redirected_to is not None:
        return (_redirect(field, facts.redirected_to),)
    if facts.status not in {None, 200, 206}:
        return (_closed(field, facts.status or 0),)
    found = [*_server(field, facts), *_content(field, name, facts), *_type(field, facts, declared)]
    if facts.kind == "image":
        found += _image(field, name, facts)
    elif facts.kind == "video":
        found += _video(field, name, facts)
        if role == "reference":
            found += _length(field, name, facts)
    return tuple(found)


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
    return Finding(field, None, f"answers HTTP {status}, so the vendor cannot fetch it", cure)


def _server(field: str, facts: MediaFacts) -> Iterator[Finding]:
    """What the server must do: docs.dev.runwayml.com/assets/inputs, "Inputs using URLs"."""
    if facts.local:
        return
    if facts.supports_head is False:
        yield Finding(
            field,
            None,
            "is served by a host that refuses HEAD requests, with which the vendor begins",
            "Let the host answer HEAD; a URL that was signed for GET only needs another kind of link.",
        )
        return
    if not facts.announced:
        yield Finding(
            field,
            None,
            "comes without a Content-Length header, which the vendor wants",
            "Serve it as a plain file, not compressed and not streamed.",
        )


def _content(field: str, name: str, facts: MediaFacts) -> Iterator[Finding]:
    """The Content-Type must be exact: docs.dev.runwayml.com/assets/inputs, "Content-Type values"."""
    if facts.container == "html":
        yield Finding(
            field, None, "leads to a web page, not to a file", "Give the address of the file itself."
        )
        return
    wanted = CONTENT_TYPES.get(facts.container or "", ())
    given = facts.content_type
    if facts.local:
        if facts.kind is None:
            takes = "JPEG, PNG, WebP, MP4, MOV or WebM"
            yield Finding(field, None, "is of no format known here", f"Give {takes}.")
        return
    if given in wanted:
        return
    exact = f"Serve it as {wanted[0]}." if wanted else "Serve it with the exact type, such as video/mp4."
    listed = {kind for kinds in CONTENT_TYPES.values() for kind in kinds}
    if not given:
        yield Finding(field, None, "comes without a Content-Type header", exact)
    elif wanted:
        yield Finding(
            field, None, f"is {facts.container.upper() if facts.container else ''} served as {given}, "
            "and the vendor wants the type to match", exact
        )  # fmt: skip
    elif given not in listed and facts.container is None:
        yield Finding(field, None, f"is served as {given}, which the vendor refuses", exact)
    elif facts.container is None:
        yield Finding(
            field,
            None,
            f"is served as {given}, and its first bytes are of no format known here",
            f"See whether {mend.file_name(name)} plays or opens on your machine.",
            severity="warning",
        )


def _type(field: str, facts: MediaFacts, declared: MediaType | None) -> Iterator[Finding]:
    kind = facts.kind
    if field == "reference":
        if kind == "image":
            yield Finding(
                field,
                None,
                "is an image; the reference is the clip of a performance",
                "Give a video of 3–30 s; the image may belong in character.",
            )
    elif field == "character" and kind is not None and declared != kind and not facts.local:
        given = (
            f"would be sent as {declared}, and it is" if declared else "has a name that does not tell it is"
        )
        yield Finding(
            field,
            None,
            f"{given} {'an image' if kind == 'image' else 'a video'}",
            f"Say so: character=act.{kind}(url).",
            severity="error" if declared else "warning",
        )


def _image(field: str, name: str, facts: MediaFacts) -> Iterator[Finding]:
    if facts.container in _IMAGES and facts.container not in CONTENT_TYPES:
        yield Finding(
            field,
            None,
            f"is {facts.container.upper()}; the vendor takes JPEG, PNG and WebP",
            f"Convert it: {mend.convert_image(name)}",
        )
    yield from _size(field, facts, "image", f"Make it smaller: {mend.shrink_image(name)}")
    low, high = IMAGE_ASPECT
    if facts.aspect is not None and not low <= facts.aspect <= high:
        yield Finding(
            field,
            None,
            f"is {facts.width}×{facts.height}, an aspect ratio of {facts.aspect:g} outside {low:g}–{high:g}",
            f"Crop it: {mend.crop_image(name, facts.aspect)}",
        )


def _video(field: str, name: str, facts: MediaFacts) -> Iterator[Finding]:
    recoded = f"Re-encode it: {mend.recode(name)}"
    if facts.codec == "":
        yield Finding(field, None, "holds no video stream", "Give a file with a picture, not sound alone.")
    elif facts.codec is not None and facts.codec not in CODECS:
        takes = "the vendor takes H.264, HEVC, AV1, VP8, VP9, ProRes and Theora"
        yield Finding(field, None, f"is coded as {facts.codec}; {takes}", recoded)
    elif facts.container in _VIDEOS and facts.container not in CONTENT_TYPES:
        yield Finding(
            field,
            None,
            f"is {facts.container.upper()}; the vendor takes MP4, MOV and WebM",
            recoded,
            # Theora is on the vendor's list of codecs, and lives in Ogg alone.
            severity="warning" if facts.codec == "theora" else "error",
        )
    smaller = mend.shrink_video(name, MAX_BYTES["video"], facts.duration_s)
    yield from _size(field, facts, "video", f"Make it smaller: {smaller}")


def _size(field: str, facts: MediaFacts, kind: MediaType, cure: str) -> Iterator[Finding]:
    limit = MAX_BYTES[kind]
    if facts.bytes == 0:
        yield Finding(field, None, "is empty (0 bytes)", "Write or upload the file again.")
    elif facts.bytes is not None and facts.bytes > limit:
        yield Finding(
            field,
            None,
            f"is {_size_words(facts.bytes)}; the vendor takes {kind}s of up to {limit // 1024**2} MB",
            cure,
        )


def _size_words(count: int) -> str:
    return f"{count / 1024**2:.1f} MB" if count >= 100 * 1024 else f"{count / 1024:.1f} KB"


def _length(field: str, name: str, facts: MediaFacts) -> Iterator[Finding]:
    """A reference lasts 3–30 s: CometAPI's control-a-character page."""
    low, high = REFERENCE_S
    length = facts.duration_s
    if length is None:
        if facts.codec:
            yield Finding(
                field,
                None,
                "does not say how long it is (browsers record such files)",
                f"Write it anew: {mend.recode(name)}",
                severity="warning",
            )
    elif length < low:
        problem = f"lasts {length:g} s; a reference lasts {low:g}–{high:g} s"
        yield Finding(field, None, problem, "Record a longer performance.")
    elif length > high + 0.05:  # a last frame's worth: the vendor's own rounding is not known
        problem = f"lasts {length:g} s; a reference lasts {low:g}–{high:g} s"
        yield Finding(field, None, problem, f"Trim it: {mend.trim(name, high)}")


def _described(facts: MediaFacts) -> str:
    """One line of what is known: ``MP4, h264, 1280×720, 8.2 s, 24 fps, 4.1 MB, video/mp4``."""
    parts = [
        (facts.container or "").upper(),
        facts.codec or "",
        f"{facts.width}×{facts.height}" if facts.aspect else "",
        f"{facts.duration_s:g} s" if facts.duration_s else "",
        f"{facts.fps:g} fps" if facts.fps else "",
        _size_words(facts.bytes) if facts.bytes else "",
        facts.content_type or "",
    ]
    return ", ".join(part for part in parts if part)
