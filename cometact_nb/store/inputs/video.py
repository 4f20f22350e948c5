"""Makes a clip that the vendor takes: H.264 and AAC in MP4, upright, exactly cut, nothing personal in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection.findings import MAX_BYTES, REFERENCE_S
from cometact_nb.domain.preparation import WHOLE, Cut
from cometact_nb.domain.sizes import size
from cometact_nb.errors import InputError
from cometact_nb.store.inputs import private
from cometact_nb.store.inputs.clip_source import THREADS, opened
from cometact_nb.store.inputs.frames import CLOCK, HDR, FrameFilter, Timeline, size_of
from cometact_nb.store.inputs.sound import BIT_RATE, encoded_sound, sound_of
from cometact_nb.store.inputs.user_data import without_user_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cometact_nb.domain.preparation import InputRecipe
    from cometact_nb.store.inputs.clip_source import ClipSource

__all__ = ["prepare_video"]

#: The longest side of what is encoded, pixels: Act-Two's own pictures have no more in 16:9.
_LONGEST = 1280
#: Measured beside FFmpeg's "medium" at 20 (docs/inputs.md): three quarters of the processor time.
_PRESET, _CRF = "faster", 18
#: The share of the size limit that the encoder may fill: the container takes some of it.
_SHARE = 0.94
_MOST_FPS = 60.5
_PROFILES = {"Baseline", "Constrained Baseline", "Main", "High", "Constrained High"}
_OPTIONS = {"fflags": "+bitexact"}
#: The index goes to the beginning: written there in its reserved room, or moved there when the file is whole.
_MOVED_INDEX = {"movflags": "+faststart"}
#: Bytes of the index for each packet at the most: size (4), both times (8 + 8), chunk (8 + 12), key (4).
_INDEX_OF_PACKET, _INDEX_OF_REST = 44, 32_768
#: FFmpeg moves an index by reading and writing the whole file, in pieces as small as the index.
_LONG_MOVE = 4 * 1024**2
_SOUND_PACKETS_PER_S = 100
#: A picture that begins later than this after the file's own start would begin late everywhere.
_LATE_S = 0.02
#: Readers whose packets are copied into MP4 as they are.
_COPIED = {"mov", "matroska"}
#: Kinds of pictures by a part of FFmpeg's name for them.
_KINDS = {
    "444": " 4:4:4",
    "422": " 4:2:2",
    "gray": " grey",
    "rgb": " RGB",
    "gbr": " RGB",
    "j420": " of full range",
}
_BT2020, _MATRIX_2020 = 9, {9, 10}


@dataclass(frozen=True)
class _Plan:
    """The steps that make an input of a clip.

    Args:
        cut: the part of it.
        anew: reasons to encode the picture, each a sentence or empty; none to copy it.
        copies_sound: the sound is copied, too.
    """

    cut: Cut
    anew: tuple[str, ...]
    copies_sound: bool


def prepare_video(
    source: ClipSource,
    recipe: InputRecipe,
    target: Path,
    check: Callable[[], None],
    progress: Callable[[float], None],
) -> list[str]:
    """Write the clip to ``target``, and return a sentence for each change.

    Args:
        source: the clip.
        recipe: what is to be made of it.
        target: a file of our own, since the index is moved to its beginning by its name.
        check: raises when the work was cancelled.
        progress: gets the share that is done, 0–1.

    Raises:
        InputError: the file is too short, or cannot be decoded.
        OSError: the result cannot be written.
    """
    name = source.path.name
    cut = recipe.cut(source.length_s)
    if isinstance(cut, str):
        cure = "Record a longer performance." if "after its end" not in cut else "Give a time within it."
        cure = "Take a shorter part." if "would last" in cut else cure
        if "longer than" in cut:
            part = f"act.prepare({name!r}, role='reference', start_s=0, end_s={REFERENCE_S[1]:g})"
            cure = f"Choose the part, for example {part}, and give its result."
        raise InputError(f"{name!r} {cut}. {cure}")
    plan = _plan(source, recipe, cut)
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    try:
        if not plan.anew:
            changes = _copy(source, plan, target, check, progress)
            if target.stat().st_size <= MAX_BYTES["video"]:
                return changes
        return _encode(source, plan, recipe, target, check, progress)
    except av.FFmpegError as error:
        if isinstance(error, OSError) or not isinstance(error, ValueError):
            raise OSError(error.errno, error.strerror) from error
        raise InputError(f"{name!r} cannot be decoded ({error.strerror}). Export it again.") from error


def _plan(source: ClipSource, recipe: InputRecipe, cut: Cut) -> _Plan:
    frame = source.frame
    is_short = source.bytes <= MAX_BYTES["video"]
    smaller = "" if is_short else f"Made smaller than {size(source.bytes)}, since the vendor takes 32 MB."
    reasons = {
        _codec_words(source): source.codec != "h264" or source.pix_fmt != "yuv420p"
        or source.profile not in _PROFILES or (source.demuxer in _COPIED and not source.length_bytes),
        "Made progressive (it was interlaced).": bool(frame.interlaced_frame),
        "Turned upright, as the file asks for.": not source.orientation.is_upright,
        f"Turned by {recipe.turn}° clockwise.": bool(recipe.turn),
        "Made its pixels square.": abs(source.pixel - 1) > 0.001,  # noqa: PLR2004
        f"Tone-mapped {HDR.get(int(frame.color_trc), '')} to standard range.": int(frame.color_trc) in HDR,
        "Converted the colours from BT.2020 to BT.709.": int(frame.color_trc) not in HDR
        and (int(frame.color_primaries) == _BT2020 or int(frame.colorspace) in _MATRIX_2020),
        f"Thinned {source.packets.fps:.4g} to 60 frames per second.": source.packets.fps > _MOST_FPS,
        cut.why: bool(cut.why),
        "Cropped.": recipe.crop is not None,
        "Made its sides even.": bool(frame.width % 2 or frame.height % 2),
        smaller: not is_short,
        "Let its picture begin at once (it began late).": source.packets.start_s > _LATE_S
        and source.demuxer in _COPIED,
        "Removed pictures that a cut only hides.": not source.packets.is_plain,
        f"Written as MP4 (it was {source.container.upper()}).": source.codec == "h264"
        and source.demuxer not in _COPIED,
    }  # fmt: skip
    anew = tuple(sentence for sentence, there in reasons.items() if there)
    return _Plan(cut, anew, source.sound in {"", "aac"} and source.demuxer == "mov")


def _codec_words(source: ClipSource) -> str:
    depth = f"{source.frame.format.components[0].bits} bits"
    if source.codec == "h264":  # then only its pictures are of another kind
        depth += next((words for part, words in _KINDS.items() if part in source.pix_fmt), "")
    was = f"{source.codec.upper()}, {depth}, {source.container.upper()}"
    return f"Encoded as H.264, 8 bits 4:2:0, MP4 (it was {was})."


def _copy(
    source: ClipSource,
    plan: _Plan,
    target: Path,
    check: Callable[[], None],
    progress: Callable[[float], None],
) -> list[str]:
    """Copy picture and sound as they are into a new file."""
    import av  # noqa: PLC0415

    with (
        opened(source.path, source.demuxer) as reader,
        av.open(str(target), "w", "mp4", options=_OPTIONS | _index(source)) as out,
    ):
        picture = _pictures(reader, source)
        sound = sound_of(reader) if plan.copies_sound else None
        tracks = {picture: out.add_stream_from_template(picture)}
        if sound is not None:
            tracks[sound] = out.add_stream_from_template(sound)
        for track in tracks.values():
            track.metadata.clear()
        waiting = [] if plan.copies_sound else _sound(source, plan.cut, out, check)
        has_more, times = False, iter(source.packets.decode_times)
        # As floats: a fraction for each packet takes as long as its copy.
        ticks = {track: float(track.time_base) for track in tracks}
        for packet in reader.demux(*tracks):
            check()
            if packet.pts is None and packet.dts is None:
                continue
            if source.packets.decode_times and packet.stream is picture:
                packet.dts = next(times)
            at_s = packet.dts * ticks[packet.stream]
            if packet.stream is sound and at_s >= source.packets.end_s:
                continue
            waiting = _mux_until(out, waiting, at_s - source.packets.start_s)
            rest = _neutral(packet, source) if packet.stream is picture else None
            has_more = has_more or rest is not None
            new = packet if rest is None else rest
            new.stream = tracks[packet.stream]
            out.mux(new)
            progress(min(1.0, at_s / source.length_s))
        for packet in waiting:
            out.mux(packet)
    more = ["data that the camera wrote between the pictures"] if has_more else []
    return [*_changes(source, plan, more), "Picture and sound are copied as they are." if plan.copies_sound
            else "The picture is copied as it is."]  # fmt: skip


def _index(source: ClipSource) -> dict[str, str]:
    """Say how a copy gets its index to the beginning, by options of FFmpeg's."""
    if source.bytes < _LONG_MOVE:
        return _MOVED_INDEX
    packets = source.packets.count + math.ceil(source.length_s * _SOUND_PACKETS_PER_S)
    return {"moov_size": str(packets * _INDEX_OF_PACKET + _INDEX_OF_REST)}


def _neutral(packet: Any, source: ClipSource) -> Any:
    """Return a packet of the picture without foreign data; None where it has none."""
    import av  # noqa: PLC0415

    content = without_user_data(memoryview(packet), source.length_bytes)
    if not content:
        return None
    new: Any = av.Packet(content)
    for name in ("time_base", "pts", "dts", "duration", "is_keyframe"):
        setattr(new, name, getattr(packet, name))
    return new


def _pictures(reader: Any, source: ClipSource) -> Any:
    from cometact_nb.store.clips.probe import picture_of  # noqa: PLC0415

    picture = picture_of(reader)
    picture.thread_type, picture.codec_context.thread_count = "AUTO", THREADS
    assert picture.codec_context.codec.canonical_name == source.codec
    return picture


def _mux_until(out: Any, waiting: list[Any], seconds: float) -> list[Any]:
    """Write the packets of the sound up to a moment, so that both tracks stand side by side in the file."""
    count = 0
    for packet in waiting:
        if packet.pts * packet.time_base > seconds:
            break
        out.mux(packet)
        count += 1
    return waiting[count:] if count else waiting


def _sound(source: ClipSource, cut: Cut, out: Any, check: Callable[[], None]) -> list[Any]:
    """Add a track with the encoded sound of the part, and return its packets."""
    if not source.sound:
        return []
    start_s = source.packets.start_s
    part = (start_s + cut.start_s, start_s + min(cut.end_s, source.length_s))
    with opened(source.path, source.demuxer) as reader:
        _, packets = encoded_sound(reader, sound_of(reader), out, part, _most_s(cut), check)
    return packets


def _most_s(cut: Cut) -> float:
    return REFERENCE_S[1] if cut.end_s - cut.start_s <= REFERENCE_S[1] else float("inf")


def _encode(
    source: ClipSource,
    plan: _Plan,
    recipe: InputRecipe,
    target: Path,
    check: Callable[[], None],
    progress: Callable[[float], None],
) -> list[str]:
    """Encode the picture anew, and the sound with it."""
    import av  # noqa: PLC0415

    orientation, box = source.orientation.turned(recipe.turn or 0), recipe.crop or WHOLE
    size = size_of(source.frame.width, source.frame.height, source.pixel, orientation, box, _LONGEST)
    start_s = source.packets.start_s
    timeline = Timeline(start_s + plan.cut.start_s, start_s + plan.cut.end_s, 1 / source.packets.fps)
    with av.open(str(target), "w", "mp4", options=_OPTIONS | _MOVED_INDEX) as out:
        waiting = _sound(source, plan.cut, out, check)
        ready = FrameFilter(orientation, box, size).frames(timeline.picks(_decoded(source, plan.cut, check)))
        track: Any = None
        for frame in _lasting(ready, timeline.ticks):
            track = track or _track(out, frame, source, timeline, bool(waiting))
            waiting = _mux_until(out, waiting, frame.pts / CLOCK)
            out.mux(track.encode(frame))
            progress(frame.pts / timeline.ticks)
        if track is None:
            raise InputError(f"{source.path.name!r} holds no picture that can be decoded. Export it again.")
        out.mux(track.encode(None))
        for packet in waiting:
            out.mux(packet)
    width, height = (
        (source.frame.height, source.frame.width)
        if orientation.lies
        else (source.frame.width, source.frame.height)
    )
    scaled = (
        []
        if recipe.crop or size == (width, height)
        else [f"Scaled from {width}×{height} to {size[0]}×{size[1]}."]
    )
    cropped = [f"Cropped to {size[0]}×{size[1]}."] if recipe.crop else []
    changes = [sentence for sentence in _changes(source, plan) if sentence != "Cropped."]
    return [*changes, *cropped, *scaled]


def _decoded(source: ClipSource, cut: Cut, check: Callable[[], None]) -> Iterator[Any]:
    """Decode from the last key frame before the part on; a damaged piece is left out."""
    from av.error import InvalidDataError  # noqa: PLC0415

    with opened(source.path, source.demuxer) as reader:
        picture = _pictures(reader, source)
        if cut.start_s > 0:
            reader.seek(int((source.packets.start_s + cut.start_s) / picture.time_base), stream=picture)
        for packet in reader.demux(picture):
            check()
            try:
                frames = packet.decode()
            except InvalidDataError:
                continue
            yield from frames


def _lasting(frames: Iterator[Any], ticks: int) -> Iterator[Any]:
    """Give each frame the time until the next one, the last one until the end."""
    from av.video.frame import PictureType  # noqa: PLC0415

    before: Any = None
    for frame in frames:
        frame.pict_type = PictureType.NONE  # the encoder decides, not the source
        if before is not None:
            before.duration = frame.pts - before.pts
            yield before
        before = frame
    if before is not None:
        before.duration = max(1, ticks - before.pts)
        yield before


def _track(out: Any, frame: Any, source: ClipSource, timeline: Timeline, has_sound: bool) -> Any:
    from av.codec.context import Flags  # noqa: PLC0415

    seconds = timeline.ticks / CLOCK
    most = int(MAX_BYTES["video"] * _SHARE * 8 / seconds) - (BIT_RATE if has_sound else 0)
    most = min(max(most, 50_000), 60_000_000)
    fps = Fraction(min(source.packets.fps, 60.0)).limit_denominator(1001)
    options = {
        "preset": _PRESET,
        "crf": str(_CRF),
        "profile": "high",
        "bf": "0",  # decoded as they are shown, so that no reader of the index counts another length
        "a53cc": "0",  # no captions of the source
        "maxrate": str(most),
        "bufsize": str(most),
    }
    track = out.add_stream("libx264", rate=fps or 30, options=options)
    track.width, track.height, track.pix_fmt = frame.width, frame.height, "yuv420p"
    track.time_base = track.codec_context.time_base = Fraction(1, CLOCK)
    track.codec_context.flags |= Flags.frame_duration  # without it, the last frame's time is a guess
    for name in ("colorspace", "color_primaries", "color_trc", "color_range"):
        setattr(track.codec_context, name, int(getattr(frame, name)))
    return track


def _changes(source: ClipSource, plan: _Plan, more: Sequence[str] = ()) -> list[str]:
    changes = [sentence for sentence in plan.anew if sentence]
    if source.sound and not (plan.copies_sound and not plan.anew):
        was = "" if source.sound == "aac" else f" (it was {source.sound.upper()})"
        changes.append(f"Sound encoded as AAC{was}.")
    if source.extra:
        changes.append(f"Dropped {', '.join(source.extra)}.")
    removed = private.sentence([*private.kinds_in_tags(source.tags), *source.foreign, *more])
    return [*changes, removed] if removed else changes
