"""The name of a published file says which content it is, to this package, and where it is to nobody else."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain import redact
from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.inputs import facts
from cometact_nb.domain.published import file_name, read_name, sha256_in
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.sweep.grid import expand, specify
from cometact_nb.store.user import User

CONTENTS = st.binary(min_size=1, max_size=40)
#: Places as a published file's address may begin and end with: another host, path, port, signature, spelling.
BASES = st.sampled_from(
    [
        "https://cdn.example.com/inputs",
        "https://CDN.example.com:443/inputs",
        "https://account.blob.core.windows.net/container/inputs",
        "http://127.0.0.1:8123/inputs",
        "https://me.example/~me/a%20b/s--Ab3dEf9h--",
    ]
)
ENDS = st.sampled_from(
    ["", "?", "?sv=2025&se=2026&sp=r&sig=a%2Fb", "?X-Goog-Signature=aa&X-Goog-Expires=9", "#t=1", "?v=2"]
)
USERS = st.sampled_from(["a", "b"])


def sign(user: str) -> object:
    return lambda *parts: hashlib.sha256(json.dumps([user, *parts]).encode()).hexdigest()


def address(content: bytes, base: str, end: str, user: str) -> str:
    name = file_name(hashlib.sha256(content).hexdigest(), "png", sign(user))  # type: ignore[arg-type]
    return f"{base}/{name}{end}"


@given(CONTENTS, BASES, ENDS, USERS, BASES, ENDS, USERS)
def test_one_content_is_one_request_wherever_it_is_published_and_whoever_signs(
    content: bytes, base: str, end: str, user: str, base_2: str, end_2: str, user_2: str
) -> None:
    one, other = address(content, base, end, user), address(content, base_2, end_2, user_2)
    inline = "data:image/png;base64," + base64.b64encode(content).decode()
    assert identity_of(one) == identity_of(other) == identity_of(inline)


@given(CONTENTS, CONTENTS, BASES, ENDS)
def test_two_contents_are_never_one_request(content: bytes, other: bytes, base: str, end: str) -> None:
    same = identity_of(address(content, base, end, "a")) == identity_of(address(other, base, end, "a"))
    assert same == (content == other)


@given(CONTENTS, BASES, BASES, ENDS, st.integers(1, 3))
def test_a_sweep_over_one_content_at_two_places_has_each_cell_once_and_one_fingerprint(
    content: bytes, base: str, base_2: str, end: str, seeds: int
) -> None:
    reference, places = (
        "https://h.example/talk.mp4",
        [address(content, base, end, "a"), address(content, base_2, "", "b")],
    )
    spec = specify({"character": places, "reference": reference, "seed": list(range(seeds))})
    assert len(expand(spec).cells) == seeds
    first, second = (specify({"character": one, "reference": reference}) for one in places)
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(
    "name",
    [
        "act-two-" + "a" * 63 + "-" + "b" * 32 + ".png",
        "act-two-" + "A" * 64 + "-" + "b" * 32 + ".png",
        "act-two-" + "a" * 64 + "-" + "b" * 31 + ".png",
        "act-two-" + "a" * 64 + "-" + "b" * 32 + ".gif",
        "my-act-two-" + "a" * 64 + "-" + "b" * 32 + ".png",
        "act-two-" + "a" * 64 + "-" + "b" * 32 + ".png.png",
        "act-two-.png",
    ],
)
def test_a_name_that_is_nearly_one_is_an_address_like_any_other(name: str) -> None:
    url = f"https://h.example/{name}"
    assert read_name(name) is None
    assert sha256_in(url) is None
    assert identity_of(url) == url


def test_a_hash_in_a_folder_s_name_or_a_query_says_nothing() -> None:
    name = "act-two-" + "a" * 64 + "-" + "b" * 32 + ".png"
    for url in (f"https://h.example/{name}/x.png", f"https://h.example/x.png?file=/{name}"):
        assert sha256_in(url) is None


def test_the_code_is_this_user_s_own(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"face").hexdigest()
    mine, theirs = User(tmp_path / "mine"), User(tmp_path / "theirs")
    assert file_name(digest, "jpeg", mine.sign) == file_name(digest, "jpeg", User(tmp_path / "mine").sign)
    assert file_name(digest, "jpeg", mine.sign) != file_name(digest, "jpeg", theirs.sign)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "id").write_text("no id")
    with pytest.raises(ValueError, match="could be guessed"):
        file_name(digest, "jpeg", User(tmp_path / "broken").sign)


def test_a_consent_is_of_one_place_and_one_user(tmp_path: Path) -> None:
    mine, theirs = User(tmp_path / "mine"), User(tmp_path / "theirs")
    mine.agree("s3://bucket/inputs")
    assert User(tmp_path / "mine").has_agreed("s3://bucket/inputs")
    assert not mine.has_agreed("s3://bucket/other")
    (consent,) = (tmp_path / "mine" / "public").iterdir()
    (tmp_path / "theirs" / "public").mkdir(parents=True)
    (tmp_path / "theirs" / "public" / consent.name).write_bytes(consent.read_bytes())
    assert not theirs.has_agreed("s3://bucket/inputs")  # copied from another machine


def test_nothing_that_is_shown_or_written_beside_a_clip_tells_where_a_face_is() -> None:
    url = address(b"face", "https://cdn.example.com/in", "?sig=abc&sv=1&se=2", "a")
    secret = url.rpartition("-")[2].partition(".")[0]
    request = ActTwoRequest(url, "https://h.example/talk.mp4")
    texts = [
        redact.bare(url),
        redact.display(url),
        redact.public(url),
        redact.text(f"see {url}."),
        repr(request),
    ]
    texts.append(str(facts(request.to_json())))
    assert not any(secret in text for text in texts)
    assert facts(request.to_json())["character"].sha256 == hashlib.sha256(b"face").hexdigest()


def test_a_published_file_has_the_name_that_its_user_knows() -> None:
    body = ActTwoRequest(
        address(b"face", "https://cdn.example.com/in", "", "a"), "https://h.example/talk.mp4"
    ).to_json()
    assert facts(body, {"character": "me.heic"})["character"].name == "me.heic"
