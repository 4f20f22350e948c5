"""Where settings come from, what is refused, and that a key is never shown."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cometact_nb.domain.price import Price
from cometact_nb.domain.service import Secret, is_loopback, normal_base_url
from cometact_nb.errors import ConfigError
from cometact_nb.handles.config import Config
from cometact_nb.handles.sandbox import checked_speed
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import task_of

KEY = "sk-canary-0123456789"


def from_env(tmp_path: Path, **environ: str) -> Config:
    return Config.from_environment({"COMETACT_NB_HISTORY": ":memory:", **environ}, home=tmp_path)


def test_the_key_and_base_url_come_from_the_vendor_s_own_variables(tmp_path: Path) -> None:
    config = from_env(tmp_path, COMETAPI_KEY=KEY, COMETAPI_BASE_URL="https://proxy.example.com/v1")
    assert config.api_key is not None
    assert config.api_key.reveal() == KEY
    assert config.base_url == "https://proxy.example.com"


@pytest.mark.parametrize(
    "text", [f'api_key = "{KEY}"', f'[auth]\nkey = "{KEY}"', f'[default]\ntoken = "{KEY}"']
)
def test_the_vendor_cli_s_file_is_the_last_resort(tmp_path: Path, text: str) -> None:
    folder = tmp_path / ".config" / "cometapi"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(text)
    assert from_env(tmp_path).api_key == Secret(KEY)
    assert from_env(tmp_path, COMETAPI_KEY="other").api_key == Secret("other")


def test_a_broken_cli_file_is_no_key(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "cometapi"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("api_key = [[[")
    assert from_env(tmp_path).api_key is None


#: What may be wrong in the environment, each with a key that is right beside it.
WRONG = {
    "COMETAPI_KEY": f"{KEY} with spaces",
    "COMETAPI_BASE_URL": "ftp://wrong",
    "COMETACT_NB_OUTPUT_DIR": "s3://bucket?query=x",
}


def locals_shown(error: BaseException) -> str:
    """The local variables of this package's frames, as tools show them that print them with a traceback."""
    seen = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in seen.stack if "cometact_nb" in Path(frame.filename).parts]
    assert frames
    return str([frame.locals for frame in frames])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_variable_shows_no_key_in_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COMETAPI_KEY", KEY)
    monkeypatch.setenv(name, WRONG[name])
    with pytest.raises(ConfigError) as caught:
        Config.from_environment(home=tmp_path)
    assert KEY not in locals_shown(caught.value)


@pytest.mark.parametrize("setting", ["base_url", "api_key"])
def test_a_wrong_setting_of_the_vendor_s_file_shows_no_key_in_the_traceback(
    tmp_path: Path, setting: str
) -> None:
    folder = tmp_path / ".config" / "cometapi"
    folder.mkdir(parents=True)
    wrong = {"base_url": f'api_key = "{KEY}"\nbase_url = "ftp://wrong"', "api_key": f'api_key = "{KEY} x"'}
    (folder / "config.toml").write_text(wrong[setting])
    with pytest.raises(ConfigError) as caught:
        from_env(tmp_path)
    assert KEY not in locals_shown(caught.value)


def test_a_wrong_project_file_shows_no_key_in_the_traceback(tmp_path: Path) -> None:
    (tmp_path / "cometact_nb.toml").write_text("output_dir = 7")
    environ = {"COMETAPI_KEY": KEY}
    with pytest.raises(ConfigError) as caught:
        Config.from_environment(environ, home=tmp_path, folder=tmp_path)
    assert KEY not in locals_shown(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_in_flight": 0},
        {"base_url": "ftp://x"},
        {"price": -1},
        {"embed": -1},
        {"no_such": 1},
        {"max_spend": "x"},
    ],
)
def test_a_wrong_setting_shows_no_key_that_was_given_beside_it(wrong: dict[str, Any]) -> None:
    session = Session(Config(history=":memory:"))
    for configure in (Config().changed, session.configure):
        with pytest.raises(ConfigError) as caught:
            configure(api_key=KEY, **wrong)
        assert KEY not in locals_shown(caught.value)
    with pytest.raises(ConfigError) as caught:
        session.configure(api_key=f"{KEY} {KEY}")
    assert KEY not in locals_shown(caught.value)
    session.close()


def test_a_demo_finds_no_key(tmp_path: Path) -> None:
    assert from_env(tmp_path, COMETAPI_KEY=KEY, COMETACT_NB_SANDBOX="1").api_key is None


def test_a_key_is_in_no_repr_and_is_not_pickled(tmp_path: Path) -> None:
    config = from_env(tmp_path, COMETAPI_KEY=KEY)
    for shown in (
        repr(config),
        str(config),
        repr(config.endpoint),
        f"{config.api_key}",
        f"{config.api_key!r}",
    ):
        assert KEY not in shown
    with pytest.raises(TypeError):
        pickle.dumps(config)
    assert copy.deepcopy(config) == copy.copy(config) == config  # in this process it may be copied


def test_a_handle_is_no_one_s_second_and_says_what_to_keep_instead_of_it(tmp_path: Path) -> None:
    """A copy would be a second owner of a paid task, and ``%store`` or a process pool would write down the key."""
    session = Session(from_env(tmp_path, COMETAPI_KEY=KEY, COMETACT_NB_HISTORY=":memory:"))
    links: dict[str, Any] = {"character": "https://a.b/hero.png", "reference": "https://a.b/act.mp4"}
    sweep = session.sweep(**links, seed=[1, 2])
    task = task_of(session, session.new_job(session.config.endpoint))
    ways: dict[Any, str] = {
        task: r"act\.task\(id\)",
        sweep: r"act\.sweep_by_name\(name\)",
        sweep.cells[0]: "cell.index",
        session: "session",
    }
    for handle, way in ways.items():
        assert copy.copy(handle) is copy.deepcopy({"a": [handle]})["a"][0] is handle
        for write in (pickle.dumps, partial(pickle.dumps, protocol=0)):
            with pytest.raises(TypeError, match=way):
                write(handle)
    assert KEY.encode() not in pickle.dumps((task.state, sweep.spec))
    session.close()


def test_a_package_that_is_loaded_anew_keeps_the_session_with_its_limits() -> None:
    """``%autoreload 2`` does so after an upgrade."""
    code = """
import importlib, cometact_nb as act
from cometact_nb.handles import shared
act.configure(max_spend=0.5)
before = act.session()
importlib.reload(shared), importlib.reload(act)
assert act.session() is before and before.config.max_spend == 0.5
before.close()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("bad", ["", "  ", "two words", "sk-é", "sk\n1"])
def test_a_bad_key_is_refused_without_being_shown(bad: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config().changed(api_key=bad)
    assert "sk" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://api.cometapi.com", "https://api.cometapi.com"),
        ("https://api.cometapi.com/", "https://api.cometapi.com"),
        ("https://api.cometapi.com/v1", "https://api.cometapi.com"),
        ("https://api.cometapi.com/v1/", "https://api.cometapi.com"),
        (" https://host/gateway/v1 ", "https://host/gateway"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/v1", "http://localhost:8000"),
    ],
)
def test_base_urls_are_brought_to_one_form(given: str, expected: str) -> None:
    assert normal_base_url(given) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "api.cometapi.com",
        "ftp://host",
        "http://api.cometapi.com",
        "https://",
        "https://u:p@host",
        "https://h?x=1",
        "https://h:port",
    ],
)
def test_a_base_url_that_cannot_work_or_would_leak_the_key_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError):
        normal_base_url(bad)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost", "http://[::1]:9", "http://127.8.8.8"]
)
def test_loopback_is_recognised(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1.evil.com", "http://localhost.evil.com", "https://[bad", ""]
)
def test_what_only_looks_like_loopback_is_not(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    "settings",
    [{"max_in_flight": 0}, {"max_in_flight": True}, {"price": -1}, {"price": "dear"}, {"runway_version": " "},
     {"speed": 3}, {"time_scale": 0.1}],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Config().changed(**settings)


def test_an_estimate_says_which_price_it_used() -> None:
    price = Price(0.4, source="somewhere", as_of="2026-05-01")
    assert price.estimate(3) == "$1.20 (3 × $0.40, somewhere, 2026-05-01)"


def test_another_base_url_ends_the_sandbox_s_faster_polls() -> None:
    from dataclasses import replace

    fast = replace(Config(), time_scale=0.1)
    assert fast.changed(base_url="https://api.cometapi.com").time_scale == 1


def test_a_refused_key_is_not_shown_by_way_of_the_line_that_gave_it() -> None:
    try:
        Config().changed(api_key="sk-canary with a space")
    except ConfigError as error:
        shown = "\n".join(error._render_traceback_())
    assert "canary" not in shown
    assert "api_key" in shown


@pytest.mark.parametrize(
    "version", ["2024\u201111\u201106", "2024-11\n-06", "", "  ", "2024 11 06", "\u0662"]
)
def test_a_version_that_no_header_can_hold_is_refused_with_field_value_and_cure(version: str) -> None:
    with pytest.raises(ConfigError, match=r"runway_version=.*'2024-11-06'"):
        Config().changed(runway_version=version)


def test_a_version_pasted_with_a_line_break_is_taken_without_it() -> None:
    assert Config().changed(runway_version=" 2024-11-06\n").runway_version == "2024-11-06"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("abfs://box@account.dfs.core.windows.net/clips", True),
        ("abfss://box@account.dfs.core.windows.net/clips", True),
        ("sftp://me@host/clips", True),
        ("sftp://me:secret@host/clips", False),
        ("abfs://box@account.dfs.core.windows.net/clips?sig=secret", False),
        ("s3://KEYID@bucket/clips", False),
        ("https://me@host/clips", False),
    ],
)
def test_a_container_or_a_user_before_the_host_is_no_login(url: str, taken: bool) -> None:
    if taken:
        assert Config().changed(output_dir=url).output_dir == url
        return
    with pytest.raises(ConfigError, match="user name, a password") as caught:
        Config().changed(output_dir=url)
    assert "secret" not in str(caught.value)
    assert "KEYID" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-canary-0123456789", "sk-4Zk9" + "aB3" * 15, "cm_private_key_of_ours"])
@pytest.mark.parametrize("shape", ["{}", " Bearer {} ", "https://{}.example.com", "/data/{}/clips", "{}\n"])
@pytest.mark.parametrize(
    "name",
    sorted({entry.name for entry in dataclasses.fields(Config)} - {"api_key", "sandbox", "time_scale"}),
)
def test_a_key_that_was_given_as_another_setting_is_refused_and_shown_nowhere(
    name: str, shape: str, key: str
) -> None:
    config = Config(history=":memory:", api_key=Secret("cm_private_key_of_ours"))
    for value in (shape.format(key), [shape.format(key)], shape.format(key).encode()):
        with pytest.raises(ConfigError, match=rf"^{name} .*api_key") as caught:
            config.changed(**{name: value})
        stack = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
        ours = [frame.locals for frame in stack if "/cometact_nb/" in frame.filename]
        assert key not in f"{caught.value} {ours}"


def test_a_key_given_together_with_another_setting_is_not_taken_for_that(tmp_path: Path) -> None:
    key = "cm_private_key_of_ours"
    with pytest.raises(ConfigError, match="runway_version was given what looks like an API key"):
        Config().changed(api_key=key, runway_version=key)
    assert Config().changed(output_dir="sk-learn-experiments-2026", history=tmp_path / "sk-learn.sqlite")


@pytest.mark.parametrize(
    "name", ["COMETAPI_BASE_URL", "COMETACT_NB_OUTPUT_DIR", "COMETACT_NB_HISTORY", "COMETACT_NB_LOOK"]
)
def test_a_key_in_another_variable_is_refused_and_not_shown(tmp_path: Path, name: str) -> None:
    for environ in ({name: KEY}, {name: "cm_private_key_of_ours", "COMETAPI_KEY": "cm_private_key_of_ours"}):
        with pytest.raises(ConfigError, match="looks like an API key") as caught:
            from_env(tmp_path, **environ)
        assert environ[name] not in str(caught.value)


def test_a_key_as_the_vendor_file_s_address_or_in_the_project_s_file_is_not_shown(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "cometapi"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'api_key = "{KEY}"\nbase_url = "{KEY}"')
    with pytest.raises(ConfigError, match="base_url was given what looks like") as caught:
        from_env(tmp_path)
    assert KEY not in str(caught.value)


def test_a_key_as_the_speed_of_the_sandbox_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMETACT_NB_SANDBOX_SPEED", KEY)
    for speed in (None, KEY):
        with pytest.raises(ConfigError, match="is outside") as caught:
            checked_speed(speed)
        assert KEY not in str(caught.value)


def test_a_key_that_is_the_name_of_a_setting_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="is no setting") as caught:
        Config().changed(**{KEY: 1})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["runway_version", "base_url", "history", "look", "output_dir"])
def test_a_key_in_a_field_that_nobody_checked_is_not_shown(name: str) -> None:
    wrong: dict[str, Any] = {name: f"{KEY}"}
    config = Config(**wrong)
    assert KEY not in repr(config)
    assert KEY not in repr(config.endpoint)
    assert f"{name}=" in repr(config)
