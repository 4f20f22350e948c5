"""One Act-Two request: its fields, its checks, and its JSON."""

from __future__ import annotations

import difflib
import inspect
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from cometact_nb.domain import redact, writers
from cometact_nb.domain.doors import doors
from cometact_nb.domain.identity import body_hash, body_identity
from cometact_nb.domain.knobs import (
    FIELDS,
    INPUTS,
    KNOB,
    KNOBS,
    MODEL,
    RATIOS,
    Knob,
    fields_from_json,
    wrong_name,
)
from cometact_nb.domain.media import Finding, MediaRef, as_media, check_media, media_call
from cometact_nb.domain.values import plain
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from typing import Protocol, Unpack

    from cometact_nb.domain.knob_types import KnobArguments, KnobLists, KnobValues

    class PublicAddress(Protocol):
        """A file that was made public; :class:`cometact_nb.Published` is one."""

        @property
        def unsigned_url(self) -> str:
            """Its address without a signature."""

    InputArgument = str | PathLike[str] | MediaRef | PublicAddress

    class RequestArguments(KnobArguments, total=False):
        """All fields of a request as keyword arguments."""

        character: InputArgument | None
        reference: InputArgument | None
        allow_unlisted: bool

    class SweepArguments(KnobLists, total=False):
        """The fields of a sweep's requests as keyword arguments: a value each, or several."""

        character: InputArgument | Iterable[InputArgument] | None
        reference: InputArgument | Iterable[InputArgument] | None
else:
    KnobValues = object

__all__ = ["ActTwoRequest"]


@doors
@dataclass(frozen=True, init=False, repr=False, eq=False)
class ActTwoRequest(KnobValues):
    """One Act-Two generation: a character performs what a reference clip shows.

    Args:
        character: the character: a URL (image or video by its extension), ``act.image(url)`` or
            ``act.video(url)``. One recognisable face, in frame throughout. Images: JPEG, PNG, WebP, ≤ 16 MB;
            videos ≤ 32 MB (docs.dev.runwayml.com/assets/inputs).
        reference: the performance: URL of a video, 3–30 s (CometAPI, control-a-character).
        knobs: the optional fields, as follows. None of them is sent by default.
        allow_unlisted: also accept values that CometAPI does not list: a ratio, data URIs, ``runway://``.

    Raises:
        RequestError: with everything that is wrong, each finding naming the field, the value and the cure.
    """

    character: MediaRef
    reference: MediaRef
    allow_unlisted: bool
    __signature__: ClassVar[inspect.Signature]

    def __init__(
        self,
        /,  # a pasted body may have a field called self
        character: str | PathLike[str] | MediaRef | None = None,
        reference: str | PathLike[str] | MediaRef | None = None,
        *,
        allow_unlisted: bool = False,
        **knobs: Unpack[KnobArguments],
    ) -> None:
        rest: dict[str, Any] = {**knobs}
        arguments = {knob.name: plain(rest.pop(knob.name, None), whole=knob.is_whole) for knob in KNOBS}
        findings = [
            *check_unlisted(allow_unlisted),
            *check_media("character", character, allow_unlisted=allow_unlisted),
            *check_media("reference", reference, allow_unlisted=allow_unlisted),
            *(
                finding
                for name, value in arguments.items()
                for finding in _check_knob(name, value, allow_unlisted)
            ),
            *(_unknown_field(name, value) for name, value in rest.items()),
        ]
        if findings:
            raise RequestError(findings)
        values = {
            "character": as_media(character),
            "reference": as_media(reference, default="video"),
            **arguments,
            "allow_unlisted": bool(allow_unlisted),
        }
        vars(self).update(values)

    @classmethod
    def from_json(cls, body: Mapping[str, Any] | str, *, allow_unlisted: bool = False) -> ActTwoRequest:
        """Make a request from the vendor's JSON body, as a mapping or as text.

        Args:
            body: as documented on CometAPI's control-a-character page; snake_case names of this class are
                understood too.
            allow_unlisted: see :class:`ActTwoRequest`.

        Raises:
            RequestError: with everything that is wrong.
        """
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except (ValueError, RecursionError) as error:
                finding = Finding("body", None, f"is not valid JSON: {error}", "Mend that place.")
                raise RequestError([finding]) from None
        if not isinstance(body, Mapping):
            raise RequestError([Finding("body", None, "is not a JSON object", 'Give {"character": …, …}.')])
        return cls(**{"allow_unlisted": allow_unlisted, **fields_from_json(body)})

    def to_json(self) -> dict[str, Any]:
        """Return the documented body, without the fields that have no value."""
        body: dict[str, Any] = {
            name: {"type": getattr(self, name).type, "uri": getattr(self, name).uri} for name in INPUTS
        }
        for knob in KNOBS:
            value = getattr(self, knob.name)
            if value is not None:
                place = body
                for key in knob.wire[:-1]:
                    place = place.setdefault(key, {})
                place[knob.wire[-1]] = value
        return {"model": MODEL, **body}

    def to_curl(self) -> str:
        """Write the request as a curl command. The key is ``$COMETAPI_KEY``, never its value."""
        return writers.to_curl(self.to_json())

    def to_python(self) -> str:
        """Write the request as the Python call that makes it."""
        return writers.to_python(self._inputs, self.params, allow_unlisted=self.allow_unlisted)

    def to_magic(self) -> str:
        """Write the request as an ``%act_two`` line."""
        return writers.to_magic(self._inputs, self.params, allow_unlisted=self.allow_unlisted)

    def replace(self, **changes: Unpack[RequestArguments]) -> ActTwoRequest:
        """Return a copy with ``changes``.

        Args:
            changes: fields of this class; None unsets one.

        Raises:
            RequestError: see the constructor.
        """
        return ActTwoRequest(**{**vars(self), **changes})

    def without_secrets(self) -> ActTwoRequest:
        """Return the request for display, without the parts of addresses that open a file; itself if none do.

        A shortened address ends in "?…"; of a data URI only the type stays.
        """
        addresses = {name: redact.public(getattr(self, name).uri) for name in INPUTS}
        if all(getattr(self, name).uri == uri for name, uri in addresses.items()):
            return self
        copy = object.__new__(ActTwoRequest)
        vars(copy).update(vars(self))
        vars(copy).update({name: MediaRef(getattr(self, name).type, uri) for name, uri in addresses.items()})
        return copy

    @property
    def _inputs(self) -> dict[str, MediaRef]:
        return {name: getattr(self, name) for name in INPUTS}

    @property
    def params(self) -> dict[str, Any]:
        """The knobs with a value, by their Python names."""
        return {name: getattr(self, name) for name in KNOB if getattr(self, name) is not None}

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The doubtful points of the request, which is sent all the same and may waste money."""
        return tuple(_warnings(self))

    @property
    def content_hash(self) -> str:
        """16 hex digits, the same for requests with equal bodies only."""
        return body_hash(self.to_json())

    @property
    def identity(self) -> str:
        """16 hex digits, the same for all requests for the same video.

        An input counts as its file, not as the link to it: a link's signature, fragment and spelling make no
        difference (``domain.identity.identity_of``).
        """
        return body_identity(self.to_json())

    def __eq__(self, other: object) -> bool:
        """Whether both have the same content; ``allow_unlisted`` does not count."""
        if not isinstance(other, ActTwoRequest):
            return NotImplemented
        return self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in FIELDS)

    def __repr__(self) -> str:
        if "character" not in vars(self):
            return "<ActTwoRequest: not made>"  # the constructor failed; a traceback may show it
        safe = self.without_secrets()
        parts = [f"{name}={media_call(getattr(safe, name))}" for name in INPUTS]
        parts += [f"{name}={value!r}" for name, value in self.params.items()]
        if self.allow_unlisted:
            parts.append("allow_unlisted=True")
        return f"ActTwoRequest({', '.join(parts)})"


def _name_knobs() -> None:
    """Make hover, completion and the reference name each knob in place of ``**knobs``."""
    own = inspect.signature(ActTwoRequest)
    rest = [
        parameter
        for parameter in own.parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    parameters = [
        inspect.Parameter(
            knob.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=f"{knob.kind.__name__} | None",
        )
        for knob in KNOBS
    ]
    ActTwoRequest.__signature__ = own.replace(parameters=[*rest[:-1], *parameters, rest[-1]])
    about = [
        textwrap.fill(
            f"{knob.name}: {knob.about or knob.help} Source: {knob.source}.",
            width=105,
            initial_indent=" " * 8,
            subsequent_indent=" " * 12,
            break_on_hyphens=False,
        )
        for knob in KNOBS
    ]
    mark = "        knobs: the optional fields, as follows. None of them is sent by default.\n"
    ActTwoRequest.__doc__ = (ActTwoRequest.__doc__ or "").replace(mark, "\n".join([*about, ""]))


_name_knobs()


def check_unlisted(value: Any) -> list[Finding]:
    """Return a finding if the argument ``allow_unlisted`` is neither True nor False.

    Args:
        value: from the user.
    """
    if isinstance(plain(value, whole=False), bool):
        return []
    return [Finding("allow_unlisted", value, "is not True or False", "True also sends what is not listed.")]


def _check_knob(name: str, value: Any, allow_unlisted: bool) -> list[Finding]:
    knob = KNOB[name]
    if value is None:
        return []
    try:
        msgspec.convert(value, knob.type, strict=True)
    except msgspec.ValidationError:
        return [Finding(name, value, _limit(knob, value), knob.cure)]
    if name == "ratio":
        return _check_ratio(knob, value, allow_unlisted)
    return []


def _limit(knob: Knob, value: Any) -> str:
    """Say what is wrong with a value: its type, or its limits."""
    if not knob.is_whole or (isinstance(value, int) and not isinstance(value, bool)):
        return knob.limit
    kind = "is text" if isinstance(value, str) else f"is {type(value).__name__}"
    return f"{kind}, not a whole number"


def _check_ratio(knob: Knob, value: str, allow_unlisted: bool) -> list[Finding]:
    if value in RATIOS:
        return []
    if allow_unlisted and value.strip():
        return []
    sides = re.fullmatch(r"\s*([0-9]{1,6})\s*[:x×]\s*([0-9]{1,6})\s*", value)
    cure = knob.cure
    if sides and int(sides[1]) and int(sides[2]):
        aspect = int(sides[1]) / int(sides[2])
        near = min(RATIOS, key=lambda known: abs(_aspect(known) - aspect))
        cure = f"{near!r} is the nearest; allow_unlisted=True tries yours."
    return [Finding("ratio", value, knob.limit, cure)]


def _aspect(ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return int(width) / int(height)


def _unknown_field(name: str, value: Any) -> Finding:
    if name == "model":
        return Finding("model", value, "is another model", f"This package sends {MODEL!r} only.")
    cure = wrong_name(name)
    if name.startswith(tuple(f"{field}." for field in INPUTS)):
        cure = "An input has a type and a uri. Take it out."
    elif cure is None:
        near = difflib.get_close_matches(
            name, [*FIELDS, "allow_unlisted", *(knob.wire[-1] for knob in KNOBS)], n=1
        )
        cure = f"Did you mean {near[0]}?" if near else f"There are: {', '.join((*FIELDS, 'allow_unlisted'))}."
    # The message does not show the value, which may be a key.
    return Finding(name[:60], None, "is no field of an Act-Two request", cure)


def _warnings(request: ActTwoRequest) -> list[Finding]:
    findings = []
    if request.body_control is not None and request.character.type == "video":
        findings.append(
            Finding(
                "body_control",
                request.body_control,
                "is not supported when the character is a video (CometAPI's model page)",
                "It probably changes nothing; use a character image to control the body.",
                severity="warning",
            )
        )
    if request.ratio is not None and request.ratio not in RATIOS:
        findings.append(
            Finding("ratio", request.ratio, "is not listed", "The service may refuse it.", severity="warning")
        )
    for name in INPUTS:
        uri = getattr(request, name).uri
        if not uri.startswith("http"):
            findings.append(
                Finding(
                    name,
                    uri[:40],
                    "is not an https URL",
                    "CometAPI documents https URLs only.",
                    severity="warning",
                )
            )
    return findings
