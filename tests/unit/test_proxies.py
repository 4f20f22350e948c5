"""What the environment says of proxies, as hubs and container tools write it."""

from __future__ import annotations

import httpx
import pytest

from cometact_nb.api.proxies import proxies

PROXY = "http://proxy.example.com:3128"


def choice(no: str) -> dict[str, str | None]:
    return proxies({"https": PROXY, "no": no})


@pytest.mark.parametrize(
    ("no", "patterns"),
    [
        ("localhost,127.0.0.1,::1", ["all://localhost", "all://127.0.0.1", "all://[::1]"]),
        ("[::1]", ["all://[::1]"]),
        ("[::1]:8080", ["all://[::1]:8080"]),
        ("fe80::/10", []),
        ("fd00::/8 , 10.0.0.0/8", []),
        (".example.com", ["all://*.example.com"]),
        ("*.example.com", ["all://*.example.com"]),
        ("example.com", ["all://*example.com"]),
        ("example.com:8443", ["all://*example.com:8443"]),
        ("10.1.2.3:80", ["all://10.1.2.3:80"]),
        ("a.example.com b.example.com", ["all://*a.example.com", "all://*b.example.com"]),
        ("https://x.example.com", ["https://*x.example.com"]),
        ("[::1, ]::1[, [zz], h\xf6st, ***, ftp://x, %%, a/b", []),
        ("", []),
    ],
)
def test_entries_without_a_proxy_are_hosts_and_what_is_none_is_left_out(no: str, patterns: list[str]) -> None:
    assert choice(no) == {"https://": PROXY, **dict.fromkeys(patterns)}


@pytest.mark.parametrize("no", ["*", "localhost, *"])
def test_a_star_turns_all_proxies_off(no: str) -> None:
    assert choice(no) == {}


def test_without_a_proxy_no_entry_matters() -> None:
    assert proxies({"no": "fe80::/10"}) == {}
    assert proxies({}) == {}


def test_each_scheme_has_its_proxy_and_one_without_a_scheme_is_http() -> None:
    found = proxies({"http": "proxy:1", "https": PROXY, "all": "socks5://proxy:2", "ftp": "x"})
    assert found == {"http://": "http://proxy:1", "https://": PROXY, "all://": "socks5://proxy:2"}


@pytest.mark.parametrize("no", ["::1,[::1],fe80::/10,*.a.example.com,b.example.com:1,10.0.0.1"])
def test_httpx_takes_every_pattern(no: str) -> None:
    httpx.AsyncClient(mounts=dict.fromkeys(choice(no)), trust_env=False)


def test_what_is_left_out_is_said_with_the_variable_s_name(caplog: pytest.LogCaptureFixture) -> None:
    choice("localhost,fe80::/10")
    assert "NO_PROXY: fe80::/10 left out" in caplog.text
