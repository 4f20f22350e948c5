"""One table of addresses and words with secrets in them, for every function that hides one."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain import redact
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.service import Secret
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.url_secrets import is_signed, secret_names
from cometact_nb.views.base.wording import file_name

S = "S1g9f8e7D6c5B4a39281706f5e4d3c2b1A0"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.{S}"

#: Signed links as their makers form them; ``S`` stands wherever a secret would.
SIGNED = {
    "S3 V4": f"https://b.s3.eu-west-1.amazonaws.com/a/c.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={S}%2F20261130%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261130T000000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature={S}",
    "S3 V2": f"https://b.s3.amazonaws.com/c.png?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1795996800&Signature={S}%3D",
    "GCS V4": f"https://storage.googleapis.com/b/c.png?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature={S}",
    "GCS V2": f"https://storage.googleapis.com/b/c.png?GoogleAccessId=x%40y&Expires=1795996800&Signature={S}",
    "Azure SAS": f"https://acc.blob.core.windows.net/c/a.png?sv=2024-11-04&st=2026-11-30&se=2026-12-01&sr=b&sp=r&sig={S}%3D",
    "CloudFront": f"https://d1.cloudfront.net/a.mp4?Policy={S}&Signature={S}&Key-Pair-Id=K2JCJMDEHXQW5F",
    "Alibaba": f"https://b.oss-cn-x.aliyuncs.com/a.png?OSSAccessKeyId=x&Expires=1&Signature={S}",
    "Tencent": f"https://b.cos.ap-x.myqcloud.com/a.png?q-sign-algorithm=sha1&q-ak=x&q-signature={S}",
    "Firebase": f"https://firebasestorage.googleapis.com/v0/b/x/o/a.png?alt=media&token={S}",
    "Discord": f"https://cdn.discordapp.com/attachments/1/2/a.png?ex=6&is=6&hm={S}",
    "Runway": f"https://dnznrvs05pmza.cloudfront.net/5b91e444-c232-deaf-a4d7-8aef3e57336b.mp4?_jwt={JWT}",
    "unknown name, opaque value": f"https://h.example/a.png?zz={S}",
    "Cloudinary": "https://res.cloudinary.com/demo/image/authenticated/s--S1g9f8e7--/v1/a.png",
    "Cloudinary, long": f"https://res.cloudinary.com/demo/image/upload/s--{S[:32]}--/v1/a.png",
    "Akamai in the path": f"https://h.example/hdntl=exp=1795996800~acl=/*~hmac={S}/a.mp4",
    "Google Media CDN in the path": f"https://h.example/edge-cache-token=Expires=1&KeyName=k&Signature={S}/a.mp4",
    "Bunny in the path": f"https://h.b-cdn.net/bcdn_token={S}&expires=1795996800&token_path=%2F/a.mp4",
    "nginx secure_link in the path": f"https://h.example/{S[:22]}/1795996800/a.mp4",
    "Telegram bot": f"https://api.telegram.org/file/bot123456789:{S}/photos/a.jpg",
    "Telegram bot, encoded": f"https://api.telegram.org/file/bot123456789%3A{S}/photos/a.jpg",
    "JWT in the path": f"https://h.example/d/{JWT}/a.mp4",
    "JWT as the file": f"https://h.example/d/{JWT}",
    "token as a segment": f"https://h.example/get/{S}{S}/a.mp4",
    "matrix parameter": f"https://h.example/a.mp4;token={S}",
    "query without a question mark": f"https://h.example/a.mp4&token={S}",
    "address inside the path": f"https://h.example/fetch/https%3A%2F%2Fb.s3.amazonaws.com%2Fa.png%3FX-Amz-Signature%3D{S}",
    "login inside the path": f"https://h.example/fetch/https://me:{S}@h.example/a.png",
    "key in the path": f"https://h.example/sk-{S}/a.mp4",
    "basic auth": f"https://me:{S}@h.example/a.png",
    "user alone": f"https://{S}@h.example/a.png",
    "token in the fragment": f"https://h.example/a.png#access_token={S}",
    "opaque fragment": f"https://h.example/a.png#{S}",
    "upper-case scheme": f"HTTPS://h.example/a.png?SIG={S}",
    "a second question mark": f"https://h.example/a.png?v=1?token={S}",
    "broken address": f"https://[h.example/a.png?token={S}",
    "broken port": f"https://me:{S}@h.example:port/a.png?token={S}",
    "without its scheme": f"b.s3.amazonaws.com/a.png?X-Amz-Signature={S}",
    "without its scheme, with a login": f"me:{S}@h.example/a.png",
    "another scheme": f"s3://me:{S}@b/a.png?token={S}",
    "upload": f"runway://{S}@x/a?token={S}",
}
#: Pieces that no output may hold. (Cloudinary's short signature is eight characters.)
SECRETS = (S[:20], "S1g9f8e7")

PLAIN = [
    "https://h.example/a.png",
    "https://h.example/a/b.mp4?v=3&scenario=redirect-output",
    "https://h.example/5b91e444-c232-deaf-a4d7-8aef3e57336b/a.mp4",
    "https://h.example/" + "3f" * 32 + "/a.mp4",
    "https://h.example/files/My%20Clip%20(2)%20%C3%A9.mp4",
    "https://drive.example/uc?id=1a2B3c4D5e6F7g8H9i0Jk",
    "https://h.example/a@2x.png",
    "http://127.0.0.1:8000/samples/face.png",
    "https://h.example/2026/11/30/20261130120000/a.png",
    "abfs://container@account.dfs.core.windows.net/a.png",
]


@pytest.mark.parametrize("url", SIGNED.values(), ids=SIGNED.keys())
def test_a_signed_link_shows_no_secret_in_any_form(url: str) -> None:
    quoted = json.dumps({"error": {"message": f"cannot fetch {url}"}}).replace("/", "\\/")
    for hidden in (
        redact.bare(url),
        redact.display(url),
        redact.text(f"cannot fetch {url}, try again", limit=5000),
        redact.text(f'<a href="{url}">here</a>', limit=5000),
        redact.text(quoted, limit=5000),
        redact.bare(url.replace("/", "\\/")),
    ):
        assert not any(secret in hidden for secret in SECRETS)
    assert is_signed(url)


@pytest.mark.parametrize("url", SIGNED.values(), ids=SIGNED.keys())
def test_what_is_left_of_a_signed_link_still_says_where_and_what(url: str) -> None:
    left = redact.bare(url)
    assert left
    assert redact.bare(left) == left
    assert not is_signed(left) or url.startswith("https://[")


@pytest.mark.parametrize("url", PLAIN)
def test_a_plain_address_stays_whole_but_for_its_query(url: str) -> None:
    path, _, query = url.partition("?")
    assert redact.bare(url) == path
    assert redact.display(url) == (f"{path}?…" if query else path)
    assert is_signed(url) == ("@account" in url)
    assert redact.text(f"see {url}.") == f"see {redact.display(url)}."


@pytest.mark.parametrize(
    "path",
    ["/home/me/what?.png", "C:\\clips\\a#1.mp4", "clips/a.mp4", "~/a b.png", "./x?y.png", "C:\\b@c.png"],
)
def test_a_local_path_stays_as_it_is(path: str) -> None:
    assert redact.bare(path) == path
    assert redact.display(path) == path


def test_of_a_data_uri_only_its_type_stays() -> None:
    assert redact.bare("data:image/png;base64," + "A" * 5000) == "data:image/png;…"
    assert redact.display("data:,abc") == "data:;…"


KEY = "sk-live/Zq3xW7vU+1tR9pL=42mN"


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        KEY.upper(),
        KEY[3:],
        f"{KEY[:14]}****",
        f"…{KEY[-10:]}",
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        base64.b64encode(KEY.encode()).decode(),
        "Basic " + base64.b64encode(f":{KEY}".encode()).decode(),
        f"Bearer {KEY}",
        json.dumps(KEY).replace("/", "\\/"),
        KEY[:12] + "\u200b" + KEY[12:],
        KEY[:12] + "\x1b[31m" + KEY[12:],
        f"https://h.example/{KEY}/a?key={KEY}",
    ],
)
def test_our_own_key_comes_back_in_no_form(echo: str) -> None:
    hidden = redact.text(f"invalid token: {echo} was given", Secret(KEY))
    low = hidden.lower()
    for form in (KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode()):
        pieces = {form[start : start + 8].lower() for start in range(len(form) - 7)}
        assert not any(piece in low for piece in pieces)
    assert hidden.startswith("invalid token: ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Authorization: Bearer abc123def456", "Authorization: Bearer (hidden)"),
        ("basic dXNlcjpwYXNz", "basic (hidden)"),
        ("use Basic authentication, or a Bearer token.", None),
        ("Incorrect API key provided: sk-ab12****wxyz.", "Incorrect API key provided: (hidden)"),
        ("token=abcdef123456&seed=7", "token=(hidden)&seed=7"),
        (
            '{"access_token": "abcdef123456", "id": "abcdef123456"}',
            '{"access_token": "(hidden)", "id": "abcdef123456"}',
        ),
        ("X-Amz-Signature%3Dabcdef123456", "X-Amz-Signature%3D(hidden)"),
        (f"jwt {JWT} is old", "jwt (hidden) is old"),
        ("expressionIntensity=9 is outside 1–5", None),
        ("task 5b91e444-c232-deaf-a4d7-8aef3e57336b (request id: 20261130120000123456789abcDEF)", None),
        ("Signature expired: 20261130T000000Z", None),
        ("invalid token: missing", None),
        ("max_tokens: 4096", None),
        ("run act.submit(character='https://h.example/a.png')", None),
        ("a\x00b\x1b[31mc\u202ed\u2066e\x07", "abcde"),
        ("one\n\n two\tthree", "one two three"),
    ],
)
def test_words_keep_what_is_no_secret(words: str, expected: str | None) -> None:
    assert redact.text(words, Secret(KEY)) == (words if expected is None else expected)


def test_words_are_bounded_and_say_so() -> None:
    assert redact.text("x" * 10_000_000, limit=50) == "x" * 49 + "…"
    assert redact.text("a\nb", lines=True) == "a\nb"
    assert redact.text(None) == "None"


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_words_break_the_redactor_and_twice_is_once(before: str, after: str) -> None:
    words = f"{before}{KEY}{after} https://me:{S}@h/{after}?{before}"
    hidden = redact.text(words, Secret(KEY), limit=4000)
    assert KEY not in hidden
    assert S not in hidden
    for function in (redact.bare, redact.display, is_signed):
        function(before + after)
        function(f"https://h/{before}?{after}")


def test_what_changes_a_picture_is_no_secret() -> None:
    assert not secret_names(
        ["x-oss-process", "w", "h", "v", "id", "scenario", "alt", "sv", "e", "st", "seed"]
    )
    assert secret_names(["X-Amz-Signature", "sig", "sv", "w"]) == {"X-Amz-Signature", "sig", "sv"}


@pytest.mark.parametrize("url", SIGNED.values(), ids=SIGNED.keys())
def test_the_name_of_an_input_is_no_secret_either(url: str) -> None:
    for name in (file_name(url), label("character", MediaRef("image", url)), repr(MediaRef("image", url))):
        assert name
        assert not any(secret in name for secret in SECRETS)
