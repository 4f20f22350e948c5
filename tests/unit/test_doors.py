"""What a traceback with local variables shows of an error that this package raises on purpose."""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import cometact_nb as act
from cometact_nb import ActTwoRequest
from cometact_nb.domain.doors import door, doors
from cometact_nb.errors import ActTwoError, ConfigError, RequestError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session

SIGNED = "https://b.s3.amazonaws.com/a.gif?X-Amz-Signature=SIG9f8e7d6c5b4a39281706f5e4"
KEY = "sk-REAL-5f2c9be1"


def locals_shown() -> str:
    """The variables of the package's frames, as tools print them."""
    shown: traceback.TracebackException | None = traceback.TracebackException(
        *sys.exc_info(), capture_locals=True
    )
    text = ""
    while shown is not None:
        text += str([frame.locals for frame in shown.stack if "cometact_nb" in frame.filename])
        shown = shown.__cause__ or shown.__context__
    return text


def session_with(**settings: Any) -> Session:
    from cometact_nb.handles.session import Session

    return Session(Config().changed(history=":memory:", **settings))


@pytest.mark.parametrize(
    "call",
    [
        lambda: ActTwoRequest(character=SIGNED, reference=SIGNED),
        lambda: ActTwoRequest.from_json({"character": {"type": "image", "uri": SIGNED}, "reference": None}),
        lambda: act.submit(character=SIGNED, reference=SIGNED),
        lambda: act.sweep(character=[SIGNED, SIGNED + "1"], reference=SIGNED),
        lambda: act.panel(wrong=SIGNED),
        lambda: act.configure(api_key=f"two {KEY}"),
        lambda: act.configure(api_key=KEY, base_url="ftp://wrong"),
        lambda: Config().changed(api_key=KEY, price=-1),
        lambda: Config.from_environment({"COMETAPI_KEY": KEY, "COMETAPI_BASE_URL": "ftp://wrong"}),
        lambda: session_with(api_key=KEY).submit(character=SIGNED, reference=SIGNED),
    ],
)
def test_no_variable_of_ours_in_a_traceback_holds_a_key_or_a_signed_link(call: Callable[..., Any]) -> None:
    try:
        call()
    except ActTwoError:
        shown = locals_shown()
    else:
        pytest.fail("no error")
    for secret in (KEY, "SIG9f8e7d6c5b4a"):
        assert secret not in shown


def test_an_error_that_is_none_of_ours_keeps_its_whole_traceback() -> None:
    @door
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as error:
        broken()
    assert error.traceback[-1].name == "broken"


def test_a_door_keeps_what_a_user_was_handling_and_what_caused_the_error() -> None:
    @door
    def refuse() -> None:
        raise ConfigError("wrong") from ValueError("why")

    nothing: dict[str, str] = {}
    try:
        nothing["mine"]
    except LookupError as mine:
        with pytest.raises(ConfigError) as error:
            refuse()
        assert isinstance(error.value.__cause__, ValueError)
        assert error.value.__context__ is mine  # noqa: PT017
        assert mine.__traceback__ is not None  # noqa: PT017


def test_a_door_looks_like_what_is_behind_it_also_when_it_is_awaited() -> None:
    @doors
    class Room:
        @property
        def sign(self) -> str:
            """A sign."""
            raise ConfigError("none")

        @staticmethod
        def plus(a: int, b: int = 1) -> int:
            return a + b

        async def later(self, secret: str) -> None:
            await asyncio.sleep(0)
            raise ConfigError("later")

    assert Room.plus(1) == 2
    assert str(inspect.signature(Room.plus)) == "(a: 'int', b: 'int' = 1) -> 'int'"
    assert Room.sign.__doc__ == "A sign."
    with pytest.raises(ConfigError):
        _ = Room().sign
    try:
        asyncio.run(Room().later(KEY))
    except ConfigError:
        assert KEY not in locals_shown()


def test_a_request_that_was_refused_as_it_was_made_has_a_repr() -> None:
    half_made = object.__new__(ActTwoRequest)
    assert repr(half_made) == "<ActTwoRequest: not made>"
    with pytest.raises(RequestError):
        ActTwoRequest(character="x", reference="y")


SECRET = "S1g9f8e7D6c5B4a39281706f5e4"
A_KEY = "sk-canary-key-5f2d77aa91"


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda name=name: Config().changed(**{name: A_KEY})
            for name in ("price", "max_spend", "embed", "look")
        ),
        lambda: Config().changed(base_url=f"https://h.example/?key={A_KEY}"),
        lambda: Config().changed(base_url=f"https://ada:{SECRET}@h.example:x"),
        lambda: act.guide(A_KEY),
        lambda: act.history(since=A_KEY),
        lambda: act.history(status=A_KEY),
        lambda: act.task(f"https://h.example/x?token={SECRET}"),
        lambda: act.load_clip(f"/nowhere/a.mp4?X-Amz-Signature={SECRET}"),
        lambda: act.sweep_by_name(A_KEY),
    ],
)
def test_a_value_that_an_error_quotes_shows_no_key_and_no_signature(call: Callable[..., Any]) -> None:
    """Whoever gives a key in the wrong place has it in the notebook's output otherwise."""
    with pytest.raises(ActTwoError) as caught:
        call()
    said = f"{caught.value}{caught.value!r}{''.join(caught.value._render_traceback_())}"
    assert SECRET not in said
    assert "canary" not in said
