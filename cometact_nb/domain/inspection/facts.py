"""The facts about an input, and the result of an inspection; `findings` judges."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cometact_nb.domain import redact
from cometact_nb.domain.sizes import size

if TYPE_CHECKING:
    from cometact_nb.domain.media import Finding, MediaType

__all__ = ["BASIS", "Inspection", "MediaFacts", "Role", "describe_facts"]

Role = Literal["character", "reference"]

IMAGES = {"jpeg", "png", "webp", "gif", "heic", "avif", "bmp", "tiff"}
VIDEOS = {"mp4", "mov", "webm", "mkv", "avi", "ogg", "3gp", "flv", "wmv", "mpeg"}
#: The beginning of each kind of sentence.
BASIS = {"seen": "seen here", "not looked": "not looked at", "vendor": "the vendor would say"}


@dataclass(frozen=True)
class MediaFacts:
    """The known facts about an input; None for an unknown one.

    Args:
        content_type: the server's, in lower case, without parameters.
        bytes: size of the file.
        container: its format by its first bytes, such as ``"mp4"``.
        codec: FFmpeg's name of the video codec; an empty string when the file holds no video.
        width: square pixels, after the turn that the file asks for.
        height: the same.
        duration_s: of the picture, seconds.
        fps: frames per second, on the average.
        redirected_to: the host it redirects to; redirects are not followed.
        supports_head: whether the server answers HEAD.
        supports_range: whether it sends parts of the file. The vendor does not ask for that.
        status: HTTP status.
        local: a file of this machine, or a data URI.
        announced: whether the server says how many bytes the file has.
        other: its kind if it is no picture and no video: ``"page"``, ``"json"``, ``"zip"`` and the like, the
            keys of ``domain.inspection.texts.WORDS``; None for a picture or a video.
        broken: the sign that the file is cut off, or an empty string.
        stored: width and height in the file, where they differ from the visible ones.
        whole_s: length of the whole file in seconds, where it is not the picture's.
        cover: it is sound with a picture, such as an album's cover.
        encoding: the server's compression (Content-Encoding), or an empty string.
        read: whether the beginning of the file was read.
        head_status: HTTP status of the answer to HEAD.
        head_bytes: the size in the answer to HEAD.
        range_status: HTTP status of the refusal of a part of the file; None without a refusal.
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
    other: str | None = None
    broken: str = ""
    stored: tuple[int, int] | None = None
    whole_s: float | None = None
    cover: bool = False
    encoding: str = ""
    read: bool = False
    head_status: int | None = None
    head_bytes: int | None = None
    range_status: int | None = None

    @property
    def aspect(self) -> float | None:
        """Width / height."""
        return round(self.width / self.height, 3) if self.width and self.height else None

    @property
    def kind(self) -> MediaType | None:
        """``"image"`` or ``"video"``, by the first bytes, else by the server's media type."""
        if self.container in IMAGES or self.container in VIDEOS:
            return "image" if self.container in IMAGES else "video"
        word = (self.content_type or "").partition("/")[0]
        return "image" if word == "image" else "video" if word == "video" else None


@dataclass(frozen=True)
class Inspection:
    """The result of an inspection of one input.

    Args:
        url: the address or path of the input.
        role: the purpose for which it was judged; None when that is unclear.
        facts: the known facts about it.
        findings: its errors and warnings, with their cures; the ``basis`` of each says whether it was seen
            here or the vendor would say it.
        unchecked: open questions, as sentences.
        unreachable: the reason why no answer came, when the network is the problem; else None.
    """

    url: str
    role: Role | None = None
    facts: MediaFacts = dataclasses.field(default_factory=MediaFacts)
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = ()
    unreachable: str | None = None

    @property
    def ok(self) -> bool | None:
        """False when there is an error, None when it could not be reached, else True."""
        if any(finding.severity == "error" for finding in self.findings):
            return False
        return None if self.unreachable is not None else True

    def to_dict(self) -> dict[str, Any]:
        """Return everything for JSON, without the query of the URL."""
        return {
            "url": redact.display(self.url),
            "role": self.role,
            "ok": self.ok,
            "unreachable": self.unreachable,
            "findings": [{**dataclasses.asdict(finding), "text": str(finding)} for finding in self.findings],
            "unchecked": list(self.unchecked),
            "facts": {**dataclasses.asdict(self.facts), "aspect": self.facts.aspect},
        }

    def __repr__(self) -> str:
        errors = sum(finding.severity == "error" for finding in self.findings)
        counts = f"{errors} errors, {len(self.findings) - errors} warnings"
        return f"<Inspection {redact.display(self.url)!r} role={self.role} ok={self.ok} ({counts})>"

    def __str__(self) -> str:
        lines = [f"{redact.display(self.url)}: {self.verdict}"]
        if described := describe_facts(self.facts):
            lines.append(f"  {described}")
        lines += [
            f"  {'✗' if finding.severity == 'error' else '!'} {BASIS[finding.basis]}: {finding}".replace(
                "\n", "\n    "
            )
            for finding in self.findings
        ]
        lines += [f"  ? {BASIS['not looked']}: {sentence}" for sentence in self.unchecked]
        return "\n".join(lines)

    @property
    def verdict(self) -> str:
        """Say the outcome in words."""
        if self.unreachable is not None and self.ok is None:
            return f"unreachable: {self.unreachable}; nothing was seen"
        if self.ok:
            return "ok, as far as it was looked at" if self.unchecked else "ok"
        is_certain = any(one.severity == "error" and one.basis == "seen" for one in self.findings)
        return (
            "against the vendor's rules, as seen here"
            if is_certain
            else "the vendor would refuse it, by its pages"
        )


def describe_facts(facts: MediaFacts) -> str:
    """Write the facts in one line: ``MP4, h264, 1280×720, 8.2 s, 24 fps, 4.1 MB, video/mp4``."""
    parts = [
        (facts.container or "").upper(),
        facts.codec or "",
        f"{facts.width}×{facts.height}" if facts.aspect else "",
        f"stored as {facts.stored[0]}×{facts.stored[1]}" if facts.stored else "",
        f"{facts.duration_s:g} s" if facts.duration_s else "",
        f"{facts.whole_s:g} s in all" if facts.whole_s else "",
        f"{facts.fps:g} fps" if facts.fps else "",
        size(facts.bytes) if facts.bytes else "",
        facts.content_type or "",
    ]
    return ", ".join(part for part in parts if part)
