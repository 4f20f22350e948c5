"""The fields of a request: the one table of their names, limits, words and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_origin

import msgspec

__all__ = [
    "FIELDS",
    "INPUTS",
    "INTENSITY_WORDS",
    "KNOB",
    "KNOBS",
    "MODEL",
    "RATIOS",
    "SEED_MAX",
    "Knob",
    "fields_from_json",
    "title_of",
    "wrong_name",
]

MODEL = "act_two"

#: apidoc.cometapi.com/api/video/runway/official-format/control-a-character, width:height in pixels.
RATIOS = ("1280:720", "720:1280", "960:960", "1104:832", "832:1104", "1584:672")

#: docs.dev.runwayml.com: an unsigned 32-bit number.
SEED_MAX = 4_294_967_295

INTENSITY_WORDS = {1: "subtle", 2: "restrained", 3: "natural", 4: "lively", 5: "exaggerated"}


#: apidoc.cometapi.com/api/video/runway/official-format/control-a-character.
_CREATE_PAGE = "CometAPI, control-a-character"


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One optional field of the body. A new field is a row of :data:`KNOBS`; everything else follows from it.

    Args:
        name: name in Python.
        title: name on the screen.
        wire: path in the vendor's JSON.
        type: for msgspec, with its limits.
        limit: the limit in words, as the end of "``name=value`` …".
        cure: a sentence that says what to give instead.
        options: of the magic, a short and a long one first, then other common names.
        metavar: stands for the value in the magic's help.
        help: one line of the magic's help.
        values: for the magic's completion, if they are few.
        about: description in the reference; default its help.
        words: description of a value on the screen, by the value.
        source: the vendor's page that states the limit.
    """

    name: str
    title: str
    wire: tuple[str, ...]
    type: Any
    limit: str
    cure: str
    options: tuple[str, ...]
    metavar: str
    help: str
    values: tuple[str, ...] = ()
    about: str = ""
    words: Mapping[Any, str] = field(default_factory=dict)
    source: str = _CREATE_PAGE

    @property
    def kind(self) -> type[bool | int | str]:
        """The Python type of its values."""
        kind = getattr(self.type, "__origin__", self.type)
        return str if get_origin(self.type) is Literal else kind

    @property
    def is_whole(self) -> bool:
        """Whether digits in a text are taken for a number."""
        return self.kind is int

    @property
    def choices(self) -> tuple[bool | int | str, ...]:
        """Its values when there are few, in Python; empty when any may be typed."""
        if self.kind is bool:
            return (True, False)
        return tuple(self.kind(value) for value in self.values)

    def in_words(self, value: Any) -> str:
        """A value as the screen says it: ``3 · natural``, ``on · face and gestures``, ``7``."""
        plain = ("on" if value else "off") if isinstance(value, bool) else str(value)
        word = self.words.get(value, "unlisted" if self.words and self.is_whole else "")
        return f"{plain} · {word}" if word else plain


KNOBS = (
    Knob(
        name="body_control",
        title="Body control",
        wire=("bodyControl",),
        type=bool,
        limit="is not True or False",
        cure="True animates gestures as well as the face.",
        options=("-b", "--body-control"),
        metavar="on|off",
        help="animate gestures as well as the face; alone it means on",
        values=("on", "off"),
        about="animate gestures as well as the face. Not supported when the character is a video.",
        source="CometAPI, control-a-character and the model's page",
        words={True: "face and gestures", False: "face only"},
    ),
    Knob(
        name="expression_intensity",
        title="Expression intensity",
        wire=("expressionIntensity",),
        type=Annotated[int, msgspec.Meta(ge=1, le=5)],
        limit="is outside 1–5",
        cure="Give an integer from 1 (subtle) to 5 (exaggerated); 3 is the usual start.",
        options=("-e", "--expression-intensity", "--intensity"),
        metavar="1-5",
        help="1 subtle … 5 exaggerated",
        values=tuple(str(number) for number in INTENSITY_WORDS),
        about="1 (subtle) to 5 (exaggerated); 3 is the usual start.",
        words=INTENSITY_WORDS,
    ),
    Knob(
        name="seed",
        title="Seed",
        wire=("seed",),
        type=Annotated[int, msgspec.Meta(ge=0, le=SEED_MAX)],
        limit=f"is outside 0–{SEED_MAX}",
        cure=f"Give an integer from 0 to {SEED_MAX}, or leave it out for a random one.",
        options=("-s", "--seed"),
        metavar="N",
        help="0-4294967295; the same seed gives similar results",
        about="0–4294967295; the same seed gives similar, not identical, results.",
    ),
    Knob(
        name="ratio",
        title="Ratio",
        wire=("ratio",),
        type=str,
        limit=f"is none of {', '.join(RATIOS)}",
        cure="Give one of them, or allow_unlisted=True to try another.",
        options=("-a", "--ratio"),
        metavar="W:H",
        help=f"size in pixels: {', '.join(RATIOS)}",
        values=RATIOS,
        about=f"output size in pixels: {', '.join(f'``{ratio}``' for ratio in RATIOS)}.",
    ),
    Knob(
        name="public_figure_threshold",
        title="Moderation of public figures",
        wire=("contentModeration", "publicFigureThreshold"),
        type=Literal["auto", "low"],
        limit="is neither 'auto' nor 'low'",
        cure="'low' is less strict about recognisable public figures.",
        options=("-m", "--public-figure-threshold", "--moderation"),
        metavar="auto|low",
        help="the vendor's moderation",
        values=("auto", "low"),
        about='``"auto"`` or ``"low"``: the vendor\'s moderation.',
        words={"low": "less strict"},
    ),
)
KNOB = {knob.name: knob for knob in KNOBS}
INPUTS = ("character", "reference")
#: The fields that may have several values, in the order of a sweep's cells.
FIELDS = (*INPUTS, *KNOB)

#: Names from other endpoints and SDKs, and common mistakes, with this endpoint's names.
_WRONG_NAMES = {
    "promptimage": "promptImage is image-to-video; Act-Two takes character.",
    "prompttext": "Act-Two takes no text prompt: the performance is the reference clip.",
    "prompt": "Act-Two takes no text prompt: the performance is the reference clip.",
    "image": "Act-Two takes character, an image or a video.",
    "imageurl": "Act-Two takes character, an image or a video.",
    "characterurl": "The field is character.",
    "characterimage": "The field is character.",
    "video": "Act-Two takes reference, the clip of the performance.",
    "videourl": "Act-Two takes reference, the clip of the performance.",
    "drivingvideo": "Act-Two takes reference, the clip of the performance.",
    "referencevideo": "The field is reference.",
    "referenceurl": "The field is reference.",
    "duration": "There is none: the clip is as long as its reference.",
    "intensity": "The field is expression_intensity (expressionIntensity in JSON).",
    "expression": "The field is expression_intensity (expressionIntensity in JSON).",
    "aspectratio": "The field is ratio, in pixels, such as '1280:720'.",
    "resolution": "The field is ratio, in pixels, such as '1280:720'.",
    "moderation": "The field is public_figure_threshold (contentModeration in JSON).",
    "contentmoderation": "The field is public_figure_threshold (contentModeration in JSON).",
    "apikey": "The key belongs in COMETAPI_KEY or act.configure(api_key=…), never in a request.",
}


def title_of(name: str) -> str:
    """Return the name on the screen of a field, or of another axis of a sweep."""
    return KNOB[name].title if name in KNOB else name.replace("_", " ").capitalize()


def wrong_name(name: str) -> str | None:
    """Correct a name that people often mistake for a field's; None for any other name."""
    return _WRONG_NAMES.get(name.replace("_", "").replace("-", "").lower())


def fields_from_json(body: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a vendor body into the constructor's arguments, with unknown fields under their own names.

    The constructor refuses these together with all other faults, such as another ``model``.
    """
    rest = {str(name): value for name, value in body.items()}
    if rest.get("model") == MODEL:
        del rest["model"]
    fields: dict[str, Any] = {}
    for name in INPUTS:
        value = rest.get(name)
        if isinstance(value, Mapping) and "uri" in value:
            rest[name] = {key: value[key] for key in ("type", "uri") if key in value}
            fields.update({f"{name}.{key}": value[key] for key in value if key not in rest[name]})
    for knob in KNOBS:
        head, *tail = knob.wire
        if not tail:
            if head in rest:
                fields[knob.name] = rest.pop(head)
        elif rest.get(head) is None:
            rest.pop(head, None)
        elif isinstance(rest.get(head), Mapping):
            inner = dict(rest.pop(head))
            if tail[0] in inner:
                fields[knob.name] = inner.pop(tail[0])
            fields.update({f"{head}.{key}": value for key, value in inner.items()})
    return {**rest, **fields}
