"""Writes one task as HTML, in any state.

The same card is the frozen output, the form beside the widget for pages without one, and the widget's inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.domain.task import Status
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.embed import clip_uri
from cometact_nb.views.base.html import code, h, join
from cometact_nb.views.base.pictures import still, thumbnail
from cometact_nb.views.task.facts import CardFacts

if TYPE_CHECKING:
    from cometact_nb.domain.task import ClipInfo, TaskState
    from cometact_nb.views.base.html import Markup

__all__ = ["card_html", "card_of"]

#: The text beside the buttons that settle a request in doubt.
_LOOK_FIRST = "It is never sent again by itself. First look whether the service has it:"
#: The most room of a video in a card, CSS pixels.
_VIDEO_WIDTH, _VIDEO_HEIGHT = 520, 460


def card_html(
    state: TaskState,
    *,
    now: float,
    notebook_dir: Path,
    sandbox: bool,
    live: bool = False,
    autoplay: bool = False,
    coming: Path | None = None,
    embed_bytes: int = 0,
) -> Markup:
    """The card of a task.

    Args:
        state: the task.
        now: Unix seconds; the card of an unfinished task names this time.
        notebook_dir: the folder that relative links start from.
        sandbox: the task runs on this machine and nothing is billed.
        live: see :func:`card_of`.
        autoplay: the same.
        coming: the same.
        embed_bytes: the same.
    """
    return card_of(
        CardFacts(state, now, sandbox),
        notebook_dir=notebook_dir,
        live=live,
        autoplay=autoplay,
        coming=coming,
        embed_bytes=embed_bytes,
    )


def card_of(
    facts: CardFacts,
    *,
    notebook_dir: Path,
    live: bool = False,
    autoplay: bool = False,
    coming: Path | None = None,
    embed_bytes: int = 0,
) -> Markup:
    """The card of a task.

    Args:
        facts: the task.
        notebook_dir: the folder that relative links start from.
        live: for the inside of the widget: parts that change from poll to poll are empty slots, so that the
            result changes only with the card's structure; it has buttons, and clips come as bytes.
        autoplay: let a finished clip play by itself, without sound, once it is in view.
        coming: the future path of an unfinished task's clip, for a page that is closed at the task's end.
        embed_bytes: put a clip up to this size into the page itself, base64; a larger one is a link.
    """
    state, request = facts.state, facts.request
    if state.clips:
        main = _clips(state.clips, notebook_dir, live=live, autoplay=autoplay, embed_bytes=embed_bytes)
    elif state.is_settled:
        main = _outcome(facts, live=live)
    elif live:
        main = _slots()
    else:
        main = join(_progress(facts), _coming(coming, notebook_dir) if coming is not None else None)
    if request is None:
        reason = (
            "kept in a form this version does not read"
            if state.request
            else "not known: it was made elsewhere"
        )
        side = parts.fine(f"The request is {reason}.")
    else:
        side = parts.request_parts(request, state.input_names, sandbox=facts.sandbox)
    return parts.frame(
        _header(facts, live=live),
        parts.columns(join(main, parts.fine(_money_and_time(facts))), side),
        parts.copy_as(request, buttons=live) if request else join(),
    )


def _header(facts: CardFacts, *, live: bool) -> Markup:
    state = facts.state
    if not live:
        name = h("code", {"title": words.clean(state.id or state.key, 200)}, words.short_id(state))
        first = parts.pill(words.label(state), facts.tone)
        return parts.header(first, join("Act-Two ", name), right=facts.elapsed, sandbox=facts.sandbox)
    cancel = None
    if not state.is_settled and not state.status.is_terminal:
        cancel = join(" ", h("button", {"type": "button", "data-action": "cancel"}, "Cancel"))
    return parts.header(
        parts.pill("", "var(--tone)", slots=True),
        join("Act-Two ", h("code", {"data-slot": "id"})),
        right=join(h("span", {"data-slot": "elapsed"}), cancel),
        sandbox=facts.sandbox,
    )


def _slots() -> Markup:
    """Make the slots for a live view of what an unfinished task does and waits for."""
    waiting, problem = (h("span", {"data-slot": name}) for name in ("waiting", "problem"))
    label = "Progress of the generation"
    return join(
        parts.note(waiting, problem, "var(--tone)"),
        h("progress", {"data-slot": "progress", "max": 1, "aria-label": label}),
        h("div", {"data-slot": "note", "role": "status"}),
    )


def _progress(facts: CardFacts) -> Markup:
    """Say what an unfinished task does and waits for."""
    state, advice = facts.state, facts.advice
    percent = words.reported(state)
    bar = None
    if state.progress is not None:
        bar = h("progress", {"max": 1, "value": f"{state.progress:.2f}", "style": "width:100%"})
    name = words.clean(state.id or state.key, 200)
    text = words.message(advice.headline) + (f" · {percent}" if percent else "")
    return join(
        parts.note(text, words.message(advice.cure), facts.tone),
        bar,
        _refused_cancel(state),
        parts.fine(
            f"As of {words.moment(facts.now)}. ", code(f"act.task({name!r})"), " shows how it went on."
        ),
    )


def _coming(path: Path, notebook_dir: Path) -> Markup:
    """Name the future file, in case the task has ended since, and show its picture once there is one."""
    source = words.relative(str(path), notebook_dir)
    if source is None:
        return join()
    poster = source.removesuffix("mp4") + "jpg"
    style = "display:block;max-width:320px;border-radius:8px;margin-top:8px;font-size:11px"
    name = words.clean(words.place(str(path), notebook_dir), 160)
    link = h("a", {"href": source, "download": True}, name)
    # JupyterLab would write "Image" for an empty text, beside the sign of a missing picture.
    picture = h("img", {"src": poster, "alt": "An early frame", "style": style})
    return join(picture, h("div", None, "Its clip, once it has one: ", link))


def _outcome(facts: CardFacts, *, live: bool) -> Markup:
    """Say how a task ended without a clip, or why nobody watches it; ``live``: with a place for buttons."""
    state, advice = facts.state, facts.advice
    codes = {
        "code": None if (state.failure_code or "") in advice.headline else state.failure_code,
        "HTTP": state.http_status,
        "field": state.param,
        "request id": state.request_id,
        "reported as": state.raw_status if state.status is Status.UNKNOWN else None,
    }
    items = [join(name, " ", code(words.clean(value, 80))) for name, value in codes.items() if value]
    settles = live and state.is_in_doubt
    cure = _LOOK_FIRST if settles else words.message(advice.cure, 600)
    return join(
        parts.note(words.message(advice.headline, 600), cure, facts.tone),
        h("div", {"data-slot": "settle"}) if settles else None,
        h("div", {"style": "margin:8px 0"}, join(*items, by=" · ")) if items else None,
        _refused_cancel(state),
    )


def _refused_cancel(state: TaskState) -> Markup | None:
    if not state.cancel_message:
        return None
    return h("div", None, h("strong", None, "Not cancelled."), " ", words.message(state.cancel_message))


def _clips(
    clips: tuple[ClipInfo, ...], notebook_dir: Path, *, live: bool, autoplay: bool, embed_bytes: int
) -> Markup:
    return join(
        *(
            _clip(clip, notebook_dir, index if live else None, autoplay=autoplay, embed_bytes=embed_bytes)
            for index, clip in enumerate(clips)
        )
    )


def _clip(
    clip: ClipInfo, notebook_dir: Path, slot: int | None, *, autoplay: bool, embed_bytes: int
) -> Markup:
    """Show one video with its facts and path; as slot number ``slot`` if a live view brings the bytes.

    The ``poster`` is inline: JupyterLab resolves only a relative ``src``, and a poster that fails hides the
    first frame. A notebook that was moved away from its clips shows it, with the words on how to mend that.
    """
    source = words.relative(clip.place, notebook_dir)
    size = _room(clip)
    name = words.clean(words.place(clip.place, notebook_dir), 160)
    video: Markup | None = None
    link: object = name
    cure: Markup | None = None
    embedded = clip_uri(Path(clip.path), clip.sha256, embed_bytes) if embed_bytes and slot is None else ""
    plays = {"controls": True, "loop": True, "playsinline": True}
    if slot is not None:
        video = h("video", {"data-clip": slot, **plays, **size})
        link = h("a", {"data-file": slot}, name)
    elif embedded:
        video = h("video", {"src": embedded, **plays, **size})
        link = h("a", {"href": source, "download": True}, name) if source else name
    elif clip.url:
        # No page can load it from there; the poster, if it is here, is small enough for the notebook.
        picture = thumbnail(clip.poster)
        video = h("img", {"src": picture, "alt": "An early frame", **size}) if picture else None
    elif source:
        # Muted only where it plays by itself: the voice is part of a performance.
        alone = {"autoplay": autoplay, "muted": autoplay, "preload": "auto", "poster": still(clip.poster)}
        video = h("video", {"src": source, **plays, **alone, **size})
        cure = parts.moved()
        link = h("a", {"href": source, "download": True}, name)
    facts = words.clip_facts(clip)
    if embed_bytes and slot is None and not embedded:
        facts.append(f"not embedded: embed allows {words.size(embed_bytes)}")
    style = "margin:8px 0 2px;word-wrap:break-word"
    where = h("div", {"style": style, "title": words.clean(clip.place, 1000)}, link)
    return join(video, where, h("div", None, " · ".join(facts)), cure)


def _room(clip: ClipInfo) -> dict[str, object]:
    """Return the room for a clip, CSS pixels; 16:9 for an unknown size."""
    ratio = clip.width / clip.height if clip.width and clip.height else 16 / 9
    wide = min(_VIDEO_WIDTH, _VIDEO_HEIGHT * ratio)
    width, height = round(wide), max(1, round(wide / ratio))
    style = f"display:block;width:100%;max-width:{width}px;height:auto;border-radius:8px;background:#000"
    return {"width": width, "height": height, "style": style}


def _money_and_time(facts: CardFacts) -> str:
    state, items = facts.state, [facts.money]
    if state.ended_at is not None:
        items.append(f"ended {words.moment(state.ended_at)}")
    elif state.begun_at is not None:
        items.append(f"begun {words.moment(state.begun_at)}")
    return " · ".join(items)
