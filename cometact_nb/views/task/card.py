"""One task as HTML, whatever its state.

The same card is the frozen output, the form beside the widget for pages without one, and the widget's inside.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cometact_nb.domain.advice import advise
from cometact_nb.domain.task import Status
from cometact_nb.errors import RequestError
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.embed import data_uri
from cometact_nb.views.base.html import AMBER, BLUE, GREEN, GREY, RED, VIOLET, esc
from cometact_nb.views.base.pictures import thumbnail

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import ClipInfo, TaskState

__all__ = ["card_html", "request_of", "tone"]

_TONES = {
    Status.SUBMITTING: GREY,
    Status.PENDING: GREY,
    Status.THROTTLED: AMBER,
    Status.RUNNING: BLUE,
    Status.SUCCEEDED: GREEN,
    Status.FAILED: RED,
    Status.REFUSED: RED,
    Status.NOT_FOUND: RED,
    Status.UNCONFIRMED: AMBER,
    Status.UNKNOWN: VIOLET,
    Status.CANCELLED: GREY,
    Status.FORGOTTEN: GREY,
}
#: Beside the buttons that settle a request in doubt.
_LOOK_FIRST = "It is never sent again by itself. First look whether the service has it:"
#: The room a video may take in a card, CSS pixels.
_VIDEO_WIDTH, _VIDEO_HEIGHT = 520, 460


def tone(state: TaskState) -> str:
    """The colour of a state."""
    if not state.watching and not state.status.is_terminal:
        return AMBER
    if state.status is Status.SUCCEEDED and state.clip_error and not state.clips:
        return AMBER
    return _TONES.get(state.status, GREY)


def request_of(state: TaskState) -> ActTwoRequest | None:
    """The request of a task, or None when it is not known or this version cannot read it."""
    try:
        return state.to_request()
    except (RequestError, TypeError):
        return None


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
) -> str:
    """The card of a task.

    Args:
        state: the task.
        now: Unix seconds; what a picture of an unfinished task says it was taken at.
        notebook_dir: the folder that relative links start from.
        sandbox: the task runs on this machine and nothing is billed.
        live: for the inside of the widget: what changes from poll to poll is left as empty slots, so that the
            result changes only when the card's structure does; buttons are added, and clips come as bytes.
        coming: where an unfinished task's clip is to be: a page that was closed at its end keeps this card.
        embed_bytes: put a clip up to this size into the page itself, base64; a larger one stays a link.
        autoplay: let a finished clip play by itself, without sound. A browser does so only where it is seen.
    """
    request = request_of(state)
    if state.clips:
        main = _clips(state.clips, notebook_dir, live=live, autoplay=autoplay, embed_bytes=embed_bytes)
    elif state.is_settled:
        main = _outcome(state, live=live)
    else:
        main = _progress(state, now, live=live)
        if coming is not None and not live:
            main += _coming(coming, notebook_dir)
    main += parts.fine(_money_and_time(state, sandbox=sandbox))
    if request is None:
        known = (
            "kept in a form this version does not read"
            if state.request
            else "not known: it was made elsewhere"
        )
        side = parts.fine(f"The request is {known}.")
    else:
        side = parts.inputs(request, sandbox=sandbox) + parts.knob_list(request)
    return parts.frame(
        _header(state, now, sandbox=sandbox, live=live),
        parts.columns(main, side),
        parts.copy_as(request, buttons=live) if request else "",
    )


def _header(state: TaskState, now: float, *, sandbox: bool, live: bool) -> str:
    if live:
        state_pill = parts.pill("", "var(--tone)", slots=True)
        name = '<code data-slot="id"></code>'
        right = '<span data-slot="elapsed"></span>'
        if not state.is_settled and not state.status.is_terminal:
            right += ' <button type="button" data-action="cancel">Cancel</button>'
    else:
        state_pill = parts.pill(words.label(state), tone(state))
        name = f'<code title="{esc(state.id or state.key, 200)}">{escape(words.short_id(state))}</code>'
        right = words.duration(elapsed) if (elapsed := words.elapsed(state, now)) is not None else ""
    return parts.header(state_pill, f"Act-Two {name}", right=right, sandbox=sandbox)


def _progress(state: TaskState, now: float, *, live: bool) -> str:
    """What an unfinished task does and waits for."""
    if live:
        return (
            parts.note(
                '<span data-slot="waiting"></span>', '<span data-slot="problem"></span>', "var(--tone)"
            )
            + '<progress data-slot="progress" max="1" aria-label="Progress of the generation"></progress>'
            + '<div data-slot="note" role="status"></div>'
        )
    advice = advise(state)
    percent = words.reported(state)
    value = f' value="{state.progress:.2f}"' if state.progress is not None else ""
    bar = f'<progress max="1"{value} style="width:100%"></progress>' if value else ""
    name = words.clean(state.id or state.key, 200)
    saved = f"As of {words.moment(now)}. <code>act.task({escape(repr(name))})</code> shows how it went on."
    said = escape(words.message(advice.headline) + (f" · {percent}" if percent else ""))
    return (
        parts.note(said, escape(words.message(advice.cure)), tone(state))
        + bar
        + _refused_cancel(state)
        + parts.fine(saved)
    )


def _coming(path: Path, notebook_dir: Path) -> str:
    """Where to look, should the task have ended since. A picture that is not there leaves no gap."""
    source = words.relative(str(path), notebook_dir)
    if source is None:
        return ""
    poster = source.removesuffix("mp4") + "jpg"
    style = "display:block;max-width:320px;border-radius:8px;margin-top:8px"
    link = f'<a href="{escape(source)}" download>{esc(words.place(str(path), notebook_dir), 160)}</a>'
    return f'<img src="{escape(poster)}" alt="" style="{style}"><div>Its clip, once it has one: {link}</div>'


def _outcome(state: TaskState, *, live: bool) -> str:
    """How a task ended without a clip, or why nobody watches it; ``live``: with a place for buttons."""
    advice = advise(state)
    codes = {
        "code": None if (state.failure_code or "") in advice.headline else state.failure_code,
        "HTTP": state.http_status,
        "field": state.param,
        "request id": state.request_id,
        "reported as": state.raw_status if state.status is Status.UNKNOWN else None,
    }
    shown = " · ".join(f"{name} <code>{esc(value, 80)}</code>" for name, value in codes.items() if value)
    settles = live and state.is_in_doubt
    cure = _LOOK_FIRST if settles else escape(words.message(advice.cure, 600))
    said = parts.note(escape(words.message(advice.headline, 600)), cure, tone(state))
    if settles:
        said += '<div data-slot="settle"></div>'
    return said + (f'<div style="margin:8px 0">{shown}</div>' if shown else "") + _refused_cancel(state)


def _refused_cancel(state: TaskState) -> str:
    if not state.cancel_message:
        return ""
    return f"<div><strong>Not cancelled.</strong> {escape(words.message(state.cancel_message))}</div>"


def _clips(
    clips: tuple[ClipInfo, ...], notebook_dir: Path, *, live: bool, autoplay: bool, embed_bytes: int
) -> str:
    return "".join(
        _clip(clip, notebook_dir, index if live else None, autoplay=autoplay, embed_bytes=embed_bytes)
        for index, clip in enumerate(clips)
    )


def _clip(clip: ClipInfo, notebook_dir: Path, slot: int | None, *, autoplay: bool, embed_bytes: int) -> str:
    """One video, what it is and where it lies; as slot number ``slot`` when a live view brings the bytes.

    No ``poster``: JupyterLab resolves a relative ``src`` only, and a poster that fails hides the first frame.
    """
    source = words.relative(clip.place, notebook_dir)
    width, height = _room(clip)
    style = f"display:block;width:100%;max-width:{width}px;height:auto;border-radius:8px;background:#000"
    size = f'width="{width}" height="{height}" style="{style}"'
    shown = esc(words.place(clip.place, notebook_dir), 160)
    video, link = "", shown
    embedded = data_uri(clip, embed_bytes) if embed_bytes and slot is None else ""
    if slot is not None:
        video = f'<video data-clip="{slot}" controls loop playsinline {size}></video>'
        link = f'<a data-file="{slot}">{shown}</a>'
    elif embedded:
        video = f'<video src="{embedded}" controls loop playsinline {size}></video>'
        link = f'<a href="{escape(source)}" download>{shown}</a>' if source else shown
    elif clip.url:
        # No page can load it from there; the poster, if it is here, is small enough to be kept.
        picture = thumbnail(clip.poster)
        video = f'<img src="{picture}" alt="An early frame" {size}>' if picture else ""
    elif source:
        # Muted only where it plays by itself: the voice is part of a performance.
        plays = " autoplay muted" if autoplay else ""
        video = (
            f'<video src="{escape(source)}" controls loop playsinline{plays} preload="auto" {size}></video>'
        )
        link = f'<a href="{escape(source)}" download>{shown}</a>'
    facts = words.clip_facts(clip)
    if embed_bytes and slot is None and not embedded:
        facts.append(f"not embedded: embed allows {words.size(embed_bytes)}")
    style = "margin:8px 0 2px;word-wrap:break-word"
    return (
        f'{video}<div style="{style}" title="{esc(clip.place, 1000)}">{link}</div>'
        f"<div>{escape(' · '.join(facts))}</div>"
    )


def _room(clip: ClipInfo) -> tuple[int, int]:
    """Width and height a clip is shown at, CSS pixels; 16:9 when its size is not known."""
    ratio = clip.width / clip.height if clip.width and clip.height else 16 / 9
    width = min(_VIDEO_WIDTH, _VIDEO_HEIGHT * ratio)
    return round(width), max(1, round(width / ratio))


def _money_and_time(state: TaskState, *, sandbox: bool) -> str:
    facts = [words.money(state, advise(state).billed, sandbox=sandbox)]
    if state.ended_at is not None:
        facts.append(f"ended {words.moment(state.ended_at)}")
    elif state.begun_at is not None:
        facts.append(f"begun {words.moment(state.begun_at)}")
    return escape(" · ".join(facts))
