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
    """One optional field of the body. A new one is a row of :data:`KNOBS`; everything else follows from it.

    Args:
        name: name in Python.
        title: name on the screen.
        wire: path in the vendor's JSON.
        type: what msgspec accepts for it, limits included.
        limit: the limit in words, ending the sentence "``name=value`` …".
        cure: what to give instead.
        options: of the magic, a short and a long one first; others are names that people know it by.
        metavar: stands for the value in the magic's help.
        help: one line of the magic's help.
        values: what the magic completes, when there are few.
        about: what the reference says about it; default its help.
        words: what stands beside a value on the screen, by the value.
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
        """What its values are in Python."""
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
        cure="Give an integer in that range, or leave it out for a random one.",
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
#: The fields that may take several values, in the order in which the cells of a sweep are laid out.
FIELDS = (*INPUTS, *KNOB)

#: Names that other endpoints, SDKs or habits use, and what this endpoint calls them.
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
    """How the screen calls a field of a request, or what else tells the cells of a sweep apart."""
    return KNOB[name].title if name in KNOB else name.replace("_", " ").capitalize()


def wrong_name(name: str) -> str | None:
    """What to say about a name that people often take for one of a field; None when it is not such a one."""
    return _WRONG_NAMES.get(name.replace("_", "").replace("-", "").lower())


def fields_from_json(body: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's arguments for a vendor body; what it does not know is passed on by its own name.

    The constructor refuses it together with all else that is wrong, another ``model`` too.
    """
    rest = {str(name): value for name, value in body.items()}
    if rest.get("model") == MODEL:
        del rest["model"]
    found: dict[str, Any] = {}
    for name in INPUTS:
        value = rest.get(name)
        if isinstance(value, Mapping) and "uri" in value:
            rest[name] = {key: value[key] for key in ("type", "uri") if key in value}
            found.update({f"{name}.{key}": value[key] for key in value if key not in rest[name]})
    for knob in KNOBS:
        head, *tail = knob.wire
        if not tail:
            if head in rest:
                found[knob.name] = rest.pop(head)
        elif rest.get(head) is None:
            rest.pop(head, None)
        elif isinstance(rest.get(head), Mapping):
            inner = dict(rest.pop(head))
            if tail[0] in inner:
                found[knob.name] = inner.pop(tail[0])
            found.update({f"{head}.{key}": value for key, value in inner.items()})
    return {**rest, **found}
