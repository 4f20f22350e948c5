"""An inspection asks for little, from hosts it may reach only, and remembers for a while."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from files import Host, image_bytes, noisy_video_bytes, serving, sound_bytes, video_bytes
from inspecting import KEY, errors, only_error
from present import present

from cometact_nb.domain.service import Secret
from cometact_nb.engine import remote_file
from cometact_nb.engine.inspector import Inspector
from cometact_nb.engine.remote_file import BLOCK, Limits
from cometact_nb.entry import cli
from cometact_nb.errors import ConfigError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session


@pytest.fixture
def session(tmp_path: Path, host: Host) -> Iterator[Session]:
    """A session whose service is on this machine, as on the sandbox, and that has a key to lose."""
    made = Session(
        Config(base_url=host.base_url, api_key=Secret(KEY), history=str(tmp_path / "history.sqlite"))
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def heavy_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """About 5 MB, its index at the end."""
    return noisy_video_bytes(tmp_path_factory.mktemp("clips"), 10, 4000)


def test_an_inspection_says_that_a_file_is_too_large_without_reading_it(
    session: Session, host: Host, clip: bytes
) -> None:
    padded = clip + b"\0\0\0\0free" + bytes(33 * 1024**2)
    told = only_error(session.inspect(host.add("clip.mp4", padded), "reference"))
    assert "up to 32 MB" in told
    assert "lower bit rate" in told
    assert host.sent <= BLOCK + 65536


def test_a_large_clip_costs_few_requests_and_bytes(session: Session, host: Host, heavy_clip: bytes) -> None:
    assert len(heavy_clip) > 4_000_000
    found = session.inspect(host.add("clip.mp4", heavy_clip), "reference")
    assert found.facts.duration_s == 10.0
    assert len(host.requests) <= 4
    assert host.sent <= 3 * BLOCK


def test_a_host_without_ranges_is_read_from_the_start_as_far_as_the_bounds_allow(
    session: Session, host: Host, heavy_clip: bytes, tmp_path: Path
) -> None:
    content = noisy_video_bytes(tmp_path, 4, 4000, movflags="faststart")
    fast = session.inspect(host.add("fast.mp4", content, ranges=False))
    assert fast.facts.duration_s == 4.0
    assert fast.facts.supports_range is False
    slow = session.inspect(host.add("clip.mp4", heavy_clip, ranges=False), "reference")
    assert slow.ok is True
    assert slow.facts.duration_s is None
    assert "the host sends no parts of a file" in slow.unchecked[0]


def test_an_endless_body_ends_at_the_bounds(session: Session, host: Host, clip: bytes) -> None:
    url = host.add("clip.mp4", clip[:1000], ranges=False, length=False, endless=True)
    found = session.inspect(url, "reference")
    assert "Content-Length" in only_error(found)
    assert found.unchecked


def test_a_slow_host_leaves_the_question_open(session: Session, host: Host, clip: bytes) -> None:
    gate = threading.Event()
    session.inspector = Inspector(Limits(seconds=0.2))
    found = session.inspect(host.add("clip.mp4", clip, head_gate=gate), "reference")
    assert found.ok is None
    # A busy machine may not even have connected by then.
    assert re.search(r"in time|before anything was sent \(TimeoutError\)", present(found.unreachable))
    slow_body = session.inspect(host.add("body.mp4", clip, gate=gate), "reference")
    assert slow_body.ok is True
    assert "What the file holds" in slow_body.unchecked[0]
    gate.set()


def test_a_refused_connection_leaves_the_question_open(session: Session) -> None:
    with serving() as gone:
        url = f"{gone.base_url}/clip.mp4"
    found = session.inspect(url)
    assert found.ok is None
    assert found.unreachable


def test_too_many_requests_are_not_made(
    session: Session, host: Host, heavy_clip: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    session.inspector = Inspector(Limits(requests=2))
    found = session.inspect(host.add("clip.mp4", heavy_clip), "reference")
    assert len(host.requests) == 2
    assert "did not suffice" in found.unchecked[0]
    assert Path(remote_file.__file__).name not in capfd.readouterr().err  # PyAV prints what its file raises


def test_the_key_goes_to_no_host(session: Session, host: Host, clip: bytes) -> None:
    session.inspect(host.add("clip.mp4", clip))
    assert host.headers
    assert not any(KEY in str(headers) or "authorization" in headers for headers in host.headers)


def test_what_was_seen_is_remembered_for_a_while_and_for_either_role(
    session: Session, host: Host, clip: bytes
) -> None:
    now = [0.0]
    session.inspector = Inspector(monotonic=lambda: now[0])
    url = host.add("clip.mp4", clip)
    session.inspect(url, "reference")
    asked = len(host.requests)
    assert session.inspect(url, "character").role == "character"
    assert len(host.requests) == asked
    session.inspect(url, fresh=True)
    assert len(host.requests) == 2 * asked
    now[0] += 599.0
    session.inspect(url)
    assert len(host.requests) == 2 * asked
    now[0] += 2.0
    session.inspect(url)
    assert len(host.requests) == 3 * asked


def test_memory_is_bounded(session: Session, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cometact_nb.engine.inspector.MEMORY_SIZE", 3)
    url = host.add("hero.png", image_bytes(), "image/png")
    for index in range(5):
        session.inspect(f"{url}?{index}")
    asked = len(host.requests)
    for index in (4, 3, 2):  # the last three are remembered
        session.inspect(f"{url}?{index}")
    assert len(host.requests) == asked
    session.inspect(f"{url}?1")
    assert len(host.requests) > asked


def test_the_real_service_cannot_reach_this_machine_so_nothing_is_asked(
    tmp_path: Path, host: Host, clip: bytes
) -> None:
    session = Session(Config(api_key=Secret(KEY), history=str(tmp_path / "history.sqlite")))
    url = host.add("clip.mp4", clip)
    for address in (url, url.replace("127.0.0.1", "localhost").replace("http:", "https:")):
        assert "this machine" in only_error(session.inspect(address, "reference"))
    session.close()
    assert host.requests == []


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "127.0.0.1", "fd00::1", "169.254.169.254", "::ffff:192.168.0.1"]
)
def test_a_name_in_a_private_network_is_not_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    session.begin_inspect("x").result(60)

    async def resolved(*_: object) -> tuple[str, ...]:
        return (address,)

    monkeypatch.setattr(session.engine.client, "addresses", resolved)
    assert "private network" in only_error(session.inspect("https://nas.example.com/clip.mp4"))


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("http://example.com/clip.mp4", "not https"),
        ("https://93.184.216.34/clip.mp4", "IP address"),
        ("https://", "complete URL"),
        ("https://[", "complete URL"),
        (f"https://example.invalid/{'a' * 2050}.mp4", "characters long"),
        ("ftp://example.com/a", "no web address"),
        ("", "is no address"),
        ("nowhere.mp4", "no file of this machine"),
    ],
)
def test_a_bad_address_is_a_finding_and_nothing_is_sent(
    session: Session, host: Host, address: str, word: str
) -> None:
    assert word in only_error(session.inspect(address))
    assert host.requests == []


def test_an_inspection_checks_a_local_file_and_says_that_it_is_local(
    session: Session, tmp_path: Path, clip: bytes
) -> None:
    path = tmp_path / "take 1.mp4"
    path.write_bytes(video_bytes(31, codec="mpeg4"))
    found = session.inspect(path)
    assert found.role == "reference"
    codec, length = errors(found)
    assert "coded as mpeg4" in codec
    assert "lasts 31 s" in length
    assert "is a local file" in str(found.findings[0])


def test_a_data_uri_is_looked_into(session: Session) -> None:
    import base64

    uri = "data:image/png;base64," + base64.b64encode(image_bytes("PNG", (900, 300))).decode()
    found = session.inspect(uri, "character")
    assert found.facts.aspect == 3.0
    assert uri not in str(found)
    assert len(str(found)) < 1000


def test_sound_alone_is_no_clip_and_a_recording_without_a_length_is_doubtful(
    session: Session, host: Host
) -> None:
    told = only_error(session.inspect(host.add("sound.mp4", sound_bytes()), "reference"))
    assert "no video stream" in told
    live = video_bytes(4, codec="libvpx", container="webm", live="1")
    found = session.inspect(host.add("live.webm", live, "video/webm"), "reference")
    assert found.ok is True
    assert "how long" in found.findings[0].problem


def test_a_fragmented_clip_tells_its_length_or_nothing(session: Session, host: Host) -> None:
    content = video_bytes(4, movflags="frag_keyframe+empty_moov")
    found = session.inspect(host.add("clip.mp4", content), "reference")
    assert found.ok is True
    assert found.facts.duration_s in {4.0, None}


@pytest.mark.parametrize(
    "content", [b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n"]
)
def test_a_playlist_is_never_opened_as_one(session: Session, host: Host, content: bytes) -> None:
    found = session.inspect(host.add("clip.mp4", content), "reference")
    assert found.facts.codec is None
    assert found.facts.container is None


def test_an_inspection_says_that_it_could_not_check_a_broken_clip(
    session: Session, host: Host, clip: bytes
) -> None:
    found = session.inspect(host.add("clip.mp4", clip[:40] + bytes(5000)), "reference")
    assert "cannot be read" in found.unchecked[0]


def test_without_pyav_the_headers_are_judged_and_the_rest_is_named(
    session: Session, host: Host, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cometact_nb.engine.contents.can_probe", lambda: False)
    found = session.inspect(host.add("clip.mp4", clip, "application/octet-stream"), "reference")
    assert found.ok is False
    assert found.facts.container == "mp4"
    assert "cometact_nb[video]" in found.unchecked[0]


def test_nonsense_arguments_raise(session: Session) -> None:
    with pytest.raises(ConfigError, match="role='hero'"):
        session.inspect("https://example.com/a.png", "hero")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="int is neither"):
        session.inspect(7)  # type: ignore[arg-type]


def test_the_doctor_says_it_on_the_command_line(
    host: Host,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COMETAPI_BASE_URL", host.base_url)
    monkeypatch.setenv("COMETACT_NB_HISTORY", str(tmp_path / "history.sqlite"))
    assert cli.main(["doctor", host.add("clip.mp4", clip)]) == 0
    assert "MP4, h264, 64×48, 4 s, 5 fps" in capsys.readouterr().out
    bad = host.add("bad.mp4", clip, "text/plain")
    assert cli.main(["doctor", f"{bad}?sig=canary", "--role", "reference", "--json"]) == 1
    out = capsys.readouterr().out
    assert json.loads(out)["facts"]["content_type"] == "text/plain"
    assert "canary" not in out
    assert cli.main(["doctor", "https://127.0.0.1:1/clip.mp4"]) == 4
    assert "unreachable" in capsys.readouterr().out
    assert not (tmp_path / "history.sqlite").exists()
