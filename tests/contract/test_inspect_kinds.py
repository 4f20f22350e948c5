"""Kinds of bad input, each made here and looked at over real sockets: texts, broken files, hosts, turned pictures."""

from __future__ import annotations

import gzip
import io
import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from files import Host, covered_bytes, image_bytes, video_bytes, wide_webm_bytes
from PIL import Image

from cometact_nb.domain.inspection.facts import Inspection, Role
from cometact_nb.domain.service import Secret
from cometact_nb.entry import cli
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session


@pytest.fixture
def session(tmp_path: Path, host: Host) -> Iterator[Session]:
    made = Session(
        Config(base_url=host.base_url, api_key=Secret("sk-1"), history=str(tmp_path / "history.sqlite"))
    )
    yield made
    made.close()


def errors(found: Inspection) -> list[str]:
    return [str(finding) for finding in found.findings if finding.severity == "error"]


def box(content: bytes, kind: bytes) -> tuple[int, int]:
    """Where a box of the outermost level begins and ends."""
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == kind:
            return at, at + length
        at += length
    raise LookupError(kind)


def turned(content: bytes) -> bytes:
    """The clip with a note in its track's header to turn it by a quarter."""
    at = content.index(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    return content[:at] + matrix + content[at + 36 :]


def with_sound(container: str, codec: str, sound: str, picture_s: float, sound_s: float) -> bytes:
    """A clip whose picture and sound end at other times."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        heard: Any = out.add_stream(sound, rate=48000, layout="mono")
        for _ in range(round(picture_s * 10)):
            out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode())
        for index in range(round(sound_s * 48000 / 960)):
            frame = av.AudioFrame(format="s16" if sound == "libopus" else "fltp", layout="mono", samples=960)
            frame.sample_rate, frame.pts, frame.time_base = 48000, index * 960, Fraction(1, 48000)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            out.mux(heard.encode(frame))
        out.mux(heard.encode())
    return target.getvalue()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip whose index stands first."""
    path = tmp_path_factory.mktemp("clips") / "first.mp4"
    path.write_bytes(video_bytes(4))
    with (
        av.open(str(path)) as given,
        av.open(str(path.with_name("out.mp4")), "w", options={"movflags": "faststart"}) as out,
    ):
        stream = out.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return path.with_name("out.mp4").read_bytes()


@pytest.mark.parametrize("served", ["video/mp4", "text/plain", "application/octet-stream"])
@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
        (b'{"error": "expired"}', "JSON text"),
        (b"<Error><Code>AccessDenied</Code></Error>", "XML text"),
        (b"#EXTM3U\nseg0.ts\n", "playlist"),
        (b"<!-- x --><head><title>Sign in</title>", "web page"),
        (b"Gone.", "plain text"),
        (b"PK\x03\x04 and more", "ZIP archive"),
        (b"ID3\x04\0 and more", "sound"),
    ],
)
def test_no_type_makes_media_of_other_files_and_no_message_advises_to_change_it(
    session: Session, host: Host, content: bytes, word: str, served: str
) -> None:
    found = session.inspect(host.add("clip.mp4", content, served), "reference")
    (told,) = errors(found)
    assert word in told
    assert "type" not in told
    assert found.findings[0].basis == "seen"


def test_an_inspection_reports_files_that_broke_off_and_no_whole_ones(
    session: Session, host: Host, first: bytes
) -> None:
    late = video_bytes(4)
    fragments = video_bytes(4, movflags="frag_keyframe+empty_moov")
    webm = video_bytes(4, codec="libvpx", container="webm")
    _, index_end = box(first, b"moov")
    whole = {"first.mp4": first, "late.mp4": late, "fragments.mp4": fragments, "a.webm": webm}
    cut = {
        "first.mp4": first[: len(first) * 3 // 4],
        "index.mp4": first[:index_end],
        "within-index.mp4": first[: index_end - 20],
        "late.mp4": late[: len(late) // 2],
        "no-index.mp4": late[: box(late, b"moov")[0]],
        "fragments.mp4": fragments[: len(fragments) * 3 // 4],
        "a.webm": webm[: len(webm) // 2],
    }
    for kind in ("JPEG", "PNG", "WEBP"):
        whole[f"a.{kind.lower()}"] = image = image_bytes(kind, (300, 200))
        cut[f"a.{kind.lower()}"] = image[: len(image) // 2]
        cut[f"last-byte.{kind.lower()}"] = image[:-1]
    for files, broken in ((whole, False), (cut, True)):
        for name, content in files.items():
            ending = name.rpartition(".")[2]
            served = f"{'video' if ending in {'mp4', 'webm'} else 'image'}/{ending}"
            role: Role = "reference" if served.startswith("video") else "character"
            url = host.add(f"{'cut' if broken else 'whole'}-{name}", content, served)
            found = session.inspect(url, role)
            assert bool(found.facts.broken) is broken, (name, str(found))
            assert (found.ok is False) is broken, (name, str(found))
            if broken:
                assert any("breaks off" in told for told in errors(found)), (name, errors(found))


def test_a_broken_file_is_named_without_pyav_too(
    session: Session, host: Host, first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cometact_nb.engine.contents.can_probe", lambda: False)
    found = session.inspect(host.add("cut.mp4", first[: len(first) // 2]), "reference")
    assert "breaks off" in errors(found)[0]


@pytest.mark.parametrize("trailer", [b"", b"\0" * 100, b"SEFT" + bytes(70_000)])
def test_what_phones_append_to_a_picture_breaks_nothing(session: Session, host: Host, trailer: bytes) -> None:
    found = session.inspect(host.add("a.jpg", image_bytes("JPEG") + trailer, "image/jpeg"), "character")
    assert found.ok is True, str(found)


@pytest.mark.parametrize("status", [403, 404, 400, 416, 500, 501])
def test_a_host_that_refuses_our_range_is_asked_once_without(
    session: Session, host: Host, status: int
) -> None:
    found = session.inspect(host.add("clip.mp4", video_bytes(4), range_status=status), "reference")
    if status == 500:  # trouble is no refusal
        assert found.ok is None
        return
    assert found.ok is True, str(found)
    assert found.facts.range_status == status
    assert found.facts.supports_range is False
    assert found.facts.duration_s == 4.0
    assert [asked for _, _, asked in host.requests].count(None) <= 3


def test_an_inspection_quotes_the_first_answer_of_a_host_that_refuses_every_get(
    session: Session, host: Host
) -> None:
    found = session.inspect(host.add("clip.mp4", b"no", get=403), "reference")
    assert "HTTP 403" in errors(found)[0]


@pytest.mark.parametrize(("length", "word"), [("0", "HEAD says 0"), ("17", "HEAD says 17")])
def test_a_wrong_length_in_the_answer_to_head_is_named_as_that(
    session: Session, host: Host, length: str, word: str
) -> None:
    found = session.inspect(host.add("clip.mp4", video_bytes(4), head_length=length), "reference")
    (told,) = errors(found)
    assert word in told
    assert "empty" not in told
    assert found.facts.duration_s == 4.0


def test_206_to_head_is_a_warning_and_the_file_is_looked_at(session: Session, host: Host) -> None:
    found = session.inspect(host.add("clip.mp4", video_bytes(4), head=206), "reference")
    assert found.ok is True
    assert "HTTP 206" in str(found.findings[0])
    assert found.facts.duration_s == 4.0


def test_a_refused_head_in_trouble_is_not_called_a_refusal(session: Session, host: Host) -> None:
    found = session.inspect(host.add("clip.mp4", video_bytes(4), head=503), "reference")
    assert found.ok is True
    assert "HTTP 503" in found.unchecked[0]


@pytest.mark.parametrize("content", [video_bytes(4), b"<html>sign in</html>"])
def test_what_comes_packed_is_named_and_not_taken_for_an_archive(
    session: Session, host: Host, content: bytes
) -> None:
    found = session.inspect(host.add("clip.mp4", gzip.compress(content), encoding="gzip"), "reference")
    assert any("Content-Encoding: gzip" in str(finding) for finding in found.findings)
    assert "compressed file" not in str(found)
    assert ("web page" in str(found)) is content.startswith(b"<html")


@pytest.mark.parametrize(("picture_s", "sound_s"), [(2, 5), (29, 31), (8, 8)])
@pytest.mark.parametrize(
    ("container", "codec", "sound"), [("mp4", "libx264", "aac"), ("webm", "libvpx", "libopus")]
)
def test_the_length_is_the_pictures_own_in_every_container(
    session: Session, host: Host, container: str, codec: str, sound: str, picture_s: int, sound_s: int
) -> None:
    content = with_sound(container, codec, sound, picture_s, sound_s)
    found = session.inspect(host.add(f"a.{container}", content, f"video/{container}"), "reference")
    assert found.facts.duration_s == pytest.approx(picture_s, abs=0.2)
    assert any("lasts" in told for told in errors(found)) is (picture_s < 3)
    doubts = [finding for finding in found.findings if finding.severity == "warning"]
    assert [finding.basis for finding in doubts] == (["vendor"] if picture_s == 29 else [])


def test_a_movie_that_says_another_length_than_its_track_is_doubtful(session: Session, host: Host) -> None:
    content = video_bytes(5)
    at = content.index(b"mvhd") + 4
    scale = int.from_bytes(content[at + 12 : at + 16], "big")
    longer = content[: at + 16] + (40 * scale).to_bytes(4, "big") + content[at + 20 :]
    found = session.inspect(host.add("clip.mp4", longer), "reference")
    assert found.facts.duration_s == 5.0
    assert "5 s of picture in a file of 40 s" in str(found.findings[0])


def test_sizes_are_those_that_a_player_shows(session: Session, host: Host, tmp_path: Path) -> None:
    upright = session.inspect(host.add("a.mp4", turned(video_bytes(4))), "reference").facts
    assert (upright.width, upright.height, upright.stored) == (48, 64, (64, 48))
    note = Image.Exif()
    note[0x0112] = 6
    for kind in ("JPEG", "PNG", "WEBP"):
        content = image_bytes(kind, (64, 48), exif=note)
        facts = session.inspect(host.add(f"a.{kind}", content, f"image/{kind.lower()}"), "character").facts
        assert (facts.width, facts.height, facts.stored) == (48, 64, (64, 48)), kind
    path = tmp_path / "a.avif"
    path.write_bytes(image_bytes("AVIF", (64, 48), exif=note))
    facts = session.inspect(path).facts
    assert (facts.width, facts.height) == (48, 64)


def test_pixels_that_are_not_square_are_stretched_as_a_player_does(session: Session, tmp_path: Path) -> None:
    contents = {"a.mp4": video_bytes(4, pixel=Fraction(2)), "a.webm": wide_webm_bytes()}
    for name, content in contents.items():
        target = tmp_path / name
        target.write_bytes(content)
        facts = session.inspect(target).facts
        assert (facts.width, facts.height, facts.stored) == (128, 48, (64, 48)), name


def test_a_cover_picture_is_no_film(session: Session, tmp_path: Path) -> None:
    sound, film = tmp_path / "sound.mp4", tmp_path / "film.mp4"
    sound.write_bytes(covered_bytes(film=False))
    found = session.inspect(sound, "reference")
    assert any("sound with a cover picture" in told for told in errors(found))
    film.write_bytes(covered_bytes(film=True))
    found = session.inspect(film, "reference")
    assert found.ok is True, str(found)
    assert (found.facts.codec, found.facts.width) == ("h264", 64)


def test_a_guess_of_a_thousand_frames_a_second_is_no_rate(session: Session, tmp_path: Path) -> None:
    target = io.BytesIO()
    with av.open(target, "w", format="webm", options={"live": "1"}) as out:
        stream = out.add_stream("libvpx", rate=1000, options={"deadline": "realtime"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for at in (0, 41, 73, 120):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = at
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    content = bytearray(target.getvalue())
    at = content.find(b"\x23\xe3\x83")  # the default duration of a frame, which no browser writes
    content[at : at + 8] = b"\xec\x86" + bytes(6)
    path = tmp_path / "take.webm"
    path.write_bytes(content)
    fps = session.inspect(path).facts.fps
    assert fps is None or fps < 100


def test_a_good_local_file_is_not_refused_but_has_to_be_published(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "take.mp4"
    path.write_bytes(video_bytes(4))
    found = session.inspect(path)
    assert found.ok is True
    (note,) = found.findings
    assert (note.severity, note.basis) == ("warning", "vendor")
    assert 'act.guide("own-files")' in note.cure
    monkeypatch.setenv("COMETACT_NB_HISTORY", str(tmp_path / "history.sqlite"))
    assert cli.main(["doctor", str(path)]) == 0
    assert "the vendor would say" in capsys.readouterr().out


def test_each_local_file_that_cannot_be_used_brings_one_clear_error(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "huge.mp4").write_bytes(video_bytes(4) + b"\0\0\0\0free" + bytes(33 * 1024**2))
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    words = {
        "empty.mp4": "is empty",
        "huge.mp4": "up to 32 MB",
        "folder.mp4": "is a folder",
        "pipe.mp4": "no ordinary file",
        "missing.mp4": "is no file",
    }
    for name, word in words.items():
        (told,) = errors(session.inspect(tmp_path / name, "reference"))
        assert word in told
    closed = tmp_path / "closed.mp4"
    closed.write_bytes(b"x")
    monkeypatch.setattr(Path, "open", _refuse)
    (told,) = errors(session.inspect(closed, "reference"))
    assert "may not be read" in told


def _refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_path_object_is_a_file_of_this_machine_whatever_its_name_reads_like(
    session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "take: one.mp4"
    path.write_bytes(video_bytes(4))
    assert session.inspect(path).ok is True
    named = Path("data:image") / "a.png"
    (told,) = errors(session.inspect(named))
    assert "no file of this machine" in told
