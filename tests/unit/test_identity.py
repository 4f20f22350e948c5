"""Two links to one file are one input, however they are signed or written; two files never are."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.request import ActTwoRequest

FILE = "https://host.example/in/clip.mp4"
#: What each store signs its links with; ``{n}`` changes from day to day.
SIGNED = {
    "S3 version 4": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F2026113{n}%2Fs3&X-Amz-Date=2026113{n}T0Z"
    "&X-Amz-Expires=8640{n}&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t{n}&X-Amz-Signature=ab{n}&x-id=GetObject",
    "S3 version 2": "AWSAccessKeyId=AKIA{n}&Expires=17{n}&Signature=a%2Bb{n}%3D",
    "GCS version 4": "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=c{n}&X-Goog-Date=2026113{n}&X-Goog-Expires=9"
    "&X-Goog-SignedHeaders=host&X-Goog-Signature=0{n}",
    "GCS version 2": "GoogleAccessId=me{n}&Expires=17{n}&Signature=b{n}",
    "Azure SAS": "sv=2024-11-0{n}&st=2026{n}&se=2027{n}&sr=b&sp=r&spr=https&skoid=o{n}&sktid=t&skt=k&ske=e&sks=b"
    "&skv=v&sig=a%2F{n}%3D",
    "CloudFront": "Expires=17{n}&Signature=c{n}&Key-Pair-Id=K{n}",
    "CloudFront, own policy": "Policy=eyJ{n}&Signature=c{n}&Key-Pair-Id=K{n}",
    "Cloudinary token": "__cld_token__=exp={n}~hmac={n}",
    "Alibaba": "OSSAccessKeyId=o{n}&Expires=1{n}&Signature=s{n}&security-token=u{n}",
    "Tencent": "q-sign-algorithm=sha1&q-ak=a{n}&q-sign-time={n}&q-key-time={n}&q-header-list=&q-url-param-list="
    "&q-signature=d{n}",
    "Akamai": "hdnea=st={n}~exp={n}~hmac={n}",
    "Discord": "ex=6{n}&is=6{n}&hm=6{n}",
    "a JWT": "_jwt=eyJ{n}.e.f",
    "token and expires": "token=t{n}&expires={n}",
    "a signature": "sig=t{n}&exp={n}",
}


@pytest.mark.parametrize("query", SIGNED.values(), ids=SIGNED.keys())
def test_a_link_that_was_signed_anew_is_the_same_file(query: str) -> None:
    today, tomorrow = (f"{FILE}?{query.format(n=n)}" for n in (1, 2))
    assert identity_of(today) == identity_of(tomorrow) == FILE
    assert identity_of(f"{FILE}?v=2&{query.format(n=1)}") == f"{FILE}?v=2"
    assert identity_of(f"{FILE}?{query.format(n=1)}&v=2") == f"{FILE}?v=2"


@pytest.mark.parametrize(
    "written",
    [
        "HTTPS://HOST.example/in/clip.mp4",
        "https://host.example:443/in/clip.mp4",
        "https://host.example./in/clip.mp4",
        f"{FILE}#t=3",
        f"{FILE}?",
        f"{FILE}?&",
        "https://host.example/in/%63lip.mp4",
    ],
)
def test_a_link_that_is_written_in_another_way_is_the_same_file(written: str) -> None:
    assert identity_of(written) == FILE


def test_the_case_of_a_percent_encoding_means_nothing() -> None:
    assert identity_of("https://h.example/a%2fb%c3%bc.mp4") == identity_of(
        "https://h.example/a%2Fb%C3%BC.mp4"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{FILE}?v=1", f"{FILE}?v=2"),
        ("https://drive.google.com/uc?id=1", "https://drive.google.com/uc?id=2"),
        ("https://host.example/download?token=a", "https://host.example/download?token=b"),
        ("https://host.example/get?sig=a", "https://host.example/get?sig=b"),
        (f"{FILE}?versionId=1&X-Amz-Signature=a", f"{FILE}?versionId=2&X-Amz-Signature=a"),
        (
            f"{FILE}?x-oss-process=resize,1&x-oss-signature=a",
            f"{FILE}?x-oss-process=resize,2&x-oss-signature=a",
        ),
        (f"{FILE}?st=1", f"{FILE}?st=2"),
        (f"{FILE}?x-id=1", f"{FILE}?x-id=2"),
        (f"{FILE}?alt=json&token=a", f"{FILE}?alt=media&token=a"),
        ("https://host.example/in/clip.mp4", "https://host.example/in/Clip.mp4"),
        ("https://host.example/in/clip.mp4", "https://host.example:8443/in/clip.mp4"),
        ("https://a.example/in/clip.mp4", "https://b.example/in/clip.mp4"),
        ("https://h.example/a%2Fb.mp4", "https://h.example/a/b.mp4"),
        ("runway://a", "runway://b"),
    ],
)
def test_what_chooses_the_file_is_never_taken_for_a_signature(one: str, other: str) -> None:
    assert identity_of(one) != identity_of(other)


def test_a_cloudinary_signature_in_the_path_is_left_out() -> None:
    signed = "https://res.cloudinary.com/demo/image/upload/s--Ab3dEf9h--/w_640/hero.png"
    assert identity_of(signed) == "https://res.cloudinary.com/demo/image/upload/w_640/hero.png"


def test_a_data_uri_is_the_bytes_that_it_holds() -> None:
    content = b"\xff\xfe not really a picture"
    packed = base64.b64encode(content).decode()
    alike = [
        f"data:image/png;base64,{packed}",
        f"data:image/jpeg;base64,{packed}",
        f"data:image/png;name=hero.png;base64,{packed}",
        f"DATA:image/png;BASE64,{packed.rstrip('=')}",
        f"data:image/png;base64,{packed[:9]}\n{packed[9:]}",
        f"data:image/png;base64,{base64.urlsafe_b64encode(content).decode()}",
        "data:image/png," + "".join(f"%{byte:02x}" for byte in content),
    ]
    assert len({identity_of(uri) for uri in alike}) == 1
    assert identity_of("data:image/png;base64,AAAA") != identity_of("data:image/png;base64,AAAB")


@pytest.mark.parametrize(
    "broken", ["data:image/png;base64,A", "data:image/png", "https://[::1/x", "https://h:x/y", ""]
)
def test_an_address_that_cannot_be_read_is_itself(broken: str) -> None:
    assert identity_of(broken) == identity_of(broken)
    assert identity_of(broken) != identity_of(broken + "B")


def request(character: str = "https://h.example/a.png", **fields: Any) -> ActTwoRequest:
    return ActTwoRequest(character, FILE, **fields)


def test_requests_for_the_same_files_and_knobs_have_one_identity_and_their_own_content_hash() -> None:
    one, other = (request(f"https://h.example/a.png?token={n}", seed=1) for n in "ab")
    assert one.identity == other.identity
    assert one.content_hash != other.content_hash
    assert one.identity != request(seed=2).identity
    assert len(one.identity) == 16
